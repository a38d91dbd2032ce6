import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A quantized operand or result of onnxruntime's QLinear operators: one scale, one zero point.
struct QLinearValue {
  let scale: Float
  let zeroPoint: Int64

  /// Reads the operands at `scale` and after it.
  init(_ context: EvaluationContext, scale: Int) throws(OperatorError) {
    guard let value = try OperandValues.doubles(try context.input(scale)).first else {
      throw .invalid("operand \(scale) is an empty scale")
    }
    self.scale = Float(value)
    let zero = try context.optionalInput(scale + 1).map { (zero) throws(OperatorError) in
      try OperandValues.integers(zero)
    }
    zeroPoint = zero?.first ?? 0
  }

  /// The real numbers that integers stand for.
  func dequantize(_ tensor: Tensor) throws(OperatorError) -> [Float] {
    try OperandValues.integers(tensor).map { Float($0 &- zeroPoint) * scale }
  }

  /// Integers for real numbers, ties to even.
  func quantize(_ values: [Float], _ type: ElementType, _ sizes: [Int]) -> Tensor {
    let range = FixedPoint.range(of: type)
    let stored = values.map { value in
      let steps = RoundedInteger.nearest(value / scale, .toNearestOrEven, in: RoundedInteger.int32)
      return min(max(steps &+ zeroPoint, Int64(range.lowerBound)), Int64(range.upperBound))
    }
    return Tensor(type: type, sizes: sizes, elements: .integers(stored))
  }
}

extension OperatorDefinition {
  /// Sum of two quantized tensors with a quantized result.
  ///
  /// Operands a, scale, zero point, b, scale, zero point, scale and zero point of the result. Source:
  /// onnxruntime `docs/ContribOperators.md`, com.microsoft.QLinearAdd.
  static let qLinearAdd = qLinearBinary("qLinearAdd", "Sum of quantized tensors.") { $0 + $1 }

  /// Product of two quantized tensors with a quantized result; operands as of `qLinearAdd`.
  ///
  /// Source: onnxruntime `docs/ContribOperators.md`, com.microsoft.QLinearMul.
  static let qLinearMul = qLinearBinary("qLinearMul", "Product of quantized tensors.") { $0 * $1 }

  /// Logistic function of a quantized tensor.
  ///
  /// Operands x, scale, zero point, scale and zero point of the result. Source: onnxruntime
  /// `docs/ContribOperators.md`, com.microsoft.QLinearSigmoid.
  static let qLinearSigmoid = qLinearUnary("qLinearSigmoid", "Sigmoid of a quantized tensor.") {
    (_) throws(OperatorError) in { 1 / (1 + expf(-$0)) }
  }

  /// Leaky rectified linear unit of a quantized tensor; operands as of `qLinearSigmoid`.
  ///
  /// Source: onnxruntime `docs/ContribOperators.md`, com.microsoft.QLinearLeakyRelu.
  static let qLinearLeakyRelu = qLinearUnary(
    "qLinearLeakyRelu",
    "Leaky rectified linear unit of a quantized tensor."
  ) { (attributes) throws(OperatorError) in
    let alpha = Float(try attributes.float("alpha", default: 0.01))
    return { $0 < 0 ? alpha * $0 : $0 }
  }

  /// Softmax of a quantized tensor along `axis`; operands as of `qLinearSigmoid`.
  ///
  /// For operator sets before 13 the axes from `axis` on are one. Source: onnxruntime
  /// `docs/ContribOperators.md`, com.microsoft.QLinearSoftmax.
  static let qLinearSoftmax = OperatorDefinition(
    "qLinearSoftmax",
    "Softmax of a quantized tensor.",
    family: .activation,
    inputs: 4...5,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    // Reading, a softmax of five operations, and storing.
    cost: .perOutputElement(otherOperations: 9),
    evaluate: { (context) throws(OperatorError) in [try evaluateQLinearSoftmax(context)] }
  )

  /// Quantized tensors put behind one another along an axis, brought to one scale.
  ///
  /// Operands: scale and zero point of the result, then a tensor, its scale and zero point each.
  /// Source: onnxruntime `docs/ContribOperators.md`, com.microsoft.QLinearConcat.
  static let qLinearConcat = OperatorDefinition(
    "qLinearConcat",
    "Quantized tensors joined along an axis at one scale.",
    family: .movement,
    inputs: .atLeast(5),
    inferTypes: { (context) throws(OperatorError) in [try qLinearConcatType(context)] },
    cost: .perOutputElement(otherOperations: 4),
    evaluate: { (context) throws(OperatorError) in [try evaluateQLinearConcat(context)] }
  )

