import ModelIR

extension OperatorDefinition {
  /// Real numbers made integers or narrow floats: `q = saturate(round(x / scale) + zeroPoint)`.
  ///
  /// With a scale operand, ties go to even (ONNX QuantizeLinear-25). Without one, scale and zero
  /// point are those of the result and ties go away from zero; integers are requantized with a
  /// fixed-point factor (LiteRT `tflite/kernels/quantize.cc`).
  static let quantize = OperatorDefinition(
    "quantize",
    "Real numbers as scaled integers.",
    family: .quantization,
    inputs: 1...3,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let stated = context.statedOutputs.first.flatMap { $0?.element }
      let attribute = try context.attributes.type("outputType")
      let element =
        context.optionalInput(2)?.element ?? attribute
        ?? (context.hasInput(1) ? .uint8 : stated ?? .int8)
      return [TensorType(element, input.shape)]
    },
    // A division (or product) and a rounded, bounded addition.
    cost: .perOutputElement(otherOperations: 2),
    evaluate: { (context) throws(OperatorError) in
      [
        context.hasInput(1) ? try quantizeByOperand(context) : try quantizeByResult(context)
      ]
    }
  )

  /// Scaled integers made real numbers: `x = (q − zeroPoint) · scale`.
  ///
  /// Sources: ONNX DequantizeLinear-25; LiteRT `tflite/kernels/dequantize.h` (without a scale
  /// operand; the product is in double precision where one scale is for all).
  static let dequantize = OperatorDefinition(
    "dequantize",
    "Scaled integers as real numbers.",
    family: .quantization,
    inputs: 1...3,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let attribute = try context.attributes.type("outputType")
      let element = attribute ?? context.optionalInput(1)?.element ?? .float32
      return [TensorType(element, input.shape)]
    },
    // A subtraction and a product.
    cost: .perOutputElement(otherOperations: 2),
    evaluate: { (context) throws(OperatorError) in
      [
        context.hasInput(1) ? try dequantizeByOperand(context) : try dequantizeByOrigin(context)
      ]
    }
  )

  /// A constant that the file keeps sparsely, made dense; loaders have done so already.
  ///
  /// Source: LiteRT `tflite/kernels/densify.cc`.
  static let densify = OperatorDefinition(
    "densify",
    "A sparsely stored constant as a dense tensor.",
    family: .movement,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in [try context.input(0)] }
  )
}

// MARK: - Scales as operands

private func grid(
  _ context: EvaluationContext,
  _ sizes: [Int]
) throws(OperatorError) -> ScaleGrid {
  let scale = try context.input(1)
  let grid = try ScaleGrid(
    scales: scale.sizes,
    tensor: sizes,
    axis: try context.attributes.int("axis", default: 1),
    blockSize: try context.attributes.int("blockSize", default: 0)
  )
  if let zeroPoint = context.optionalInput(2), zeroPoint.count != grid.count {
    throw .invalid("\(zeroPoint.count) zero points for \(grid.count) scales")
  }
  return grid
}

private func quantizeByOperand(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let input = try context.input(0)
  let grid = try grid(context, input.sizes)
  let scales = try OperandValues.doubles(try context.input(1)).map { Float($0) }
  let zeroPoints = try context.optionalInput(2).map { (zero) throws(OperatorError) in
    try OperandValues.doubles(zero)
  }
  let attribute = try context.attributes.type("outputType")
  let type = context.optionalInput(2)?.type ?? attribute ?? context.outputElement(0) ?? .uint8
  // The quotient has the operands' own precision (or the one that `precision` names).
  let scaleType = try context.input(1).type
  let narrow = input.type.isFloat && scaleType == input.type ? input.type : .float32
  let precision = try context.attributes.type("precision") ?? narrow
  var quotients: [Float] = []
  quotients.reserveCapacity(input.count)
  for (index, value) in try OperandValues.doubles(input).enumerated() {
    let quotient = Float(value) / scales[grid(index)]
    quotients.append(NarrowFloat.round(quotient, to: precision == .float64 ? .float32 : precision))
  }
  if type.isFloat {
    let saturates = try context.attributes.bool("saturate", default: true)
    let values = quotients.map {
      NarrowFloat.decode(NarrowFloat.encode($0, as: type, saturates: saturates), as: type)
    }
    return Tensor(type: type, sizes: input.sizes, elements: .floats(values))
  }
  let range = FixedPoint.range(of: type)
  var values: [Int64] = []
  values.reserveCapacity(quotients.count)
  for (index, quotient) in quotients.enumerated() {
    let rounded = RoundedInteger.nearest(quotient, .toNearestOrEven, in: RoundedInteger.int32)
    let zeroPoint = Int64(zeroPoints?[grid(index)] ?? 0)
    values.append(min(max(rounded + zeroPoint, Int64(range.lowerBound)), Int64(range.upperBound)))
  }
  return Tensor(type: type, sizes: input.sizes, elements: .integers(values))
}

