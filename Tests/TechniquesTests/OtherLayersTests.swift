import ByteIO
import Calibration
import Execution
import FormatKeras
import Kernels
import ModelIR
import Operators
import TestSupport
import Testing
import WireFormats

@testable import Techniques

/// Corrections that change other layers too.
@Suite(.enabled(if: SharedModels.directory != nil)) struct OtherLayersTests {
  /// The autoencoder, channels of its first layer made as uneven as may be: every other one 64 times as
  /// large, the second layer's columns as much smaller.
  private func uneven() throws -> Model {
    var model = try TechniqueFixtures.model("mlperf_tiny/ad_autoencoder_f32.tflite")
    var graph = model.main
    let layers = WeightLayer.all(in: graph)
    func scaled(_ value: ValueID, _ sizes: [Int], _ factor: (Int) -> Float) throws -> Tensor {
      let storage = try #require(graph[value].constant)
      let tensor = try #require(Tensor(type: .float32, sizes: sizes, storage: storage))
      guard case .floats(let values) = tensor.elements else { return tensor }
      return Tensor(sizes, floats: values.enumerated().map { $1 * factor($0) })
    }
    let taps = layers[0].taps
    let factor: (Int) -> Float = { $0.isMultiple(of: 2) ? 64 : 1 }
    let first = try scaled(layers[0].weights, layers[0].sizes) { factor($0 / taps) }
    let second = try scaled(layers[1].weights, layers[1].sizes) {
      1 / factor($0 % layers[1].taps)
    }
    WholeModel.store(first, layers[0].weights, in: &graph)
    WholeModel.store(second, layers[1].weights, in: &graph)
    if let bias = layers[0].bias, let sizes = graph[bias].shape.sizes {
      WholeModel.store(try scaled(bias, sizes, factor), bias, in: &graph)
    }
    model[Model.mainGraph] = graph
    return model
  }

  private func samples(_ model: Model, _ folder: TemporaryDirectory) throws -> SampleSet {
    var generator = SeededGenerator(seed: 4)
    let values = (0..<(24 * 640)).map { _ in Float(generator.next() % 1000) / 100 }
    let array = NPYArray(type: "f4", sizes: [24, 640], elements: ByteSourceMaker.bytes(values))
    let path = try folder.write(array.serialized(), to: "x.npy")
    return try SampleSet(path: path, forms: try InputForm.all(of: model))
  }

  /// The mean square of the change of a value over the samples, and the mean change of each channel.
  private func change(
    _ value: ValueID,
    _ constants: [ValueID: Tensor],
    _ compiled: CompiledGraph,
    _ samples: SampleSet
  ) throws -> (squares: Double, means: [Double]) {
    let variant = try compiled.replacing(constants)
    var squares = 0.0
    var means: [Double] = []
    for place in 0..<samples.count {
      let input = try samples.sample(place)
      func values(_ graph: CompiledGraph) throws -> [Float] {
        let kept = try CompiledGraph.Executor(graph).run(inputs: input, keeping: [value]).kept
        guard case .floats(let values)? = kept[value]?.elements else { return [] }
        return values
      }
      let (before, after) = (try values(compiled), try values(variant))
      if means.isEmpty { means = before.map { _ in 0 } }
      for (channel, (a, b)) in zip(before, after).enumerated() {
        squares += Double(b - a) * Double(b - a)
        means[channel] += Double(b - a) / Double(samples.count)
      }
    }
    return (squares, means)
  }

  @Test func `evening out channels saves a layer with one scale`() throws {
    let model = try uneven()
    let folder = try TemporaryDirectory()
    let samples = try samples(model, folder)
    let compiled = try TechniqueFixtures.compiled(model)
    let context = ActionContext(model, types: try TechniqueFixtures.types(model))
    let site = try #require(context.sites.sites(.weights).first)
    let output = try #require(model.main.outputs.first)
    let plain = try Action("int4-tensor").apply(to: site, in: context)
    let even = try Action("int4-tensor+equalize").apply(to: site, in: context)
    // The others of the chain are changed, and their change alone changes nothing.
    #expect(plain.constants.count == 1 && even.constants.count >= 4)
    var others = CrossLayerEqualization.apply(in: context)
    let still = try change(output, others, compiled, samples).squares
    others.merge(even.constants) { $1 }
    #expect(Set(others.keys) == Set(even.constants.keys))
    let found = try change(output, even.constants, compiled, samples).squares
    let worse = try change(output, plain.constants, compiled, samples).squares
    #expect(found < worse / 4, "\(found), \(worse)")
    #expect(still < found / 100, "\(still), \(found)")
    #expect(even.bytes == plain.bytes)
    let name = try Action("int4-tensor+bias+equalize").name
    #expect(name == "int4-tensor+equalize+bias")
  }

  /// Means over the samples, by running both models.
  @Test func `the bias is corrected for the evened-out inputs`() throws {
    let model = try uneven()
    let folder = try TemporaryDirectory()
    let samples = try samples(model, folder)
    let compiled = try TechniqueFixtures.compiled(model)
    let record = try CalibrationRecord(compiled, samples: samples, queue: WorkQueue(threadCount: 1))
    let context = ActionContext(
      model,
      types: try TechniqueFixtures.types(model),
      record: record
    )
    // The last layer of a chain keeps its outputs: nothing follows that would be evened out with it.
    let site = try #require(context.sites.sites(.weights).last)
    let layer = try #require(context.layer(site))
    func worst(_ name: String) throws -> Double {
      let constants = try Action(name).apply(to: site, in: context).constants
      return try change(layer.output, constants, compiled, samples).means.map(abs).max() ?? 0
    }
    let plain = try worst("int3-channel+equalize")
    #expect(plain > 1e-3)
    #expect(try worst("int3-channel+equalize+bias") < plain / 50)
  }

  @Test func `all normalisations behind a layer are measured anew`() throws {
    let path = SharedModels.path("trained/cifar_dscnn/cifar_dscnn.h5")
    let model = try KerasFormat.load(try ByteSource.mapping(path: path).bytes, path: path)
    let compiled = try TechniqueFixtures.compiled(model)
    let samples = try TechniqueFixtures.samples(model, calibration: 6)
    var context = ActionContext(model, types: try TechniqueFixtures.types(model))
    let site = try #require(context.sites.sites(.weights).first)
    let action = try Action("int4-channel+all-norms")
    let error = #expect(throws: TechniqueError.self) { try action.apply(to: site, in: context) }
    #expect(error?.message.contains("needs calibration data") == true)
    context.reestimation = .init(compiled: compiled, samples: samples)
    let constants = try action.apply(to: site, in: context).constants
    let variant = try compiled.replacing(constants)
    var checked = 0
    for node in model.main.nodeIDs
    where model.main[node].op == .known("batchNormalization") {
      let operands = model.main[node].inputs
      let (input, mean) = (try #require(operands[0]), try #require(operands[3]))
      guard case .floats(let means)? = constants[mean]?.elements else { continue }
      var sums = [Double](repeating: 0, count: means.count)
      var rows = 0
      for place in 0..<samples.count {
        let kept = try CompiledGraph.Executor(variant)
          .run(inputs: try samples.sample(place), keeping: [input]).kept
        guard case .floats(let values)? = kept[input]?.elements else { continue }
        for (index, value) in values.enumerated() { sums[index % means.count] += Double(value) }
        rows += values.count / means.count
      }
      for (sum, mean) in zip(sums, means) {
        #expect(abs(sum / Double(rows) - Double(mean)) < 1e-4 * max(1, abs(Double(mean))))
      }
      checked += 1
    }
    #expect(checked > 5)
    let last = try #require(context.sites.sites(.weights).last)
    #expect(throws: TechniqueError.self) { try action.apply(to: last, in: context) }
  }

  @Test func `what changes other layers is for one layer at a time`() throws {
    let model = try uneven()
    let context = ActionContext(model, types: try TechniqueFixtures.types(model))
    let site = try #require(context.sites.sites(.weights).first)
    let joint = JointActions(weights: [site.id: try Action("int8-channel+equalize")])
    let error = #expect(throws: TechniqueError.self) {
      try joint.apply(in: context) { (action, site) throws(TechniqueError) in
        try action.apply(to: site, in: context)
      }
    }
    #expect(error?.message.contains("changes other layers too") == true)
    #expect(throws: TechniqueError.self) { try Action("prune-global-50+equalize") }
  }
}
