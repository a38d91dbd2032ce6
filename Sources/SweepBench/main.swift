// Measures sweeps: SweepBench MODEL DATA PREPROCESS [samples=N] [labels=PATH] [efforts=exact,screen]
// [actions=A,B] [cache=BYTES] [threads=N] [shard=K/N] [dump=FILE].
//
// One line an action: how estimates order the sites beside the exact sweep of the same samples, how
// two halves of the exact sweep do (no estimate of the truth can be better than those allow), and by
// what factor estimates are off. Then what each sweep took. Run by Benchmarks/sweeps.sh.

import ByteIO
import Calibration
import Execution
import FormatKeras
import FormatONNX
import FormatTFLite
import Foundation
import Kernels
import ModelIR
import Operators
import Sensitivity
import Techniques

struct Arguments {
  var paths: [String] = []
  var options: [String: String] = [:]

  init(_ arguments: [String]) {
    for argument in arguments {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2, paths.count >= 3 {
        options[parts[0]] = parts[1]
      } else {
        paths.append(argument)
      }
    }
  }
}

func load(_ path: String) throws -> Model {
  let bytes = try ByteSource.mapping(path: path).bytes
  if TFLiteFormat.probe(bytes) { return try TFLiteFormat.load(bytes, path: path) }
  if KerasFormat.probe(bytes) { return try KerasFormat.load(bytes, path: path) }
  return try ONNXFormat.load(bytes, path: path)
}

func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

func peakMebibytes() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_maxrss) / 1024
}

func digits(_ value: Double?, _ count: Int) -> String {
  value.map { String(format: "%.\(count)f", $0) } ?? "–"
}

let arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
guard arguments.paths.count == 3 else {
  print(
    "usage: SweepBench MODEL DATA PREPROCESS [samples=N] [labels=PATH] [efforts=exact,screen] …"
  )
  exit(2)
}
let model = try load(arguments.paths[0])
var shapes: [ValueID: [Int]] = [:]
for input in model.main.inputs {
  shapes[input] = (model.main[input].shape.dimensions ?? []).map { $0.size ?? 1 }
}
let compiled = try CompiledGraph(model, inputShapes: shapes)
var reading = SampleSet.Options(labels: arguments.options["labels"])
if arguments.paths[2] != "none" { reading.preprocessing = try Preprocessing(arguments.paths[2]) }
let stored = try SampleSet(
  path: arguments.paths[1],
  forms: try InputForm.all(of: model, shapes: shapes),
  metadata: model.metadata,
  options: reading
)
let samples =
  arguments.options["samples"].flatMap { Int($0) }.map { stored.choosing($0, seed: nil) } ?? stored
let queue = WorkQueue(threadCount: arguments.options["threads"].flatMap { Int($0) } ?? 1)
let names = arguments.options["actions"] ?? SweepOptions.defaultActionNames.joined(separator: ",")
guard
  let measure = OutputMeasure(
    model.main,
    types: compiled.types,
    hasLabels: samples.labels != nil
  )
else {
  print("no output is float32")
  exit(2)
}

/// Writes each trial's estimate and each sample's divergence, a line a trial, for other programs.
func dump(
  _ sweep: Sweep,
  _ records: SweepRecords,
  _ effort: SweepOptions.Effort,
  _ path: String
) throws {
  var text = "curvatures\t\t\t\t"
  text += records.curvatures.map { "\($0 ?? 0)" }.joined(separator: " ") + "\n"
  for (trial, content) in sweep.plan.trials.enumerated() {
    let cost = records.costs[trial]
    text += "\(content.name)\t\(sweep.screeningCost.suffixes[trial])\t"
    text += "\(cost?.linear ?? .nan)\t\(cost?.linearVariance ?? .nan)\t"
    let figures = records.figures[trial] ?? []
    text += figures.map { "\($0?.divergence ?? .nan)" }.joined(separator: " ") + "\n"
  }
  try text.write(toFile: "\(path).\(effort.rawValue)", atomically: true, encoding: .utf8)
}

