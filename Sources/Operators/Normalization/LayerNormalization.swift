import ModelIR

extension OperatorDefinition {
  /// `(x − mean) / √(variance + epsilon) · scale + bias` over all axes from `axis` on.
  ///
  /// Further results are the mean and `1 / √(variance + epsilon)`, of the type `stashType` (float32 by
  /// default), whose folded axes have an extent of 1. Scale and bias broadcast to the operand, and may
  /// be left out. Source: ONNX LayerNormalization-17; J. L. Ba et al. 2016, "Layer Normalization".
  static let layerNormalization = OperatorDefinition(
    "layerNormalization",
    "Normalizes over the last axes.",
    family: .normalization,
    inputs: 2...3,
    outputs: 1...3,
    inferTypes: { (context) throws(OperatorError) in try rowTypes(context) },
    cost: .normalization(scaleOperand: 1),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.reals(0)
      let rows = try LastAxes(context, input.sizes)
      let epsilon = try context.attributes.float("epsilon", default: 1e-5)
      var result = input
      var means: [Double] = []
      var inverses: [Double] = []
      for row in 0..<rows.count {
        let range = rows.range(row)
        let moments = Moments(Array(input.values[range]))
        let inverse = 1 / (moments.variance + epsilon).squareRoot()
        means.append(moments.mean)
        inverses.append(inverse)
        for index in range { result.values[index] = (input.values[index] - moments.mean) * inverse }
      }
      try result.scale(context, by: 1, plus: 2)
      let type = try context.attributes.type("stashType") ?? .float32
      return [
        result.tensor(),
        RealElements.tensor(means, sizes: rows.keptSizes, type: type),
        RealElements.tensor(inverses, sizes: rows.keptSizes, type: type),
      ]
    }
  )

  /// `x / √(mean(x²) + epsilon) · scale` over all axes from `axis` on.
  ///
  /// A second result (onnxruntime's SimplifiedLayerNormalization) is the inverse root. Cost: square,
  /// sum, product with the inverse root and product with the scale. Source: ONNX RMSNormalization-23; B. Zhang, R. Sennrich 2019, "Root Mean Square Layer Normalization".
  static let rmsNormalization = OperatorDefinition(
    "rmsNormalization",
    "Divides by the root of the mean square over the last axes.",
    family: .normalization,
    inputs: 2...2,
    outputs: 1...2,
    inferTypes: { (context) throws(OperatorError) in try rowTypes(context) },
    cost: .perInputElement(otherOperations: 4),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.reals(0)
      let rows = try LastAxes(context, input.sizes)
      let epsilon = try context.attributes.float("epsilon", default: 1e-5)
      var result = input
      var inverses: [Double] = []
      for row in 0..<rows.count {
        let range = rows.range(row)
        let squares = input.values[range].reduce(0) { $0 + $1 * $1 }
        let root = (squares / Double(rows.length) + epsilon).squareRoot()
        inverses.append(1 / root)
        for index in range { result.values[index] = input.values[index] / root }
      }
      try result.scale(context, by: 1, plus: nil)
      let type = try context.attributes.type("stashType") ?? .float32
      return [
        result.tensor(), RealElements.tensor(inverses, sizes: rows.keptSizes, type: type),
      ]
    }
  )

  /// The operand's type, and twice that of numbers a row.
  private static func rowTypes(
    _ context: OperatorContext
  ) throws(OperatorError) -> [TensorType] {
    let input = try context.input(0)
    let element = try context.attributes.type("stashType") ?? .float32
    guard let dimensions = input.shape.dimensions else {
      let statistics = TensorType(element, .unknownRank)
      return [input, statistics, statistics]
    }
    let axis = try Axes.normalize(
      try context.attributes.int("axis", default: -1),
      rank: dimensions.count
    )
    let kept = dimensions.indices.map { $0 < axis ? dimensions[$0] : 1 }
    let statistics = TensorType(element, .ranked(kept))
    return [input, statistics, statistics]
  }
}

/// Rows made of all axes from `axis` on.
private struct LastAxes {
  /// The rows.
  let count: Int
  /// The elements of a row.
  let length: Int
  /// The extents with 1 for the axes of the row.
  let keptSizes: [Int]

  init(_ context: EvaluationContext, _ sizes: [Int]) throws(OperatorError) {
    let axis = try Axes.normalize(
      try context.attributes.int("axis", default: -1),
      rank: sizes.count
    )
    keptSizes = sizes.indices.map { $0 < axis ? sizes[$0] : 1 }
    count = checkedProduct(keptSizes) ?? 0
    length = checkedProduct(sizes[axis...]) ?? 0
  }

  func range(_ row: Int) -> Range<Int> { (row * length)..<((row + 1) * length) }
}

extension RealElements {
  /// Multiplies by an operand and adds another, both stretched to this shape.
  fileprivate mutating func scale(
    _ context: EvaluationContext,
    by factor: Int,
    plus summand: Int?
  ) throws(OperatorError) {
    if context.hasInput(factor) {
      let factors = try stretched(context, factor)
      for index in values.indices { values[index] *= factors[index] }
    }
    guard let summand, context.hasInput(summand) else { return }
    let summands = try stretched(context, summand)
    for index in values.indices { values[index] += summands[index] }
  }

  private func stretched(
    _ context: EvaluationContext,
    _ index: Int
  ) throws(OperatorError) -> [Double] {
    let operand = try context.reals(index)
    let shape = try Broadcasting.shape([.fixed(operand.sizes), .fixed(sizes)])
    guard shape.sizes == sizes else {
      throw .invalid("operand \(index) does not broadcast to \(Shape.fixed(sizes))")
    }
    if operand.sizes == sizes || values.isEmpty { return operand.values }
    return Broadcasting.offsets(of: operand.sizes, in: sizes).map { operand.values[$0] }
  }
}
