import ByteIO
import Calibration
import Execution
import Foundation
import FormatTFLite
import FormatTensorFlow
import Kernels
import ModelIR
import Operators
import Profiling
import Sensitivity
import TargetRules
import Techniques
import TestSupport

@testable import Planning

/// Plans for real models on real samples, made as the command makes them.
enum PlanFixtures {
  static let digits =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/Examples/digits/"

  static func model(_ path: String) throws -> Model {
    if path.hasSuffix("savedmodel") {
      return try TensorFlowFormat.load(directory: try DirectoryHandle(path: path), path: path).model
    }
    return try TFLiteFormat.load(try ByteSource.mapping(path: path).bytes, path: path)
  }

  static func shapes(_ model: Model) -> [ValueID: [Int]] {
    var shapes: [ValueID: [Int]] = [:]
    for input in model.main.inputs where !model.main[input].isConstant {
      shapes[input] = (model.main[input].shape.dimensions ?? []).map { $0.size ?? 1 }
    }
    return shapes
  }

  /// Figures of a model as the command takes them.
  static func originals(_ model: Model, target: DeploymentTarget? = nil) throws
    -> [BudgetFigure: Double]
  {
    let dimensions = try OpenDimensions(model.main)
    let profile = Profiler(model, dimensions: dimensions).profile(.init(readsWeights: false))
    let whole = ChangedModel(
      model,
      types: GraphInference(inputShapes: dimensions.shapes).infer(model),
      activations: [:],
      weights: [:],
      planner: ChangedModel.planner(model, target)
    )
    var originals: [BudgetFigure: Double] = [
      .size: Double(profile.totals.fileBytes), .weights: Double(profile.totals.weightBytes),
    ]
    originals[.macs] = profile.totals.multiplyAdds.map(Double.init)
    originals[.arena] = whole.arenaBytes().map(Double.init)
    originals[.latency] = target.flatMap { whole.nanoseconds(on: $0) }
    return originals
  }

  /// A model with its samples in two halves, and what actions cost on one of them.
  struct Case {
    var model: Model
    var samples: SampleSet
    var table: SensitivityTable
    var subject: PlanSubject
    var originals: [BudgetFigure: Double]

    var data: PlanSubject.Data
    var holdout: SampleSet

    init(
      _ model: Model,
      _ samples: SampleSet,
      actions: [String],
      effort: SweepOptions.Effort = .balanced,
      target: DeploymentTarget? = nil
    ) throws {
      self.model = model
      self.samples = samples
      let shapes = PlanFixtures.shapes(model)
      let compiled = try CompiledGraph(model, inputShapes: shapes)
      let queue = WorkQueue(threadCount: 2)
      let halves = try Holdout.split(samples, share: 0.5, seed: 0)
      var options = SweepOptions(actions: try actions.map { try Action($0) })
      options.effort = effort
      options.includesModes = false
      options.pairCount = 0
      var recordOptions = CalibrationRecord.Options()
      recordOptions.measuresInputs = options.actions.contains { !$0.corrections.isEmpty }
      if options.actions.contains(where: { $0.corrections.contains(.refit) }) {
        recordOptions.gramBytes = options.cacheBytes
      }
      let record = try CalibrationRecord(
        compiled,
        samples: halves.search,
        options: recordOptions,
        queue: queue
      )
      let context = ActionContext(model, types: compiled.types, record: record)
      let measure = OutputMeasure(
        model.main,
        types: compiled.types,
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
      let sweep = Sweep(
        plan: plan,
        measure: measure,
        compiled: compiled,
        samples: halves.search,
        context: context,
        options: options,
        queue: queue
      )
      var journal = SweepJournal(SweepRecords(plan, sampleCount: halves.search.count))
      _ = try sweep.run(&journal)
      table = SensitivityTable(sweep.result(journal.records, digest: record.sha256))
      holdout = halves.holdout ?? halves.search
      data = PlanSubject.Data(
        compiled: compiled,
        measure: measure,
        search: halves.search,
        holdout: halves.holdout,
        recordOptions: recordOptions,
        queue: queue
      )
      subject = PlanSubject(context: context, target: target, data: data)
      originals = try PlanFixtures.originals(model, target: target)
    }

    func plan(_ budgets: [String], goal: PlanProblem.Goal = .accuracy) throws -> Plan {
      try Planner().plan(
        .init(budgets: try budgets.map { try Budget($0) }, goal: goal),
        table,
        model: model,
        originals: originals,
        subject: subject
      )
    }

    /// What one action on all weights does to the samples that were held out, and its size.
    func uniform(_ action: String) throws -> (figures: SimulatedFigures, bytes: Double?) {
      let sites = try PlanSites(
        table,
        in: subject.context,
        originalMultiplyAdds: nil,
        kinds: [.weights],
        allows: { $0 == action }
      )
      let models = PlannedModels(subject.context, sites: sites, data: subject.data)
      let chosen = sites.groups.map { $0.choices.count - 1 }
      let simulator = try ModelSimulator(
        models,
        compiled: data.compiled,
        measure: data.measure,
        samples: holdout
      )
      let figures = ModelFigures(models, originals: originals, target: nil)
      return (try simulator.simulate(chosen), try figures.figure(.size, of: chosen))
    }

    /// How many of the samples held out an integer model answers rightly.
    func answers(of path: String, input: (Double) -> Double) throws -> Double {
      let model = try PlanFixtures.model(path)
      let compiled = try CompiledGraph(model, inputShapes: PlanFixtures.shapes(model))
      let executor = try CompiledGraph.Executor(compiled)
      let value = model.main.inputs[0]
      let type = compiled.types[value.index]
      var right = 0
      for index in 0..<holdout.count {
        guard case .floats(let numbers)? = try holdout.sample(index).first?.elements else {
          continue
        }
        let tensor: Tensor
        if type.element == .float32 {
          tensor = Tensor(type.shape.sizes ?? [], floats: numbers)
        } else {
          tensor = Tensor(
            type: .int8,
            sizes: type.shape.sizes ?? [],
            elements: .integers(
              numbers.map { Int64(Int8(clamping: Int(input(Double($0)).rounded()))) }
            )
          )
        }
        let output = try executor.run(inputs: [tensor])[0]
        let scores = output.doubleValues ?? []
        var best = 0
        for place in scores.indices where scores[place] > scores[best] { best = place }
        if best == holdout.labels?[index] { right += 1 }
      }
      return Double(right) / Double(holdout.count)
    }
  }
}