private func dequantizeByOperand(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let input = try context.input(0)
  let grid = try grid(context, input.sizes)
  let scale = try context.input(1)
  let type = try context.attributes.type("outputType") ?? scale.type
  let scales = try OperandValues.doubles(scale).map { Float($0) }
  let zeroPoints = try context.optionalInput(2).map { (zero) throws(OperatorError) in
    try OperandValues.doubles(zero).map { Float($0) }
  }
  var values: [Float] = []
  values.reserveCapacity(input.count)
  for (index, value) in try OperandValues.doubles(input).enumerated() {
    let place = grid(index)
    values.append((Float(value) - (zeroPoints?[place] ?? 0)) * scales[place])
  }
  if type == .float64 {
    return Tensor(type: type, sizes: input.sizes, elements: .doubles(values.map(Double.init)))
  }
  return Tensor(type: type, sizes: input.sizes, elements: .floats(values)).normalized()
}

// MARK: - Scales of the tensors themselves

private func quantizeByResult(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let input = try context.input(0)
  guard let result = context.quantization(ofOutput: 0), let scale = result.scales.first else {
    throw .invalid("the result has no scale")
  }
  let type = context.outputElement(0) ?? .int8
  let range = FixedPoint.range(of: type)
  func bounded(_ value: Int64) -> Int64 {
    min(max(value, Int64(range.lowerBound)), Int64(range.upperBound))
  }
  var stored = Tensor(type: type, sizes: input.sizes, elements: .integers([]))
  if case .integers(let values) = input.elements {
    guard let origin = context.quantization(ofInput: 0), let from = origin.scales.first else {
      throw .invalid("the operand has no scale")
    }
    let factor = FixedPoint.quantizedMultiplier(Double(from) / Double(scale))
    stored.elements = .integers(
      values.map { value in
        let difference = Int32(truncatingIfNeeded: value &- Int64(origin.zeroPoint(0)))
        return bounded(
          Int64(FixedPoint.multiply(difference, by: factor)) &+ Int64(result.zeroPoint(0))
        )
      }
    )
    return stored
  }
  let grid = try ScaleGrid(result, tensor: input.sizes)
  var integers: [Int64] = []
  integers.reserveCapacity(input.count)
  for (index, value) in try OperandValues.doubles(input).enumerated() {
    let place = grid(index)
    let steps = RoundedInteger.nearest(
      Float(value) / result.scales[place],
      .toNearestOrAwayFromZero,
      in: RoundedInteger.int32
    )
    integers.append(bounded(steps &+ Int64(result.zeroPoint(place))))
  }
  stored.elements = .integers(integers)
  return stored
}

private func dequantizeByOrigin(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let input = try context.input(0)
  // Half-precision weights: their values are what they say.
  if case .floats(let values) = input.elements {
    return Tensor(input.sizes, floats: values)
  }
  guard let origin = context.quantization(ofInput: 0) else {
    throw .invalid("the operand has no scale")
  }
  let grid = try ScaleGrid(origin, tensor: input.sizes)
  var values: [Float] = []
  values.reserveCapacity(input.count)
  for (index, value) in try OperandValues.integers(input).enumerated() {
    let place = grid(index)
    let difference = value &- Int64(origin.zeroPoint(place))
    if grid.count == 1 {
      values.append(Float(Double(origin.scales[0]) * Double(difference)))
    } else {
      values.append(origin.scales[place] * Float(difference))
    }
  }
  return Tensor(input.sizes, floats: values)
}
