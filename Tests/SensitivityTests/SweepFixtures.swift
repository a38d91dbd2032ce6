import ByteIO
import Calibration
import Execution
import Foundation
import FormatTFLite
import Kernels
import ModelIR
import Operators
import Techniques
import TestSupport

@testable import Sensitivity

/// Sweeps on models of the tests.
enum SweepFixtures {
  static let digits =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/Examples/digits/"

  static func model(_ path: String) throws -> Model {
    try TFLiteFormat.load(try ByteSource.mapping(path: path).bytes, path: path)
  }

  /// The inputs' extents for one sample.
  static func shapes(_ model: Model) -> [ValueID: [Int]] {
    Dictionary(
      uniqueKeysWithValues: model.main.inputs.map { input in
        (input, (model.main[input].shape.dimensions ?? []).map { $0.size ?? 1 })
      }
    )
  }

  /// A sweep over samples, with what calibration measured of others or the same ones.
  static func sweep(
    _ model: Model,
    _ samples: SampleSet,
    calibration: SampleSet? = nil,
    options: SweepOptions,
    threads: Int = 2
  ) throws -> Sweep {
    let compiled = try CompiledGraph(model, inputShapes: shapes(model))
    let queue = WorkQueue(threadCount: threads)
    let record = try CalibrationRecord(compiled, samples: calibration ?? samples, queue: queue)
    let context = ActionContext(model, types: compiled.types, record: record)
    let measure = OutputMeasure(
      model.main,
      types: compiled.types,
      metric: options.metric,
      hasLabels: samples.labels != nil
    )
    guard let measure else { throw ReadError(.modelUnsupported, "no measure") }
    let plan = SweepPlan(
      context,
      measure: measure,
      options: options,
      identity: SweepPlan.Identity(
        modelDigest: "m",
        samplesDigest: "s",
        preprocessing: "",
        options: options.configuration,
        tool: "t",
        instructionSet: "i"
      )
    )
    return Sweep(
      plan: plan,
      measure: measure,
      compiled: compiled,
      samples: samples,
      context: context,
      options: options,
      queue: queue
    )
  }

  static func digitsSamples(_ model: Model, _ count: Int) throws -> SampleSet {
    try SampleSet(path: digits + "test.npz", forms: try InputForm.all(of: model)).choosing(count)
  }

  /// Runs a sweep to its end.
  static func records(_ sweep: Sweep) throws -> SweepRecords {
    var journal = SweepJournal(SweepRecords(sweep.plan, sampleCount: sweep.samples.count))
    _ = try sweep.run(&journal)
    return journal.records
  }
}