func result(_ effort: SweepOptions.Effort) throws -> SensitivityResult {
  let started = processorSeconds()
  let clock = ContinuousClock.now
  var options = SweepOptions(actions: try SweepOptions.actions(names))
  options.effort = effort
  if let cache = arguments.options["cache"].flatMap({ Int($0) }) { options.cacheBytes = cache }
  if arguments.options["modes"] == "no" { options.includesModes = false }
  if let parts = arguments.options["shard"]?.split(separator: "/").compactMap({ Int($0) }),
    parts.count == 2
  {
    options.shard = SweepOptions.Shard(index: parts[0], of: parts[1])
  }
  var calibration = CalibrationRecord.Options()
  calibration.measuresInputs = options.actions.contains {
    !$0.corrections.isEmpty || $0.kind == .weights && $0.name.hasSuffix("-activation")
  }
  let record = try CalibrationRecord(
    compiled,
    samples: samples,
    options: calibration,
    queue: queue
  )
  let calibrated = processorSeconds()
  var context = ActionContext(model, types: compiled.types, record: record)
  context.reestimation = .init(compiled: compiled, samples: samples)
  let plan = SweepPlan(
    context,
    measure: measure,
    options: options,
    identity: SweepPlan.Identity(
      modelDigest: "",
      samplesDigest: "",
      preprocessing: "",
      options: options.configuration,
      tool: "",
      instructionSet: ""
    )
  )
  let sweep = Sweep(
    plan: plan,
    measure: measure,
    compiled: compiled,
    samples: samples,
    context: context,
    options: options,
    queue: queue
  )
  var journal = SweepJournal(SweepRecords(plan, sampleCount: samples.count))
  _ = try sweep.run(&journal)
  let passes = sweep.passes(journal.records)
  let runs = plan.trials.indices.reduce(into: 0) { count, trial in
    guard case .action = plan.trials[trial].subject else { return }
    count += journal.records.figures[trial]?.count { $0 != nil } ?? 0
  }
  if let path = arguments.options["dump"] { try dump(sweep, journal.records, effort, path) }
  print(
    "\(effort.rawValue): \(plan.sites.count) sites, \(passes.actions) actions,"
      + " \(samples.count) samples; calibration \(digits(calibrated - started, 2)) s,"
      + " all \(digits(processorSeconds() - started, 2)) s of processor time,"
      + " \(digits((ContinuousClock.now - clock) / .seconds(1), 2)) s, peak \(digits(peakMebibytes(), 0)) MiB"
  )
  print("  \(runs) runs of actions on samples")
  print(
    "  passes: actions \(digits(passes.taken, 1)) of \(digits(passes.naive, 0)) naive"
      + " (\(digits(100 * passes.taken / max(passes.naive, 1), 2)) %), others \(digits(passes.others, 1))"
  )
  return sweep.result(journal.records, digest: "")
}

var found: [SensitivityResult] = []
for name in (arguments.options["efforts"] ?? "exact,screen").split(separator: ",") {
  guard let effort = SweepOptions.Effort(rawValue: String(name)) else { continue }
  found.append(try result(effort))
}

/// Means by place and action.
func table(_ result: SensitivityResult) -> [String: [Int: SensitivityResult.Measurement]] {
  var table: [String: [Int: SensitivityResult.Measurement]] = [:]
  for measurement in result.measurements {
    table[measurement.action, default: [:]][measurement.site] = measurement
  }
  return table
}

if found.count > 1, let exact = found.first {
  let truth = table(exact)
  for other in found.dropFirst() {
    let estimates = table(other)
    for action in names.split(separator: ",").map(String.init) {
      guard let known = truth[action], let guessed = estimates[action] else { continue }
      let places = known.keys.sorted().filter { guessed[$0]?.effect.divergence != nil }
      let first = places.map { known[$0]?.effect.divergence?.mean ?? .nan }
      let second = places.map { guessed[$0]?.effect.divergence?.mean ?? .nan }
      func half(_ start: Int) -> [Double] {
        places.map { place in
          let values = known[place]?.perSample ?? []
          return stride(from: start, to: values.count, by: 2).reduce(0) { $0 + values[$1] }
        }
      }
      let off = zip(first, second).filter { $0 > 0 && $1 > 0 }.map { abs(log($1 / $0)) }
      let factor = off.isEmpty ? nil : exp(off.reduce(0, +) / Double(off.count))
      print(
        "  \(action): \(digits(RankCorrelation.spearman(first, second), 3)) over \(places.count) sites,"
          + " halves \(digits(RankCorrelation.spearman(half(0), half(1)), 3)),"
          + " off by \(digits(factor, 2))"
      )
      if arguments.options["show"] == action {
        for (place, (a, b)) in zip(places, zip(first, second)) {
          print("    \(exact.sites[place].id): \(a) \(b)")
        }
      }
    }
  }
}
