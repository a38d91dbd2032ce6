import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension OperatorDefinition {
  /// Layer normalization of a sum: `(s − mean) / √(variance + ε) · gamma + beta`, `s = x + skip + bias`.
  ///
  /// Over the last axis. Operands x, skip, gamma, beta?, bias?. Results: y, mean, inverse deviation,
  /// s. Source: onnxruntime `docs/ContribOperators.md`, com.microsoft.SkipLayerNormalization.
  static let skipLayerNormalization = OperatorDefinition(
    "skipLayerNormalization",
    "Layer normalization of the sum of two tensors.",
    family: .normalization,
    inputs: 3...5,
    outputs: 1...4,
    inferTypes: { (context) throws(OperatorError) in try skipTypes(context) },
    // The sum, five operations of an affine normalization (fvcore), and the bias.
    cost: CostRule { context in
      .times(context.inputElements(0), otherOperations: 6 + (context.node.hasInput(4) ? 1 : 0))
    },
    evaluate: { (context) throws(OperatorError) in
      context.named(try normalizedSum(context, beta: 3, bias: 4, centres: true))
    }
  )

  /// The same without a mean: `s / √(mean(s²) + ε) · gamma`; operands x, skip, gamma, bias?.
  ///
  /// Source: onnxruntime `docs/ContribOperators.md`,
  /// com.microsoft.SkipSimplifiedLayerNormalization.
  static let skipSimplifiedLayerNormalization = OperatorDefinition(
    "skipSimplifiedLayerNormalization",
    "Root-mean-square normalization of the sum of two tensors.",
    family: .normalization,
    inputs: 3...4,
    outputs: 1...4,
    inferTypes: { (context) throws(OperatorError) in try skipTypes(context) },
    cost: CostRule { context in
      .times(context.inputElements(0), otherOperations: 5 + (context.node.hasInput(3) ? 1 : 0))
    },
    evaluate: { (context) throws(OperatorError) in
      context.named(try normalizedSum(context, beta: nil, bias: 3, centres: false))
    }
  )

  /// Gaussian error linear unit of a sum: `gelu(x + bias)`, with the error function.
  ///
  /// Source: onnxruntime `docs/ContribOperators.md`, com.microsoft.BiasGelu.
  static let biasGelu = biasedActivation("biasGelu", "Gelu of a sum with a bias.", 2...2) {
    (_) throws(OperatorError) in { 0.5 * $0 * (1 + Double.erf($0 / 2.0.squareRoot())) }
  }

  /// `0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))` of x plus an optional bias.
  ///
  /// Sources: onnxruntime `docs/ContribOperators.md`, com.microsoft.FastGelu; Hendrycks and Gimpel
  /// 2016.
  static let fastGelu = biasedActivation("fastGelu", "Gelu by its tanh approximation.", 1...2) {
    (_) throws(OperatorError) in
    {
      let inner = (2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)
      return 0.5 * $0 * (1 + Double.tanh(inner))
    }
  }

  /// A Gaussian error linear unit by the logistic function: `x · σ(alpha · x)`.
  ///
  /// Source: onnxruntime `docs/ContribOperators.md`, com.microsoft.QuickGelu.
  static let quickGelu = biasedActivation("quickGelu", "Gelu by a sigmoid.", 1...1) {
    (attributes) throws(OperatorError) in
    let alpha = try attributes.float("alpha", default: 1.702)
    return { $0 / (1 + Double.exp(-alpha * $0)) }
  }

  private static func biasedActivation(
    _ name: String,
    _ summary: String,
    _ inputs: ClosedRange<Int>,
    _ make:
      @escaping @Sendable (AttributeReader) throws(OperatorError) -> (
        @Sendable (Double) -> Double
      )
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .activation,
      inputs: inputs,
      inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
      // A product, a function, a sum, a product; the bias.
      cost: CostRule { context in
        .times(context.outputElements(), otherOperations: 4 + (context.node.hasInput(1) ? 1 : 0))
      },
      evaluate: { (context) throws(OperatorError) in
        let input = try context.input(0)
        let function = try make(context.attributes)
        var values = try OperandValues.doubles(input)
        if let bias = try rowOperand(context, 1, input.sizes.last ?? 1) {
          for index in values.indices { values[index] += bias[index % bias.count] }
        }
        return [OperandValues.tensor(input.type, input.sizes, values.map(function))]
      }
    )
  }
}

/// An optional operand of as many elements as the last axis has.
private func rowOperand(
  _ context: EvaluationContext,
  _ index: Int,
  _ width: Int
) throws(OperatorError) -> [Double]? {
  guard let tensor = context.optionalInput(index) else { return nil }
  let values = try OperandValues.doubles(tensor)
  guard values.count == width else {
    throw .invalid("operand \(index) has \(values.count) values for rows of \(width)")
  }
  return values
}

private func skipTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  guard var rows = input.shape.dimensions, !rows.isEmpty else {
    let unknown = TensorType(.float32, .unknownRank)
    return [input, unknown, unknown, input]
  }
  rows[rows.count - 1] = .fixed(1)
  let statistics = TensorType(.float32, .ranked(rows))
  return [input, statistics, statistics, input]
}

private func normalizedSum(
  _ context: EvaluationContext,
  beta: Int?,
  bias: Int,
  centres: Bool
) throws(OperatorError) -> [Tensor] {
  let input = try context.input(0)
  guard let width = input.sizes.last else { throw .invalid("the operand is a scalar") }
  let skip = try context.input(1)
  let others = try OperandValues.doubles(skip)
  guard let gamma = try rowOperand(context, 2, width) else { throw .invalid("gamma is missing") }
  let shift = try beta.flatMap { (beta) throws(OperatorError) in
    try rowOperand(context, beta, width)
  }
  let offset = try rowOperand(context, bias, width)
  let epsilon = try context.attributes.float("epsilon", default: 1e-12)
  var sum = try OperandValues.doubles(input)
  guard others.count > 0 || sum.isEmpty, others.isEmpty || sum.count % others.count == 0 else {
    throw .invalid("a skip of shape \(Shape.fixed(skip.sizes)) does not broadcast")
  }
  let round = Precision(type: input.type)
  for index in sum.indices {
    sum[index] = round(sum[index] + others[index % others.count] + (offset?[index % width] ?? 0))
  }
  var result: [Double] = []
  var means: [Double] = []
  var deviations: [Double] = []
  for row in 0..<(width == 0 ? 0 : sum.count / width) {
    let values = sum[(row * width)..<((row + 1) * width)]
    let mean = centres ? values.reduce(0, +) / Double(width) : 0
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
    let inverse = 1 / (square + epsilon).squareRoot()
    means.append(mean)
    deviations.append(inverse)
    for (column, value) in values.enumerated() {
      result.append((value - mean) * inverse * gamma[column] + (shift?[column] ?? 0))
    }
  }
  let rows = Array(input.sizes.dropLast()) + [1]
  return [
    OperandValues.tensor(input.type, input.sizes, result),
    OperandValues.tensor(.float32, rows, means),
    OperandValues.tensor(.float32, rows, deviations),
    OperandValues.tensor(input.type, input.sizes, sum),
  ]
}
