import ModelIR
import Operators
import Testing

/// An application of an operator, and the results that another implementation gives for it.
struct OperatorCase: Sendable, CustomTestStringConvertible {
  /// A tensor and how it is quantized.
  struct Operand: Sendable {
    var tensor: Tensor
    var quantization: Quantization?

    static func floats(_ sizes: [Int], _ values: [Float]) -> Operand {
      Operand(tensor: Tensor(sizes, floats: values))
    }

    /// Integers, quantized where there are scales.
    static func integers(
      _ type: ElementType,
      _ sizes: [Int],
      _ values: [Int64],
      _ scales: [Float] = [],
      _ zeroPoint: Int = 0,
      axis: Int = 0
    ) -> Operand {
      var quantization: Quantization?
      if !scales.isEmpty {
        quantization = Quantization(
          granularity: scales.count > 1 ? .perAxis(axis) : .perTensor,
          scales: scales,
          zeroPoints: [zeroPoint]
        )
      }
      return Operand(
        tensor: Tensor(type: type, sizes: sizes, elements: .integers(values)),
        quantization: quantization
      )
    }
  }

  var name: String
  var operatorName: String
  var attributes: Attributes
  var inputs: [Operand?]
  var outputs: [Operand?]

  var testDescription: String { name }

  init(
    _ name: String,
    _ operatorName: String,
    _ attributes: Attributes,
    _ inputs: [Operand?],
    _ outputs: [Operand?]
  ) {
    self.name = name
    self.operatorName = operatorName
    self.attributes = attributes
    self.inputs = inputs
    self.outputs = outputs
  }

  /// Evaluates the operator; integers must be equal, real numbers within 2e-6 of the greatest result
  /// (a few roundings of single precision, whose order differs between implementations).
  func check() throws {
    let definition = try #require(OperatorCatalog.definition(of: operatorName))
    let context = EvaluationContext(
      attributes: attributes,
      inputs: inputs.map { $0?.tensor },
      inputQuantization: inputs.map { $0?.quantization },
      outputs: outputs.map { $0?.tensor.tensorType },
      outputQuantization: outputs.map { $0?.quantization },
      hasOutput: outputs.map { $0 != nil }
    )
    let evaluate = try #require(definition.evaluate)
    let results = try evaluate(context)
    let infer = try #require(definition.inferTypes)
    let inferred = try infer(context.operatorContext)
    for (index, expected) in outputs.enumerated() {
      guard let expected = expected?.tensor else { continue }
      let result = try #require(results.dropFirst(index).first)
      #expect(result.type == expected.type)
      #expect(result.sizes == expected.sizes)
      #expect(inferred.dropFirst(index).first == expected.tensorType)
      if expected.type.isInteger {
        #expect(result.elements == expected.elements)
        continue
      }
      let values = try #require(result.doubleValues)
      let wanted = try #require(expected.doubleValues)
      let tolerance = 2e-6 * (wanted.map(\.magnitude).max() ?? 0)
      #expect(zip(values, wanted).allSatisfy { ($0 - $1).magnitude <= tolerance }, "\(values)")
    }
  }
}
