import ByteIO
import Calibration
import Execution
import FormatTFLite
import Kernels
import ModelIR
import Operators
import TestSupport
import Testing

@testable import Techniques

@Suite(.enabled(if: SharedModels.directory != nil)) struct ChannelTests {
  private static let models: [(String, Int)] = [
    ("trained/mnist_cnn/mnist_cnn_f32.tflite", 1),
    ("trained/cifar_dscnn/cifar_dscnn_f32.tflite", 4),
    ("trained/mnist_cnn/mnist_cnn.onnx", 1),
    ("trained/cifar_dscnn/cifar_dscnn.onnx", 4),
    ("mlperf_tiny/ic_resnet8_f32.tflite", 6),
    // Its convolutions' weights are int8, which are not float32 layers.
    ("mlperf_tiny/kws_dscnn_f32.tflite", 0),
    ("mlperf_tiny/vww_mobilenet_96_f32.tflite", 14),
    ("mlperf_tiny/ad_autoencoder_f32.tflite", 9),
  ]

  private func random(_ model: Model, _ types: [TensorType]) -> [Tensor] {
    var generator = SeededGenerator(seed: 1)
    return model.main.inputs.map { input in
      let sizes = types[input.index].shape.dimensions?.map { $0.size ?? 1 } ?? []
      let count = sizes.reduce(1, *)
      return Tensor(sizes, floats: (0..<count).map { _ in Float(generator.next() % 1000) / 1000 })
    }
  }

  private func outputs(_ model: Model, _ inputs: [Tensor]) throws -> [Float] {
    let shapes = Dictionary(
      zip(model.main.inputs, inputs.map(\.sizes)),
      uniquingKeysWith: { first, _ in first }
    )
    let compiled = try CompiledGraph(model, inputShapes: shapes)
    return try CompiledGraph.Executor(compiled).run(inputs: inputs).flatMap { tensor in
      if case .floats(let values) = tensor.elements { return values }
      return []
    }
  }

  /// The model of the same extents whose removed channels are made 0 where they begin.
  private func masked(_ model: Model, _ map: ChannelMap, _ removed: Set<Int>) throws -> Model {
    var graph = model.main
    for slice in map.slices {
      guard let value = graph[slice.node].inputs[slice.operand],
        let storage = graph[value].constant, let sizes = graph[value].shape.sizes,
        case .floats(var values)? = Tensor(
          type: .float32,
          sizes: sizes,
          storage: storage
        )?.elements
      else { continue }
      let inner = sizes[(slice.axis + 1)...].reduce(1, *)
      for index in values.indices
      where removed.contains(map.unitOf[slice.atoms[index / inner % slice.atoms.count]]) {
        values[index] = 0
      }
      graph[value].content = .constant(
        .owned(ByteSourceMaker.bytes(values), fileBytes: 4 * values.count)
      )
    }
    var result = model
    result[Model.mainGraph] = graph
    return result
  }

  @Test(arguments: models)
  func `a smaller model computes what one with zeros does`(name: String, groups: Int) throws {
    let model = try TechniqueFixtures.model(name)
    let types = try TechniqueFixtures.types(model)
    let context = ActionContext(model, types: types)
    let map = context.sites.channels
    #expect(map.groups.count == groups)
    #expect(context.sites.sites(.channels).count == groups)
    let inputs = random(model, types)
    let original = try outputs(model, inputs)
    for group in map.groups {
      // Every third unit.
      let removed = Set(group.units.enumerated().filter { $0.offset % 3 == 1 }.map(\.element))
      let smaller = try ChannelRemoval.removing(removed, from: model, map)
      let found = try outputs(smaller, inputs)
      let expected = try outputs(try masked(model, map, removed), inputs)
      #expect(found.count == expected.count && found != original)
      let range = max((expected.map(\.magnitude).max() ?? 0), 1e-3)
      let most = zip(found, expected).map { ($0 - $1).magnitude / range }.max() ?? .infinity
      // Sums of other lengths are added up in another order.
      #expect(most < 1e-4, "\(group.layers[0].node.index) of \(name)")
      let weights = group.layers[0].weights
      #expect(smaller.main[weights].byteCount ?? 0 < model.main[weights].byteCount ?? 0)
    }
  }

  /// 24 of 32 filters of 3×3 over 26×26 positions, then 13·13·24 inputs of 10 outputs; 24 + 10 biases.
  @Test func `multiply-adds and bytes are those of the smaller extents`() throws {
    let model = try TechniqueFixtures.model("trained/mnist_cnn/mnist_cnn_f32.tflite")
    let context = ActionContext(model, types: try TechniqueFixtures.types(model))
    let site = try #require(context.sites.sites(.channels).first)
    for name in ["channels-25", "channels-25-l1"] {
      let applied = try Action(name).apply(to: site, in: context)
      let macs = 26 * 26 * 9 * 24 + 13 * 13 * 24 * 10
      #expect(applied.multiplyAdds == macs)
      #expect(applied.bytes == 24 * 9 * 4)
      let smaller = try #require(applied.model)
      let dense = try #require(smaller.main.values.first { $0.name.hasSuffix("probs_1/MatMul") })
      #expect(dense.shape.sizes == [10, 13 * 13 * 24])
    }
    #expect(throws: TechniqueError.self) {
      try Action("channels-25-bn").apply(to: site, in: context)
    }
    #expect(throws: TechniqueError.self) {
      try Action("channels-25-activation").apply(to: site, in: context)
    }
    let measured = try TechniqueFixtures.context(model, samples: 4)
    let applied = try Action("channels-25-activation").apply(to: site, in: measured)
    #expect(applied.multiplyAdds == 26 * 26 * 9 * 24 + 13 * 13 * 24 * 10)
  }

  @Test func `names of sites are unique and those of the model`() throws {
    for (name, _) in Self.models {
      let model = try TechniqueFixtures.model(name)
      let sites = SiteList(model, types: try TechniqueFixtures.types(model)).sites
      #expect(Set(sites.map(\.id)).count == sites.count)
      #expect(sites == SiteList(model, types: try TechniqueFixtures.types(model)).sites)
      #expect(!sites.filter { $0.kind == .weights }.isEmpty)
    }
  }
}
