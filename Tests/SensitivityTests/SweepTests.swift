import ByteIO
import Calibration
import Execution
import ModelIR
import Operators
import Techniques
import TestSupport
import Testing

@testable import Sensitivity

@Suite struct SweepTests {
  private static let actions =
    "int8-channel,int4-channel,int2-channel,prune-50,int8-activations,channels-25"

  private func options(_ effort: SweepOptions.Effort = .exact) throws -> SweepOptions {
    var options = SweepOptions(actions: try SweepOptions.actions(Self.actions))
    options.effort = effort
    options.pairCount = 2
    return options
  }

  /// The slow way: the action on a copy of the model, run from its inputs, compared by softmax
  /// probabilities and the definition of the divergence.
  @Test func `a trial is what running the changed model gives`() throws {
    let model = try SweepFixtures.model(SweepFixtures.digits + "digits_cnn.tflite")
    let samples = try SweepFixtures.digitsSamples(model, 5)
    let sweep = try SweepFixtures.sweep(model, samples, options: try options())
    let records = try SweepFixtures.records(sweep)
    let probabilities = try #require(model.main.outputs.first)
    var compared = 0
    for (index, trial) in sweep.plan.trials.enumerated() {
      guard case .action(let site, let action) = trial.subject, action.kind == .weights else {
        continue
      }
      let applied = try action.apply(to: sweep.plan.sites[site], in: sweep.context)
      let changed = try CompiledGraph(model).replacing(applied.constants)
      for position in 0..<samples.count {
        let input = try samples.sample(position)
        let before = try CompiledGraph.Executor(CompiledGraph(model)).run(inputs: input)
        let after = try CompiledGraph.Executor(changed).run(inputs: input)
        guard case .floats(let p) = before[0].elements, case .floats(let q) = after[0].elements
        else { continue }
        var divergence = 0.0
        for (a, b) in zip(p, q) where a > 0 && b > 0 {
          divergence += Double(a) * (Double(a) / Double(b)).logarithm
        }
        let found = try #require(records.figures[index]?[position]).divergence
        // Probabilities are float32: their logarithms are off by 1e-6 where they are not tiny.
        #expect(abs(found - divergence) <= 1e-5 + 1e-3 * divergence, "\(trial.name)")
        compared += 1
      }
    }
    #expect(compared == 3 * 4 * 5)
    #expect(model.main[probabilities].name == "Identity")
    #expect(sweep.measure.metric == .kl)
    #expect(sweep.measure.targets[0].value != probabilities)
  }

  @Test(arguments: SweepOptions.Effort.allCases)
  func `threads and blocks do not show`(effort: SweepOptions.Effort) throws {
    let model = try SweepFixtures.model(SweepFixtures.digits + "digits_cnn.tflite")
    let samples = try SweepFixtures.digitsSamples(model, 12)
    var known: [SweepRecords] = []
    for (threads, cache, block) in [(1, 1 << 28, 64), (2, 1, 64), (3, 1 << 20, 5)] {
      var options = try options(effort)
      options.cacheBytes = cache
      options.blockSamples = block
      let sweep = try SweepFixtures.sweep(model, samples, options: options, threads: threads)
      known.append(try SweepFixtures.records(sweep))
      #expect(sweep.missing(known[known.count - 1]).isEmpty)
    }
    for other in known.dropFirst() {
      #expect(other.figures == known[0].figures)
      #expect(other.costs == known[0].costs)
      #expect(other.baseline == known[0].baseline)
    }
  }

  @Test func `parts join into the whole`() throws {
    let model = try SweepFixtures.model(SweepFixtures.digits + "digits_cnn.tflite")
    let samples = try SweepFixtures.digitsSamples(model, 4)
    var options = try options()
    let whole = try SweepFixtures.records(try SweepFixtures.sweep(model, samples, options: options))
    let folder = try TemporaryDirectory()
    for part in 1...3 {
      options.shard = SweepOptions.Shard(index: part, of: 3)
      let sweep = try SweepFixtures.sweep(model, samples, options: options)
      var journal = try SweepJournal(
        SweepRecords(sweep.plan, sampleCount: 4),
        creating: folder.path + "/\(part)"
      )
      #expect(try sweep.run(&journal))
    }
    options.shard = nil
    let sweep = try SweepFixtures.sweep(model, samples, options: options)
    var joined = SweepJournal(SweepRecords(sweep.plan, sampleCount: 4))
    try joined.merge(folder.path + "/2")
    #expect(!sweep.missing(joined.records).isEmpty)
    try joined.merge(folder.path + "/1")
    try joined.merge(folder.path + "/3")
    #expect(sweep.missing(joined.records).isEmpty)
    #expect(joined.records.figures == whole.figures)
    #expect(joined.records.costs == whole.costs)
  }

  @Test func `a journal of another sweep is refused`() throws {
    let model = try SweepFixtures.model(SweepFixtures.digits + "digits_cnn.tflite")
    let samples = try SweepFixtures.digitsSamples(model, 2)
    var options = try options()
    let folder = try TemporaryDirectory()
    let first = try SweepFixtures.sweep(model, samples, options: options)
    _ = try SweepJournal(SweepRecords(first.plan, sampleCount: 2), creating: folder.path + "/j")
    options.seed = 7
    let second = try SweepFixtures.sweep(model, samples, options: options)
    let error = #expect(throws: ReadError.self) {
      _ = try SweepJournal(SweepRecords(second.plan, sampleCount: 2), resuming: folder.path + "/j")
    }
    #expect(error?.code == .baselineMismatch)
    #expect(error?.message == "the journal is of another sweep")
  }

  @Test func `time that is up leaves what was measured`() throws {
    let model = try SweepFixtures.model(SweepFixtures.digits + "digits_cnn.tflite")
    let samples = try SweepFixtures.digitsSamples(model, 4)
    let sweep = try SweepFixtures.sweep(model, samples, options: try options())
    var journal = SweepJournal(SweepRecords(sweep.plan, sampleCount: 4))
    var asked = 0
    let isComplete = try sweep.run(
      &journal,
      isOver: {
        asked += 1
        return asked > 3
      }
    )
    #expect(!isComplete)
    let result = sweep.result(journal.records, digest: "")
    #expect(!result.isComplete)
    #expect(!result.measurements.isEmpty)
    #expect(result.missing > 0)
    #expect(try sweep.run(&journal))
    #expect(sweep.result(journal.records, digest: "").isComplete)
  }
}

extension Double {
  /// The natural logarithm by its series, so that the test has its own.
  fileprivate var logarithm: Double {
    var exponent = 0
    var rest = self
    while rest > 1.5 {
      rest /= 2
      exponent += 1
    }
    while rest < 0.75 {
      rest *= 2
      exponent -= 1
    }
    let ratio = (rest - 1) / (rest + 1)
    var term = ratio
    var sum = 0.0
    for index in 0..<40 {
      sum += term / Double(2 * index + 1)
      term *= ratio * ratio
    }
    return 2 * sum + Double(exponent) * 0.693_147_180_559_945_3
  }
}
