import ByteIO
import Calibration
import Execution
import Kernels
import ModelIR
import Operators
import TestSupport
import Testing
import WireFormats

@testable import Techniques

@Suite(.enabled(if: SharedModels.directory != nil)) struct CorrectionTests {
  @Test func `evened-out ranges leave the outputs as they are`() throws {
    let model = try TechniqueFixtures.model("mlperf_tiny/ad_autoencoder_f32.tflite")
    let context = try TechniqueFixtures.context(model)
    let constants = CrossLayerEqualization.apply(in: context)
    #expect(constants.count >= 18)
    let compiled = try TechniqueFixtures.compiled(model)
    let variant = try compiled.replacing(constants)
    var generator = SeededGenerator(seed: 2)
    let input = Tensor([1, 640], floats: (0..<640).map { _ in Float(generator.next() % 100) / 10 })
    func output(_ graph: CompiledGraph) throws -> [Float] {
      let tensors = try CompiledGraph.Executor(graph).run(inputs: [input])
      guard case .floats(let values)? = tensors.first?.elements else { return [] }
      return values
    }
    let (found, expected) = (try output(variant), try output(compiled))
    let range = expected.map(\.magnitude).max() ?? 0
    // Ten layers in other scales: rounding differs.
    #expect(zip(found, expected).allSatisfy { ($0 - $1).magnitude < 1e-4 * range })
    #expect(found.count == 640 && range > 0)
  }

  /// The mean of each output over the samples, by running both: shifted before, equal after.
  @Test func `the corrected bias gives back the outputs' means`() throws {
    let model = try TechniqueFixtures.model("trained/mnist_cnn/mnist_cnn_f32.tflite")
    let context = try TechniqueFixtures.context(model, samples: 20, gramBytes: 1 << 16)
    let compiled = try TechniqueFixtures.compiled(model)
    let site = try #require(context.sites.sites(.weights).last)
    let layer = try #require(context.layer(site))
    let samples = try TechniqueFixtures.samples(model, calibration: 20)
    func means(_ graph: CompiledGraph) throws -> [Double] {
      var sums = [Double](repeating: 0, count: 10)
      for index in 0..<samples.count {
        let kept = try CompiledGraph.Executor(graph)
          .run(inputs: try samples.sample(index), keeping: [layer.output]).kept
        guard case .floats(let values)? = kept[layer.output]?.elements else { continue }
        for channel in 0..<10 { sums[channel] += Double(values[channel]) / 20 }
      }
      return sums
    }
    func shift(_ name: String) throws -> Double {
      let constants = try Action(name).apply(to: site, in: context).constants
      let found = try means(try compiled.replacing(constants))
      return zip(found, try means(compiled)).map { abs($0 - $1) }.max() ?? .infinity
    }
    #expect(try shift("int2-channel") > 0.05)
    #expect(try shift("int2-channel+bias") < 1e-4)
    // The Gram matrix of 5408 inputs is above the limit that was set, and 20 rows of them too.
    #expect(throws: TechniqueError.self) {
      try Action("int2-channel+refit").apply(to: site, in: context)
    }
  }

  @Test func `refitted weights err less at the layer's output`() throws {
    let model = try TechniqueFixtures.model("trained/cifar_dscnn/cifar_dscnn_f32.tflite")
    let context = try TechniqueFixtures.context(model, samples: 8, gramBytes: 1 << 24)
    var better = 0
    for site in context.sites.sites(.weights) {
      let layer = try #require(context.layer(site))
      guard let moments = context.record?.moments[layer.node], moments.gram != nil,
        let original = layer.matrix(in: model.main)
      else { continue }
      for name in ["int3-channel", "prune-50", "prune-2:4", "ternary", "kmeans-16"] {
        let action = try Action(name)
        guard action.applies(to: site, in: context) else { continue }
        func error(_ name: String) throws -> Double {
          let coded = try #require(try Action(name).apply(to: site, in: context).coded)
          let change = zip(coded.values, original).map { $0 - $1 }
          return try #require(moments.outputError(of: change, layer: layer))
        }
        let (plain, refitted) = (try error(name), try error(name + "+refit"))
        #expect(refitted <= plain * 1.000_001, "\(name) at \(site.id)")
        if refitted < 0.9 * plain { better += 1 }
      }
    }
    #expect(better > 20)
  }

  @Test func `normalisation is measured anew`() throws {
    var graph = Graph(name: "g")
    let x = graph.append(Value(name: "x", type: .float32, shape: .fixed([1, 3])))
    func constant(_ name: String, _ values: [Float]) -> ValueID {
      graph.append(
        Value(
          name: name,
          type: .float32,
          shape: .fixed([3]),
          content: .constant(.owned(ByteSourceMaker.bytes(values), fileBytes: 12))
        )
      )
    }
    let operands = [
      x, constant("scale", [1, 1, 1]), constant("bias", [0, 0, 0]), constant("mean", [9, 9, 9]),
      constant("variance", [5, 5, 5]),
    ]
    let y = graph.append(Value(name: "y", type: .float32, shape: .fixed([1, 3])))
    graph.append(
      Node(
        name: "bn",
        op: .known("batchNormalization"),
        inputs: operands,
        outputs: [y],
        origin: Origin(sourceType: "BatchNormalization", path: "")
      )
    )
    graph.inputs = [x]
    graph.outputs = [y]
    var model = try TechniqueFixtures.model("trained/mnist_cnn/mnist_cnn.onnx")
    model.graphs = [graph]
    model.signatures = []
    let rows: [[Float]] = [[1, 2, 3], [3, 2, -3], [5, 2, 0], [-1, 2, 4]]
    let folder = try TemporaryDirectory()
    let array = NPYArray(
      type: "f4",
      sizes: [4, 3],
      elements: ByteSourceMaker.bytes(rows.flatMap { $0 })
    )
    let path = try folder.write(array.serialized(), to: "x.npy")
    let samples = try SampleSet(path: path, forms: try InputForm.all(of: model))
    let constants = try BatchNormReestimation.constants(
      try TechniqueFixtures.compiled(model),
      samples: samples,
      queue: WorkQueue(threadCount: 1)
    )
    // Column by column, by hand: means 2, 2, 1; squares 9, 4, 8.5 less the means' squares.
    #expect(constants[operands[3]] == Tensor([3], floats: [2, 2, 1]))
    #expect(constants[operands[4]] == Tensor([3], floats: [5, 0, 7.5]))
  }

  /// One threshold: what the whole-model call leaves of each layer is what the layer's own action leaves,
  /// but for weights of equal magnitude, of which the action drops all.
  @Test func `a layer's part of global pruning is that of the whole model`() throws {
    let model = try TechniqueFixtures.model(TechniqueFixtures.mnist + "_f32.tflite")
    let context = try TechniqueFixtures.context(model)
    let whole = try GlobalPruning.apply(percent: 80, in: context)
    let action = try Action("prune-global-80")
    var shares: [Double] = []
    for site in context.sites.sites(.weights) {
      let coded = try #require(try action.apply(to: site, in: context).coded)
      let share = Double(coded.values.count { $0 == 0 }) / Double(coded.values.count)
      #expect(abs(share - (whole.sparsity[site.id] ?? 0)) < 1e-3, "\(site.id)")
      shares.append(share)
    }
    // The layers are not pruned alike, which is what one threshold is for.
    #expect(Set(shares).count == shares.count)
  }

  /// Rows by hand: `ŵ x` over the inputs (1, 0), (0, 2), (1, 2) is 3, 8, 11 with `ŵ = (3, 4)`.
  @Test func `outputs' squares are those of the rows`() throws {
    let moments = InputMoments(
      rowCount: 3,
      sums: [2, 4],
      squares: [2, 8],
      gram: [2, 2, 2, 8]
    )
    var graph = Graph(name: "")
    let x = graph.append(Value(name: "x", type: .float32, shape: .fixed([1, 2])))
    let w = graph.append(
      Value(
        name: "w",
        type: .float32,
        shape: .fixed([1, 2]),
        content: .constant(.owned(ByteSourceMaker.bytes([3, 4]), fileBytes: 8))
      )
    )
    let y = graph.append(Value(name: "y", type: .float32, shape: .fixed([1, 1])))
    graph.append(
      Node(
        name: "fc",
        op: .known("fullyConnected"),
        inputs: [x, w],
        outputs: [y],
        origin: Origin(sourceType: "FULLY_CONNECTED", path: "")
      )
    )
    let layer = try #require(WeightLayer(NodeID(0), in: graph))
    #expect(moments.outputSquares(of: [3, 4], layer: layer) == [9 + 64 + 121])
    #expect(moments.meanShift(of: [3, 4], layer: layer) == [22.0 / 3])
  }
}
