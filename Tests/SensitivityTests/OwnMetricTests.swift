import ByteIO
import Calibration
import Execution
import FormatTFLite
import Kernels
import ModelIR
import Operators
import TestSupport
import Testing

@testable import Sensitivity

/// A figure of the user's own beside the divergence.
@Suite struct OwnMetricTests {
  /// Counts right answers from the archive alone.
  private static func share(_ archive: [UInt8]) -> OwnMetric.Value {
    guard let found = try? TensorArchive(ByteSource(archive).bytes),
      let first = found.entries.first(where: { $0.name == "Identity" }),
      let second = found.entries.first(where: { $0.name == "labels" }),
      let scores = Tensor(first.array), let labels = Tensor(second.array),
      case .floats(let values) = scores.elements, case .integers(let classes) = labels.elements,
      scores.sizes == [classes.count, 10]
    else { return .trouble("not what was expected") }
    var right = 0
    for (place, label) in classes.enumerated() {
      let row = values[(10 * place)..<(10 * place + 10)]
      let best = row.indices.max { (row[$0], $1) < (row[$1], $0) }
      if best == 10 * place + Int(label) { right += 1 }
    }
    return .number(Double(right) / Double(classes.count))
  }

  private func options(_ metric: OwnMetric) throws -> SweepOptions {
    var options = SweepOptions(
      actions: try SweepOptions.actions("int2-channel,prune-80,int8-activations,channels-25")
    )
    options.pairCount = 1
    options.ownMetric = metric
    options.blockSamples = 5
    return options
  }

  @Test func `it sees the outputs of all samples and their labels`() throws {
    let model = try SweepFixtures.model(SweepFixtures.digits + "digits_cnn.tflite")
    let samples = try SweepFixtures.digitsSamples(model, 12)
    let metric = OwnMetric(command: "share", read: Self.share)
    let sweep = try SweepFixtures.sweep(model, samples, options: try options(metric))
    let records = try SweepFixtures.records(sweep)
    #expect(sweep.missing(records).isEmpty)
    func right(_ figures: [SampleFigures?]) -> Double {
      Double(figures.count { $0?.isCorrect == true }) / 12
    }
    #expect(records.ownBaseline == .number(right(records.baseline)))
    var compared = 0
    for (trial, content) in sweep.plan.trials.enumerated() {
      if case .pair = content.subject { continue }
      let figures = try #require(records.figures[trial])
      #expect(records.ownFigures[trial] == .number(right(figures)), "\(content.name)")
      compared += 1
    }
    #expect(compared > 12)
    let result = sweep.result(records, digest: "")
    #expect(result.measurements.allSatisfy { $0.effect.own == $0.effect.accuracy })
    #expect(result.modes.allSatisfy { $0.effect.own == $0.effect.accuracy })
  }

  @Test func `a sweep that was stopped asks for what it lacks`() throws {
    let model = try SweepFixtures.model(SweepFixtures.digits + "digits_cnn.tflite")
    let samples = try SweepFixtures.digitsSamples(model, 12)
    let metric = OwnMetric(command: "share", read: Self.share)
    let sweep = try SweepFixtures.sweep(model, samples, options: try options(metric))
    let whole = try SweepFixtures.records(sweep)
    var journal = SweepJournal(SweepRecords(sweep.plan, sampleCount: 12))
    for turn in 0..<200 {
      var asked = 0
      let isDone = try sweep.run(
        &journal,
        isOver: {
          asked += 1
          return asked > 4 + 3 * turn
        }
      )
      if isDone { break }
    }
    #expect(sweep.missing(journal.records).isEmpty)
    #expect(journal.records.ownFigures == whole.ownFigures)
    #expect(journal.records.figures == whole.figures)
  }

  @Test func `a program that says no number of the float model stops the sweep`() throws {
    let model = try SweepFixtures.model(SweepFixtures.digits + "digits_cnn.tflite")
    let metric = OwnMetric(command: "none") { _ in .trouble("exit status 3") }
    let samples = try SweepFixtures.digitsSamples(model, 3)
    let sweep = try SweepFixtures.sweep(model, samples, options: try options(metric))
    var journal = SweepJournal(SweepRecords(sweep.plan, sampleCount: 3))
    do {
      _ = try sweep.run(&journal)
      Issue.record("it went on")
    } catch {
      guard case .metric(let reason) = error else { throw error }
      #expect(reason == "of the float model: exit status 3")
    }
  }

  @Test func `a program that says no number of a trial leaves the divergence`() throws {
    let model = try SweepFixtures.model(SweepFixtures.digits + "digits_cnn.tflite")
    let samples = try SweepFixtures.digitsSamples(model, 12)
    let metric = OwnMetric(command: "good") { archive in
      let share = Self.share(archive).number ?? 0
      return share > 0.9 ? .number(share) : .trouble("too bad")
    }
    let sweep = try SweepFixtures.sweep(model, samples, options: try options(metric))
    let result = sweep.result(try SweepFixtures.records(sweep), digest: "")
    let silent = result.measurements.filter { $0.effect.own == nil }
    #expect(!silent.isEmpty)
    #expect(silent.allSatisfy { $0.effect.divergence != nil })
    #expect(result.failures.contains { $0.reason == "the metric's command: too bad" })
    #expect(result.isComplete)
  }
}
