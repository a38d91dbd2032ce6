import ModelIR

extension OperatorDefinition {
  /// Matrix product of the last two axes; the axes before them broadcast.
  ///
  /// Sources: ONNX MatMul-13; LiteRT `tflite/kernels/batch_matmul.cc` and
  /// `internal/reference/batch_matmul.h` for quantized operands.
  static let matMul = OperatorDefinition(
    "matMul",
    "Matrix product over the last two axes.",
    family: .matrixProduct,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in
      let left = try context.input(0)
      let shape = try MatrixProduct.shape(
        left.shape,
        try context.input(1).shape,
        transposeA: try context.attributes.bool("transposeA"),
        transposeB: try context.attributes.bool("transposeB")
      )
      // TFLite's product of 8-bit integers may be kept as 32-bit sums: only the file tells.
      let stated = context.statedOutputs.first.flatMap { $0?.element }
      return [TensorType(left.element.isInteger ? stated ?? left.element : left.element, shape)]
    },
    cost: CostRule { $0.matrixProductCost() },
    evaluate: { (context) throws(OperatorError) in [try evaluateMatMul(context)] }
  )
}

private func evaluateMatMul(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let left = try context.input(0)
  let right = try context.input(1)
  let product = try MatrixProduct(
    left.sizes,
    right.sizes,
    transposeA: try context.attributes.bool("transposeA"),
    transposeB: try context.attributes.bool("transposeB")
  )
  var result = Tensor(type: left.type, sizes: product.sizes, elements: .integers([]))
  switch try OperandValues.pair(left, right) {
  case .floats(let a, let b): result.elements = .floats(product(a, b))
  case .doubles(let a, let b): result.elements = .doubles(product(a, b))
  case .hybrid(let a, let b):
    result.elements = .floats(try hybridProduct(context, product, a, b))
  case .integers(let a, let b):
    let stated = context.outputElement(0) ?? left.type
    guard context.quantization(ofInput: 0) != nil, stated != .int32 else {
      result.type = stated
      result.elements = .integers(product(a, b))
      return result.normalized()
    }
    let epilogue = try QuantizedEpilogue(
      context,
      bias: nil,
      channels: 1,
      kernel: .matrixProduct
    )
    let sums = product(
      a.map { $0 &- epilogue.inputZeroPoint },
      b.map { $0 &- epilogue.filterZeroPoint }
    )
    result.type = epilogue.outputType
    result.elements = .integers(sums.map { epilogue($0, channel: 0) })
  }
  return result.normalized()
}

/// Real rows by an integer matrix: each row of the left operand is quantized by itself.
private func hybridProduct(
  _ context: EvaluationContext,
  _ product: MatrixProduct,
  _ left: [Float],
  _ right: [Int64]
) throws(OperatorError) -> [Float] {
  guard let scales = context.quantization(ofInput: 1)?.scales, let first = scales.first,
    scales.count == 1 || scales.count == product.columns
  else { throw .invalid("the integer operand has no scale, or not one a column") }
  let rows = product.leftRows(left)
  let stored = HybridQuantization(
    rows,
    rows: checkedProduct(try leftSizes(context, product).dropLast()) ?? 0,
    width: product.inner,
    asymmetric: try context.attributes.bool("asymmetricQuantizeInputs")
  )
  let plain = try MatrixProduct(
    leftSizes(context, product),
    try context.input(1).sizes,
    transposeB: try context.attributes.bool("transposeB")
  )
  let sums = plain(stored.values, right)
  let columnSums = plain([Int64](repeating: 1, count: stored.values.count), right)
  let leftOffsets = plain.offsets().left
  var result: [Float] = []
  result.reserveCapacity(sums.count)
  for (index, sum) in sums.enumerated() {
    let column = index % max(plain.columns, 1)
    let row = index / max(plain.columns, 1)
    let source = leftOffsets[row / plain.rows] * plain.rows + row % plain.rows
    // The kernel subtracts in single precision.
    let shift = Float(columnSums[index]) * Float(stored.offsets[source])
    let total = Float(
      RoundedInteger.nearest(Float(sum) - shift, .towardZero, in: RoundedInteger.int32)
    )
    let scale = stored.scales[source] * (scales.count == 1 ? first : scales[column])
    result.append(scale * total)
  }
  return result
}

/// The left operand's extents once its rows are along the last axis.
private func leftSizes(
  _ context: EvaluationContext,
  _ product: MatrixProduct
) throws(OperatorError) -> [Int] {
  let sizes = try context.input(0).sizes
  return sizes.count < 2 ? [1, product.inner] : sizes.dropLast(2) + [product.rows, product.inner]
}
