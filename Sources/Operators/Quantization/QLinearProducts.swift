import ModelIR

extension OperatorDefinition {
  /// Convolution of quantized operands with a quantized result.
  ///
  /// Operands x, scale, zero point, filter, scale (one, or one a channel), zero point, scale and zero
  /// point of the result, bias? (32-bit integers at the product of both scales).
  /// Source: ONNX QLinearConv-10.
  static let qLinearConvolution = OperatorDefinition(
    "qLinearConvolution",
    "Convolution of quantized operands with a quantized result.",
    family: .convolution,
    inputs: 8...9,
    inferTypes: { (context) throws(OperatorError) in
      let result = try ConvolutionShapes.infer(context, .convolution, filterOperand: 3)
      let input = try context.input(0).element
      let element = context.optionalInput(7)?.element ?? input
      return [TensorType(element, result.shape)]
    },
    // The sums, then a product and a rounded addition for each.
    cost: CostRule { context in
      var cost = CostRule.convolution(.convolution, filterOperand: 3, biasOperand: 8)(context)
      let scaling = OperatorCost.times(context.outputElements(), otherOperations: 2)
      cost.otherOperations = cost.otherOperations &+ scaling.otherOperations
      return cost
    },
    evaluate: { (context) throws(OperatorError) in [try evaluateQLinearConvolution(context)] }
  )

  /// Matrix product of quantized operands with a quantized result.
  ///
  /// Operands a, scale, zero point, b, scale, zero point, scale and zero point of the result.
  /// Source: ONNX QLinearMatMul-21.
  static let qLinearMatMul = OperatorDefinition(
    "qLinearMatMul",
    "Matrix product of quantized operands with a quantized result.",
    family: .matrixProduct,
    inputs: 8...8,
    inferTypes: { (context) throws(OperatorError) in
      let shape = try MatrixProduct.shape(
        try context.input(0).shape,
        try context.input(3).shape
      )
      let input = try context.input(0).element
      let element = context.optionalInput(7)?.element ?? input
      return [TensorType(element, shape)]
    },
    cost: CostRule { $0.matrixProductCost(0, 3, otherOperations: 2) },
    evaluate: { (context) throws(OperatorError) in
      let sums = try integerProduct(context, right: 3, leftZero: 2, rightZero: 5)
      let columns = try context.input(3).rank > 1 ? sums.sizes.last ?? 1 : 1
      let rows = try context.input(0).rank > 1 ? sums.sizes.dropLast().last ?? 1 : 1
      return [
        try QLinearResult(context, left: 1, right: 4, result: 6)
          .store(sums, rows: rows, columns: columns)
      ]
    }
  )
}

/// The scales of a quantized product, and how its sums are stored.
struct QLinearResult {
  private let left: [Double]
  private let right: [Double]
  private let scale: Double
  private let zeroPoint: Int64
  private let type: ElementType
  /// Scales in half precision are multiplied in half precision.
  private let precision: ElementType

  /// - Parameters:
  ///   - context: The node.
  ///   - left: The position of the left operand's scale.
  ///   - right: The position of the right operand's scale.
  ///   - result: The position of the result's scale; its zero point follows.
  /// - Throws: where a scale is missing or no number.
  init(
    _ context: EvaluationContext,
    left: Int,
    right: Int,
    result: Int
  ) throws(OperatorError) {
    let scaleOperand = try context.input(left)
    precision = scaleOperand.type
    self.left = try OperandValues.doubles(scaleOperand)
    self.right = try OperandValues.doubles(try context.input(right))
    guard let scale = try OperandValues.doubles(try context.input(result)).first,
      !self.left.isEmpty, !self.right.isEmpty
    else { throw .invalid("a scale is empty") }
    self.scale = scale
    let zero = context.optionalInput(result + 1)
    zeroPoint =
      try zero.map { (zero) throws(OperatorError) in try OperandValues.integers(zero) }?.first ?? 0
    let inputType = try context.input(0).type
    type = zero?.type ?? inputType
  }

  private func factor(_ row: Int, _ column: Int) -> Double {
    let a = Float(left[left.count == 1 ? 0 : row])
    let b = Float(right[right.count == 1 ? 0 : column])
    let narrow = precision == .float64 ? .float32 : precision
    let product = NarrowFloat.round(a * b, to: narrow)
    return Double(NarrowFloat.round(product / Float(scale), to: narrow))
  }

  /// Scales, rounds half to even and bounds the sums of a matrix product.
  func store(_ sums: Tensor, rows: Int, columns: Int) throws(OperatorError) -> Tensor {
    guard left.count == 1 || left.count == rows, right.count == 1 || right.count == columns else {
      throw .invalid("\(left.count) and \(right.count) scales for a product of \(rows)×\(columns)")
    }
    return try store(sums) { index in
      (columns == 0 ? 0 : index / columns % max(rows, 1), columns == 0 ? 0 : index % columns)
    }
  }

  /// The same for sums whose channels are on an axis.
  func store(_ sums: Tensor, channelAxis: Int) throws(OperatorError) -> Tensor {
    let inner = checkedProduct(sums.sizes[(channelAxis + 1)...]) ?? 0
    let channels = sums.sizes[channelAxis]
    guard left.count == 1, right.count == 1 || right.count == channels else {
      throw .invalid("\(right.count) scales for \(channels) channels")
    }
    return try store(sums) { index in (0, index / inner % channels) }
  }

  private func store(
    _ sums: Tensor,
    _ place: (Int) -> (row: Int, column: Int)
  ) throws(OperatorError) -> Tensor {
    let range = FixedPoint.range(of: type)
    let values = try OperandValues.integers(sums).enumerated().map { index, sum in
      let (row, column) = place(index)
      let steps = RoundedInteger.nearest(
        Double(sum) * factor(row, column),
        .toNearestOrEven,
        in: RoundedInteger.int32
      )
      return min(max(steps + zeroPoint, Int64(range.lowerBound)), Int64(range.upperBound))
    }
    return Tensor(type: type, sizes: sums.sizes, elements: .integers(values))
  }
}

private func evaluateQLinearConvolution(
  _ context: EvaluationContext
) throws(OperatorError) -> Tensor {
  let filter = try context.input(3)
  let layout = try FilterLayout(context.attributes, default: "oihw", rank: filter.rank)
  let operands: [Tensor?] = [
    try CentredOperand.make(try context.input(0), zeroPoint: context.optionalInput(2), axis: 0),
    try CentredOperand.make(filter, zeroPoint: context.optionalInput(5), axis: layout.output),
    context.optionalInput(8),
  ]
  let sums = try evaluateConvolution(context.replacing(operands), .convolution)
  let channelAxis = try DataLayout(context.attributes).channelAxis(rank: sums.rank)
  return try QLinearResult(context, left: 1, right: 4, result: 6)
    .store(sums, channelAxis: channelAxis)
}
