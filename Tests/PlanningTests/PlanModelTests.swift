import ByteIO
import Calibration
import FormatTFLite
import Kernels
import ModelIR
import Operators
import Profiling
import Sensitivity
import TargetRules
import Techniques
import TestSupport
import Testing

@testable import Planning

/// Plans of activations, channels and weights together on the example models.
@Suite(.serialized) struct PlanModelTests {
  private static let actions = [
    "float16", "int8-channel", "int8-tensor", "int4-channel", "int8-activations",
    "int16-activations", "channels-25", "channels-50",
  ]

  private func prepared(
    _ name: String,
    _ actions: [String] = Self.actions,
    target: DeploymentTarget? = nil
  ) throws -> PlanFixtures.Case {
    let model = try PlanFixtures.model(PlanFixtures.digits + name)
    let samples = try SampleSet(
      path: PlanFixtures.digits + "test.npz",
      forms: try InputForm.all(of: model, shapes: PlanFixtures.shapes(model))
    )
    return try PlanFixtures.Case(model, samples, actions: actions, effort: .screen, target: target)
  }

  /// The arenas are those that the planner gives the files of TensorFlow Lite's converter.
  @Test(arguments: [
    ("Examples/digits/digits_cnn.tflite", "Examples/digits/digits_cnn_int8.tflite"),
    ("Examples/digits/digits_dscnn.tflite", "Examples/digits/digits_dscnn_int8.tflite"),
    ("trained/mnist_cnn/mnist_cnn_f32.tflite", "trained/mnist_cnn/mnist_cnn_int8.tflite"),
    ("trained/cifar_dscnn/cifar_dscnn_f32.tflite", "trained/cifar_dscnn/cifar_dscnn_int8.tflite"),
    ("mlperf_tiny/ic_resnet8_f32.tflite", "mlperf_tiny/ic_resnet8_int8.tflite"),
    ("mlperf_tiny/vww_mobilenet_96_f32.tflite", "mlperf_tiny/vww_mobilenet_96_int8.tflite"),
  ])
  func `integers everywhere take the arena of the converter's file`(
    float: String,
    converted: String
  ) throws {
    if !float.hasPrefix("Examples"), SharedModels.directory == nil { return }
    func model(_ name: String) throws -> Model {
      try PlanFixtures.model(
        name.hasPrefix("Examples")
          ? PlanFixtures.digits + name.split(separator: "/").suffix(1).joined()
          : SharedModels.path(name)
      )
    }
    let original = try model(float)
    let types = GraphInference().infer(original)
    var activations: [ValueID: ElementType] = [:]
    var weights: [ValueID: ChangedModel.Weights] = [:]
    let context = ActionContext(original, types: types[0].types)
    for site in context.sites.sites(.activations) { activations[site.value] = .int8 }
    for site in context.sites.sites(.weights) {
      weights[site.value] = .init(type: .int8, channels: 2, axis: 0)
    }
    for planner in [MemoryPlan.Planner.tflite, .tfliteMicro] {
      let changed = ChangedModel(
        original,
        types: types,
        activations: activations,
        weights: weights,
        planner: planner
      )
      let file = try model(converted)
      let known = MemoryAnalysis(file, types: GraphInference().infer(file)).plans()
        .first { $0.planner == planner }
      #expect(changed.arenaBytes() == known?.arenaBytes)
      #expect(changed.conversions == 0)
    }
  }

  @Test func `an arena that only integers reach is reached, and layers are integer as a whole`()
    throws
  {
    let prepared = try prepared("digits_dscnn.tflite")
    let arena = try #require(prepared.originals[.arena])
    let plan = try prepared.plan(["arena<=40%", "size<=45%"])
    let verified = try #require(plan.verified)
    #expect(try #require(verified.figures[.arena]) <= 0.4 * arena)
    #expect(try #require(verified.figures[.size]) <= 0.45 * 90_376)
    #expect(plan.predicted[.arena] == verified.figures[.arena])
    let integers = plan.layers.filter {
      $0.kind == .activations && $0.action?.hasSuffix("-activations") == true
    }
    #expect(!integers.isEmpty)
    let graph = prepared.model.main
    let names = Set(integers.map(\.tensor))
    for layer in WeightLayer.all(in: graph)
    where names.contains(graph[layer.input].name) || names.contains(graph[layer.output].name) {
      let planned = plan.weightLayers.first { $0.tensor == graph[layer.weights].name }
      #expect(IntegerForm.isInteger(planned?.action, activationBits: 8))
    }
    #expect(verified.divergence.mean <= (try #require(plan.divergence)).high || !verified.isKept)
  }