  private static func qLinearBinary(
    _ name: String,
    _ summary: String,
    _ function: @escaping @Sendable (Float, Float) -> Float
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .arithmetic,
      inputs: 7...8,
      inferTypes: { (context) throws(OperatorError) in
        let left = try context.input(0)
        return [left.with(try Broadcasting.shape([left.shape, try context.input(3).shape]))]
      },
      // Reading two operands, the function, and storing.
      cost: .perOutputElement(otherOperations: 7),
      evaluate: { (context) throws(OperatorError) in
        let (a, b) = (try context.input(0), try context.input(3))
        let shape = try Broadcasting.shape([.fixed(a.sizes), .fixed(b.sizes)])
        guard let sizes = shape.sizes else { throw .invalid("the operands do not broadcast") }
        _ = try OperandValues.count(sizes)
        let left = try QLinearValue(context, scale: 1).dequantize(a)
        let right = try QLinearValue(context, scale: 4).dequantize(b)
        let places = zip(
          Broadcasting.offsets(of: a.sizes, in: sizes),
          Broadcasting.offsets(of: b.sizes, in: sizes)
        )
        let values = places.map { function(left[$0], right[$1]) }
        return [try QLinearValue(context, scale: 6).quantize(values, a.type, sizes)]
      }
    )
  }

  private static func qLinearUnary(
    _ name: String,
    _ summary: String,
    _ make:
      @escaping @Sendable (AttributeReader) throws(OperatorError) -> (
        @Sendable (Float) -> Float
      )
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .activation,
      inputs: 4...5,
      inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
      // Reading, the function, and storing.
      cost: .perOutputElement(otherOperations: 5),
      evaluate: { (context) throws(OperatorError) in
        let input = try context.input(0)
        let function = try make(context.attributes)
        let values = try QLinearValue(context, scale: 1).dequantize(input).map(function)
        return [try QLinearValue(context, scale: 3).quantize(values, input.type, input.sizes)]
      }
    )
  }
}

private func evaluateQLinearSoftmax(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let input = try context.input(0)
  let axis = try Axes.normalize(
    try context.attributes.int("axis", default: -1),
    rank: input.rank
  )
  let isFlattened = try context.attributes.int("opset", default: 13) < 13
  let extent =
    isFlattened ? checkedProduct(input.sizes[axis...]) ?? 0 : input.sizes[axis]
  let inner = isFlattened ? 1 : checkedProduct(input.sizes[(axis + 1)...]) ?? 0
  var values = try QLinearValue(context, scale: 1).dequantize(input)
  let block = extent * inner
  for outer in 0..<(block == 0 ? 0 : values.count / block) {
    for column in 0..<inner {
      let places = (0..<extent).map { outer * block + $0 * inner + column }
      let greatest = places.map { values[$0] }.max() ?? 0
      let powers = places.map { expf(values[$0] - greatest) }
      let total = powers.reduce(0, +)
      for (place, power) in zip(places, powers) { values[place] = power / total }
    }
  }
  return try QLinearValue(context, scale: 3).quantize(values, input.type, input.sizes)
}

private func qLinearConcatType(_ context: OperatorContext) throws(OperatorError) -> TensorType {
  let first = try context.input(2)
  guard context.inputCount % 3 == 2 else {
    throw .invalid("\(context.inputCount) operands are no scale, zero point and triples")
  }
  guard let rank = first.shape.rank else { return first.with(.unknownRank) }
  let axis = try Axes.normalize(try context.attributes.int("axis", default: 1), rank: rank)
  var result = Array(repeating: Dimension.fixed(1), count: rank)
  var extent: Int? = 0
  for operand in stride(from: 2, to: context.inputCount, by: 3) {
    let shape = try context.input(operand).shape
    guard var dimensions = shape.dimensions else { return first.with(.unknownRank) }
    guard dimensions.count == rank else { throw .invalid("operand \(operand) has shape \(shape)") }
    if let size = dimensions[axis].size, let sum = extent {
      let (next, overflow) = sum.addingReportingOverflow(size)
      extent = overflow ? nil : next
    } else {
      extent = nil
    }
    dimensions[axis] = .fixed(1)
    result = try Broadcasting.shape([.ranked(result), .ranked(dimensions)]).dimensions ?? result
  }
  result[axis] = extent.map(Dimension.fixed) ?? .unknown
  return first.with(.ranked(result))
}

private func evaluateQLinearConcat(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let type = try qLinearConcatType(context.operatorContext)
  guard let sizes = type.shape.sizes else { throw .invalid("the shapes are not known") }
  _ = try OperandValues.count(sizes)
  let axis = try Axes.normalize(
    try context.attributes.int("axis", default: 1),
    rank: sizes.count
  )
  let outer = checkedProduct(sizes[..<axis]) ?? 0
  var parts: [(values: [Float], block: Int)] = []
  for operand in stride(from: 2, to: context.inputs.count, by: 3) {
    let tensor = try context.input(operand)
    for (position, size) in tensor.sizes.enumerated() where position != axis {
      guard size == sizes[position] else {
        throw .invalid("operand \(operand) has shape \(Shape.fixed(tensor.sizes))")
      }
    }
    let values = try QLinearValue(context, scale: operand + 1).dequantize(tensor)
    parts.append((values, outer == 0 ? 0 : values.count / outer))
  }
  var joined: [Float] = []
  for row in 0..<outer {
    for part in parts { joined += part.values[(row * part.block)..<((row + 1) * part.block)] }
  }
  return try QLinearValue(context, scale: 0).quantize(joined, type.element, sizes)
}
