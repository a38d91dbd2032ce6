import ModelIR

/// Operands of products in integers, their zero points taken away.
enum CentredOperand {
  /// Subtracts zero points: one for all, or one for each slice along an axis.
  static func make(
    _ tensor: Tensor,
    zeroPoint: Tensor?,
    axis: Int
  ) throws(OperatorError) -> Tensor {
    let values = try OperandValues.integers(tensor)
    var centred = Tensor(type: .int32, sizes: tensor.sizes, elements: .integers(values))
    guard let zeroPoint else { return centred }
    let zeros = try OperandValues.integers(zeroPoint)
    // Zero points a row of stacked matrices are [..., rows, 1]; the last axis says nothing.
    let sizes = zeroPoint.rank > 1 ? [zeros.count] : zeroPoint.sizes
    let grid = try ScaleGrid(scales: sizes, tensor: tensor.sizes, axis: axis, blockSize: 0)
    centred.elements = .integers(
      values.enumerated().map { index, value in value &- zeros[grid(index)] }
    )
    return centred
  }

  /// The axis of a matrix operand's rows or columns; a vector has only one axis.
  static func axis(_ tensor: Tensor, rows: Bool) -> Int {
    rows ? max(tensor.rank - 2, 0) : max(tensor.rank - 1, 0)
  }
}

extension OperatorDefinition {
  /// Matrix product of 8-bit integers in 32-bit sums: `(A − zeroA) · (B − zeroB)`.
  ///
  /// Operands a, b, zero point of a? (one, or one a row), zero point of b? (one, or one a column).
  /// Source: ONNX MatMulInteger-10.
  static let matMulInteger = OperatorDefinition(
    "matMulInteger",
    "Matrix product of integers in 32-bit sums.",
    family: .matrixProduct,
    inputs: 2...4,
    inferTypes: { (context) throws(OperatorError) in
      let shape = try MatrixProduct.shape(
        try context.input(0).shape,
        try context.input(1).shape
      )
      return [TensorType(.int32, shape)]
    },
    cost: CostRule { $0.matrixProductCost() },
    evaluate: { (context) throws(OperatorError) in
      [try integerProduct(context, right: 1, leftZero: 2, rightZero: 3)]
    }
  )

  /// Convolution of 8-bit integers in 32-bit sums.
  ///
  /// Operands x, filter, zero point of x?, zero point of the filter? (one, or one a channel).
  /// Source: ONNX ConvInteger-10.
  static let convolutionInteger = OperatorDefinition(
    "convolutionInteger",
    "Convolution of integers in 32-bit sums.",
    family: .convolution,
    inputs: 2...4,
    inferTypes: { (context) throws(OperatorError) in
      let result = try ConvolutionShapes.infer(context, .convolution)
      return [TensorType(.int32, result.shape)]
    },
    cost: .convolution(.convolution, biasOperand: 4),
    evaluate: { (context) throws(OperatorError) in
      let filter = try context.input(1)
      let layout = try FilterLayout(context.attributes, default: "oihw", rank: filter.rank)
      let operands: [Tensor?] = [
        try CentredOperand.make(
          try context.input(0),
          zeroPoint: context.optionalInput(2),
          axis: 0
        ),
        try CentredOperand.make(filter, zeroPoint: context.optionalInput(3), axis: layout.output),
      ]
      return [try evaluateConvolution(context.replacing(operands), .convolution)]
    }
  )
}

/// The product of two centred integer operands.
func integerProduct(
  _ context: EvaluationContext,
  right: Int,
  leftZero: Int,
  rightZero: Int
) throws(OperatorError) -> Tensor {
  let a = try context.input(0)
  let b = try context.input(right)
  let left = try CentredOperand.make(
    a,
    zeroPoint: context.optionalInput(leftZero),
    axis: CentredOperand.axis(a, rows: true)
  )
  let second = try CentredOperand.make(
    b,
    zeroPoint: context.optionalInput(rightZero),
    axis: CentredOperand.axis(b, rows: false)
  )
  let product = try MatrixProduct(left.sizes, second.sizes)
  let sums = product(try OperandValues.integers(left), try OperandValues.integers(second))
  return Tensor(type: .int32, sizes: product.sizes, elements: .integers(sums)).normalized()
}

extension EvaluationContext {
  /// The same attributes over other operands, which are not quantized.
  func replacing(_ inputs: [Tensor?]) -> EvaluationContext {
    EvaluationContext(
      attributes: attributes.attributes,
      sourceVersion: sourceVersion,
      inputs: inputs,
      seed: seed
    )
  }
}