  @Test func `without a budget that needs them activations and channels stay`() throws {
    let plan = try prepared("digits_cnn.tflite").plan(["size<=40%"])
    #expect(plan.layers.allSatisfy { $0.kind != .activations || $0.action == nil })
  }

  @Test func `channels and bits are one solve, and its figures are those of the smaller model`()
    throws
  {
    let prepared = try prepared("digits_dscnn.tflite")
    let plan = try prepared.plan(["macs<=70%", "size<=30%"])
    let verified = try #require(plan.verified)
    let context = prepared.subject.context
    let actions = try plan.layers.filter { $0.kind == .channels && $0.action != nil }
      .map { layer in
        (
          site: try #require(context.sites[layer.site]),
          action: try Action(try #require(layer.action))
        )
      }
    #expect(!actions.isEmpty)
    let pruned = try PrunedModel(actions, in: context)
    let macs = try #require(pruned.multiplyAdds)
    #expect(verified.figures[.macs] == Double(macs))
    #expect(plan.predicted[.macs] == Double(macs))
    #expect(Double(macs) <= 0.7 * (try #require(prepared.originals[.macs])))
    // Predicted from single layers, verified from the whole smaller model.
    #expect(plan.predicted[.size] == verified.figures[.size])
    #expect(try #require(verified.figures[.size]) <= 0.3 * 90_376)
    let weights = plan.weightLayers.map(\.multiplyAddsAfter)
    #expect(weights.compactMap { $0 }.reduce(0, +) <= macs)
  }

  @Test func `a latency is cut until the plan keeps it`() throws {
    let library = TargetLibrary()
    let target = try library.target(named: "cortex-m7")
    let prepared = try prepared("digits_dscnn.tflite", target: target)
    let original = try #require(prepared.originals[.latency])
    let plan = try prepared.plan(["latency<=60%"])
    #expect(try #require(plan.verified?.figures[.latency]) <= 0.6 * original)
    #expect(plan.verified?.figures[.latency] == plan.predicted[.latency])
  }

  @Test func `an arena that nothing reaches is explained`() throws {
    let prepared = try prepared("digits_cnn.tflite")
    let plan = try prepared.plan(["arena<=5%"])
    #expect(plan.status == .infeasible)
    let figure = try #require(plan.infeasibility?.figures.first)
    #expect(figure.figure == .arena)
    #expect(figure.reachable > figure.limit)
    #expect(try #require(figure.nearest) >= figure.reachable)
  }

  @Test func `the least size keeps the floor on samples that were not searched`() throws {
    let prepared = try prepared(
      "digits_dscnn.tflite",
      ["int8-channel", "int4-channel", "prune-50"]
    )
    let plan = try prepared.plan(["accuracy>=99%"], goal: .size)
    let verified = try #require(plan.verified)
    let original = try #require(verified.originalAccuracy)
    let accuracy = try #require(verified.figures[.accuracy])
    #expect(verified.isKept)
    #expect(accuracy >= 0.99 * original)
    #expect(try #require(verified.figures[.size]) < 41_824)
  }

  @Test func `the same plan comes of any number of threads`() throws {
    let first = try prepared("digits_cnn.tflite")
    var second = first
    second.subject.data?.queue = WorkQueue(threadCount: 1)
    let plans = [try first.plan(["size<=20%"]), try second.plan(["size<=20%"])]
    #expect(plans[0].layers == plans[1].layers)
    #expect(plans[0].verified == plans[1].verified)
    #expect(plans[0].search == plans[1].search)
  }

  @Test func `both halves have other samples, and enough are held out`() throws {
    let model = try PlanFixtures.model(PlanFixtures.digits + "digits_cnn.tflite")
    let all = try SampleSet(
      path: PlanFixtures.digits + "test.npz",
      forms: try InputForm.all(of: model)
    )
    let halves = try Holdout.split(all, share: 0.5, seed: 3)
    let holdout = try #require(halves.holdout)
    #expect(halves.search.count == 180 && holdout.count == 180)
    #expect(Set(halves.search.order).isDisjoint(with: holdout.order))
    #expect(try Holdout.split(all.choosing(50), share: 0.5, seed: 3).holdout?.count == 32)
    #expect(try Holdout.split(all, share: 0, seed: 3).holdout == nil)
    #expect(throws: PlanningError.self) {
      try Holdout.split(all.choosing(32), share: 0.5, seed: 3)
    }
  }
}
