import ModelIR
import Operators
import Testing

@Suite struct OperatorCaseTests {
  @Test(arguments: liteLinearCases)
  func `convolutions and products equal the reference kernels`(example: OperatorCase) throws {
    try example.check()
  }

  @Test(arguments: liteRecurrentCases)
  func `recurrent networks equal the reference kernels`(example: OperatorCase) throws {
    try example.check()
  }

  @Test(arguments: contributedCases)
  func `onnxruntime's own operators give its results`(example: OperatorCase) throws {
    try example.check()
  }
}

/// The families of this file's laws.
private let names = [
  "convolution", "depthwiseConvolution", "transposedConvolution", "deformableConvolution",
  "causalConvWithState", "fullyConnected", "gemm", "matMul", "einsum", "det", "fusedMatMul",
  "fusedConvolution", "quantize", "dequantize", "densify", "dynamicQuantize", "fakeQuantize",
  "matMulInteger", "convolutionInteger", "qLinearConvolution", "qLinearMatMul", "qLinearAdd",
  "qLinearMul", "qLinearSigmoid", "qLinearLeakyRelu", "qLinearSoftmax", "qLinearConcat",
  "qLinearAveragePool", "qLinearGlobalAveragePool", "qGemm", "matMulIntegerToFloat",
  "dynamicQuantizeMatMul", "matMulNBits", "lstm", "gru", "rnn", "unidirectionalSequenceLSTM",
  "bidirectionalSequenceLSTM", "lstmTFLite", "unidirectionalSequenceRNN",
  "bidirectionalSequenceRNN", "rnnTFLite", "svdf", "attention", "linearAttention",
  "rotaryEmbedding", "rotaryEmbeddingMicrosoft", "attentionMicrosoft", "skipLayerNormalization",
  "skipSimplifiedLayerNormalization", "biasGelu", "fastGelu", "quickGelu",
  "negativeLogLikelihoodLoss", "softmaxCrossEntropyLoss", "adagrad", "adam", "momentum", "gradient",
]

@Suite struct OperatorLawTests {
  @Test(arguments: names)
  func `the catalog has the operator`(name: String) throws {
    let definition = try #require(OperatorCatalog.definition(of: name))
    #expect(definition.inferTypes != nil)
    // The gradient needs the derivatives of all operators between two values.
    #expect((definition.cost == nil) == (name == "gradient"))
    #expect((definition.evaluate == nil) == (name == "gradient"))
  }

  @Test(arguments: names)
  func `missing operands are refused`(name: String) throws {
    let definition = try #require(OperatorCatalog.definition(of: name))
    let empty = OperatorContext(
      attributes: [:],
      sourceVersion: nil,
      operands: [],
      hasOutput: [true]
    )
    if name != "gradient" {
      #expect(throws: OperatorError.self) { try definition.inferTypes?(empty) }
    }
    if let evaluate = definition.evaluate {
      #expect(throws: OperatorError.self) {
        _ = try evaluate(EvaluationContext(attributes: [:], inputs: []))
      }
    }
  }

  // Operands of every rank and of contradictory extents: an error or a result, never a trap.
  @Test(arguments: names)
  func `arbitrary operands do not trap`(name: String) throws {
    let definition = try #require(OperatorCatalog.definition(of: name))
    let shapes: [[Int]] = [
      [], [0], [3], [2, 3], [0, 4], [1, 2, 3], [1, 1, 2, 2], [2, 0, 1, 3, 1],
    ]
    let attributes: [Attributes] = [
      [:],
      [
        "groups": .int(0), "strides": .ints([0]), "kernel": .ints([]), "axis": .int(-9),
        "blockSize": .int(-1), "numHeads": .int(0), "qNumHeads": .int(-1), "kvNumHeads": .int(3),
        "rank": .int(0), "equation": .string("ij,.."), "hiddenSize": .int(-1), "k": .int(-1),
        "n": .int(-4), "reduction": .string("?"), "offsetGroup": .int(0),
      ],
      [
        "groups": .int(.max), "pads": .ints([1, -2, 3, 4]), "kernel": .ints([2, 2]),
        "axis": .int(1), "numHeads": .int(1), "qNumHeads": .int(1), "kvNumHeads": .int(1),
        "equation": .string("ij,jk->ik"), "k": .int(3), "n": .int(.max), "blockSize": .int(16),
        "dataLayout": .string("nhwc"), "filterLayout": .string("ohwi"), "timeMajor": .bool(true),
        "transposeA": .bool(true), "operandOrder": .string("tflite"), "rank": .int(.max),
      ],
    ]
    let count = min(definition.inputs.upperBound, 12)
    for shape in shapes {
      for other in shapes {
        for kind in 0..<3 {
          let inputs = (0..<count).map { index -> Tensor? in
            sample(index % 2 == 0 ? shape : other, isInteger: kind == 1 || kind == 2 && index > 0)
          }
          for set in attributes { attempt(definition, set, inputs) }
        }
      }
    }
  }

  private func sample(_ sizes: [Int], isInteger: Bool) -> Tensor {
    let count = sizes.contains(0) ? 0 : sizes.reduce(1, *)
    if isInteger {
      let values = (0..<count).map { Int64($0 % 5) - 1 }
      return Tensor(type: .int8, sizes: sizes, elements: .integers(values))
    }
    return Tensor(sizes, floats: (0..<count).map { Float($0 % 7) - 3 })
  }

  private func attempt(
    _ definition: OperatorDefinition,
    _ attributes: Attributes,
    _ inputs: [Tensor?]
  ) {
    let context = EvaluationContext(
      attributes: attributes,
      inputs: inputs,
      inputQuantization: inputs.map { _ in
        Quantization(granularity: .perTensor, scales: [0.5], zeroPoints: [1])
      },
      outputs: [TensorType(.int8, .unknownRank)],
      outputQuantization: [
        Quantization(granularity: .perTensor, scales: [0.25], zeroPoints: [-1])
      ]
    )
    _ = try? definition.evaluate?(context)
    for known in [0, 1, 2] {
      let operands = inputs.map { tensor -> OperatorContext.Operand? in
        guard let tensor else { return nil }
        let shapes: [Shape] = [
          .fixed(tensor.sizes), .unknownRank, .ranked(tensor.sizes.map { _ in .unknown }),
        ]
        return OperatorContext.Operand(type: TensorType(tensor.type, shapes[known]))
      }
      let node = OperatorContext(
        attributes: attributes,
        sourceVersion: nil,
        operands: operands,
        hasOutput: [true]
      )
      guard let types = (try? definition.inferTypes?(node)) ?? nil else { continue }
      if let cost = definition.cost?(CostContext(node: node, outputs: types)) {
        #expect(cost.multiplyAdds >= 0 && cost.otherOperations >= 0)
      }
    }
  }
}
