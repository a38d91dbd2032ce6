import ModelIR

extension OperatorDefinition {
  /// General matrix product: `alpha · A' · B' + beta · C`, where C broadcasts to the product.
  ///
  /// Source: ONNX Gemm-13.
  static let gemm = OperatorDefinition(
    "gemm",
    "A scaled product of two matrices plus a scaled third.",
    family: .matrixProduct,
    inputs: 2...3,
    inferTypes: { (context) throws(OperatorError) in
      let left = try context.input(0)
      let right = try context.input(1)
      for type in [left, right] {
        guard (type.shape.rank ?? 2) == 2 else {
          throw .invalid("an operand of shape \(type.shape); a matrix is needed")
        }
      }
      let transposeA = try context.attributes.bool("transposeA")
      let transposeB = try context.attributes.bool("transposeB")
      let shape = try MatrixProduct.shape(
        left.shape.rank == nil ? .ranked([.unknown, .unknown]) : left.shape,
        right.shape.rank == nil ? .ranked([.unknown, .unknown]) : right.shape,
        transposeA: transposeA,
        transposeB: transposeB
      )
      return [left.with(shape)]
    },
    // M·N·K; a factor that is not 1 and the addition of C are one operation an element each.
    cost: CostRule { context in
      let attributes = context.node.attributes
      let alpha = (try? attributes.float("alpha", default: 1)) ?? 1
      let beta = (try? attributes.float("beta", default: 1)) ?? 1
      let addition = context.node.hasInput(2) ? (beta == 1 ? 1 : 2) : 0
      return context.matrixProductCost(otherOperations: (alpha == 1 ? 0 : 1) + addition)
    },
    evaluate: { (context) throws(OperatorError) in [try evaluateGemm(context)] }
  )
}

private func evaluateGemm(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let left = try context.input(0)
  let right = try context.input(1)
  guard left.rank == 2, right.rank == 2 else { throw .invalid("an operand is not a matrix") }
  let product = try MatrixProduct(
    left.sizes,
    right.sizes,
    transposeA: try context.attributes.bool("transposeA"),
    transposeB: try context.attributes.bool("transposeB")
  )
  let alpha = try context.attributes.float("alpha", default: 1)
  let beta = try context.attributes.float("beta", default: 1)
  let addend = context.optionalInput(2)
  var offsets: [Int] = []
  if let addend {
    guard
      try Broadcasting.shape([.fixed(addend.sizes), .fixed(product.sizes)]).sizes
        == product.sizes
    else { throw .invalid("C of shape \(Shape.fixed(addend.sizes)) does not broadcast") }
    offsets = Broadcasting.offsets(of: addend.sizes, in: product.sizes)
  }
  var result = Tensor(type: left.type, sizes: product.sizes, elements: .integers([]))
  switch try OperandValues.pair(left, right) {
  case .floats(let a, let b):
    let c = try addend.map { (c) throws(OperatorError) in try OperandValues.floats(c) }
    let (scale, weight) = (Float(alpha), Float(beta))
    result.elements = .floats(
      product(a, b).enumerated().map { index, sum in
        scale * sum + (c.map { weight * $0[offsets[index]] } ?? 0)
      }
    )
  case .doubles(let a, let b):
    let c = try addend.map { (c) throws(OperatorError) in try OperandValues.doubles(c) }
    result.elements = .doubles(
      product(a, b).enumerated().map { index, sum in
        alpha * sum + (c.map { beta * $0[offsets[index]] } ?? 0)
      }
    )
  case .integers(let a, let b):
    let c = try addend.map { (c) throws(OperatorError) in try OperandValues.integers(c) }
    result.elements = .integers(
      product(a, b).enumerated().map { index, sum in
        scaled(sum, alpha) &+ (c.map { scaled($0[offsets[index]], beta) } ?? 0)
      }
    )
  case .hybrid: throw .invalid("operands of \(left.type) and \(right.type) are not multiplied")
  }
  return result.normalized()
}

/// An integer times a real factor, cut toward zero where the factor is not 1.
private func scaled(_ value: Int64, _ factor: Double) -> Int64 {
  factor == 1
    ? value : RoundedInteger.nearest(Double(value) * factor, .towardZero, in: Int.min...Int.max)
}
