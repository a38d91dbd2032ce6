import ByteIO
import Calibration
import Execution
import ModelIR
import Operators
import Testing

@testable import Sensitivity

/// Derivatives through layers with 8-bit weights beside TensorFlow's.
@Suite struct HybridDerivativeTests {
  /// The input, the two layers' results before the last one, and the outputs.
  private struct Layers {
    var model: Model
    var values: [ValueID]
  }

  private func bytes(_ values: [Float]) -> Bytes {
    ByteSource(values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }).bytes
  }

  private func layers() -> Layers {
    var graph = Graph(name: "main")
    func activation(_ name: String, _ sizes: [Int]) -> ValueID {
      graph.append(Value(name: name, type: .float32, shape: .fixed(sizes)))
    }
    func weights(_ values: [Int8], _ sizes: [Int], _ scales: [Float], axis: Int) -> ValueID {
      let stored = ByteSource(values.map(UInt8.init(bitPattern:))).bytes
      return graph.append(
        Value(
          name: "weights",
          type: .int8,
          shape: .fixed(sizes),
          quantization: Quantization(
            granularity: scales.count == 1 ? .perTensor : .perAxis(axis),
            scales: scales,
            zeroPoints: scales.map { _ in 0 }
          ),
          content: .constant(.owned(stored, fileBytes: values.count))
        )
      )
    }
    func bias(_ values: [Float]) -> ValueID {
      graph.append(
        Value(
          name: "bias",
          type: .float32,
          shape: .fixed([values.count]),
          content: .constant(.owned(bytes(values), fileBytes: 4 * values.count))
        )
      )
    }
    func node(_ name: String, _ inputs: [ValueID], _ output: ValueID, _ attributes: Attributes) {
      graph.append(
        Node(
          name: name,
          op: .known(name),
          attributes: attributes,
          inputs: inputs,
          outputs: [output],
          origin: Origin(sourceType: name, path: "")
        )
      )
    }
    let values = [
      activation("x", [1, 5, 4, 2]), activation("first", [1, 5, 4, 3]),
      activation("second", [1, 3, 2, 3]), activation("y", [1, 4]),
    ]
    let known = HybridGradients.self
    node(
      "convolution",
      [
        values[0], weights(known.convolution, [3, 3, 3, 2], known.convolutionScales, axis: 0),
        bias(known.convolutionBias),
      ],
      values[1],
      [
        "padding": .string("same"), "strides": .ints([1, 1]), "dilations": .ints([1, 1]),
        "activation": .string("relu"), "dataLayout": .string("nhwc"),
        "filterLayout": .string("ohwi"),
      ]
    )
    node(
      "depthwiseConvolution",
      [
        values[1], weights(known.depthwise, [1, 3, 3, 3], known.depthwiseScales, axis: 3),
        bias(known.depthwiseBias),
      ],
      values[2],
      [
        "padding": .string("same"), "strides": .ints([2, 2]), "dilations": .ints([1, 1]),
        "multiplier": .int(1), "dataLayout": .string("nhwc"), "filterLayout": .string("ihwo"),
      ]
    )
    node(
      "fullyConnected",
      [
        values[2], weights(known.dense, [4, 18], known.denseScales, axis: 0),
        bias(known.denseBias),
      ],
      values[3],
      [:]
    )
    graph.inputs = [values[0]]
    graph.outputs = [values[3]]
    let model = Model(
      format: .tflite,
      path: "hybrid.tflite",
      graphs: [graph],
      ledger: ByteLedger.Builder().finish()
    )
    return Layers(model: model, values: values)
  }

  @Test func `derivatives go straight through the rounding of the input`() throws {
    let known = HybridGradients.self
    let (layers, model) = (layers(), layers().model)
    let compiled = try CompiledGraph(model, inputShapes: [layers.values[0]: [1, 5, 4, 2]])
    let asked = Set(layers.values.dropLast())
    let derivative = OutputDerivative(
      compiled,
      targets: [layers.values[3]],
      layers: [],
      activations: asked
    )
    #expect(derivative.unknownActivations.isEmpty)
    let kept = try CompiledGraph.Executor(compiled).run(
      inputs: [Tensor([1, 5, 4, 2], floats: known.input)],
      keeping: derivative.reads.union(asked)
    ).kept
    var found: [ValueID: [Float]] = [:]
    derivative.walk(
      FloatRun(values: kept),
      seeds: [layers.values[3]: known.outputWeights]
    ) { finding in
      if case .activation(let value, let gradient) = finding { found[value] = gradient }
    }
    let expected = [
      known.inputGradient, known.depthwiseInputGradient, known.denseInputGradient,
    ]
    for (value, gradient) in zip(layers.values, expected) {
      let result = try #require(found[value])
      #expect(result.count == gradient.count)
      let greatest = gradient.reduce(0) { max($0, $1.magnitude) }
      // Sums of at most 27 products in Float.
      #expect(zip(result, gradient).allSatisfy { abs($0 - $1) < 1e-5 * greatest })
    }
  }

  @Test func `layers with integer weights are no sites but stand for numbers`() throws {
    let graph = layers().model.main
    #expect(WeightLayer.all(in: graph).isEmpty)
    let first = try #require(WeightLayer.hybrid(NodeID(0), in: graph))
    let matrix = try #require(first.matrix(in: graph))
    let known = HybridGradients.self
    // Rows of 18, one an output channel, each with its scale.
    #expect(matrix[0] == Float(known.convolution[0]) * known.convolutionScales[0])
    #expect(matrix[53] == Float(known.convolution[53]) * known.convolutionScales[2])
  }

  /// The squares of a direction's changes when inputs are moved by many steps and rounded as they are,
  /// beside those without rounding.
  @Test func `rounding adds what is found by rounding`() throws {
    let (layers, model) = (layers(), layers().model)
    let compiled = try CompiledGraph(model, inputShapes: [layers.values[0]: [1, 5, 4, 2]])
    let chooser = PullbackChooser(compiled: compiled, id: NodeID(0), wanted: [true, false, false])
    let layer = try #require(WeightLayer.hybrid(NodeID(0), in: model.main))
    let rounding = try #require(InputRounding(layer, chooser, width: 40))
    var generator = SeededGenerator(seed: 12)
    var values = (0..<40).map { _ in Float(6 * generator.fraction() - 2) }
    let derivative = (0..<40).map { _ in Float(generator.fraction() - 0.5) }
    // Scales that differ: integers from −128 to 127 over the range of the values.
    (values[0], values[1], values[2]) = (-2, 4, 0)
    let step = 6.0 / 255
    var sum = 0.0
    let count = 20_000
    for _ in 0..<count {
      var product = 0.0
      for (index, value) in values.enumerated() where value != 0 {
        // Where an element stands between two integers is chance, too.
        let before = Double(value) / step + generator.fraction()
        let after = before + 20 * (generator.fraction() - 0.5)
        let error = (after.rounded() - after) - (before.rounded() - before)
        product += Double(derivative[index]) * step * error
      }
      sum += product * product / 2
    }
    let found = rounding.divergence(derivative, values)
    // 20,000 draws of variance 2: 1 %.
    #expect(abs(found / (sum / Double(count)) - 1) < 0.04, "\(found) \(sum / Double(count))")
  }

  @Test func `a change below the steps of the rounding has no straight line`() throws {
    // Without rounding the straight line itself, with its samples' variance.
    let plain = try #require(LinearEstimates.estimate(2, 1, 0))
    #expect(plain.mean == 2 && plain.variance == 0.25)
    // Half way, on a logarithmic scale, from 2 to 4.
    let some = try #require(LinearEstimates.estimate(2, 0, 2))
    #expect(abs(some.mean - 8.0.squareRoot()) < 1e-12)
    #expect(abs(some.variance - 0.480453 / 12) < 1e-6)
    #expect(LinearEstimates.estimate(0.001, 0, 2) == nil)
    #expect(LinearEstimates.estimate(0, 0, 2)?.mean == 0)
  }
}
