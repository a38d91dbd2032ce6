import ModelIR

/// The arithmetic of two quantized operands in TensorFlow Lite's reference kernels.
///
/// Sources: LiteRT `tflite/kernels/` `add.cc`, `sub.cc`, `mul.cc`, `div.cc`,
/// `squared_difference.cc`, and the functions of those names in `internal/reference/`.
enum QuantizedBinary {
  /// Both operands are brought to twice the greater scale, shifted left, added, and scaled back.
  static let add: OperatorDefinition.QuantizedEvaluation = { (context) throws(OperatorError) in
    if let result = try powerOfTwoSum(context, subtracts: false) { return result }
    return try sum(context) { $0 &+ $1 }
  }

  /// As `add`.
  static let sub: OperatorDefinition.QuantizedEvaluation = { (context) throws(OperatorError) in
    if let result = try powerOfTwoSum(context, subtracts: true) { return result }
    return try sum(context) { $0 &- $1 }
  }

  private static func sum(
    _ context: EvaluationContext,
    _ combine: (Int32, Int32) -> Int32
  ) throws(OperatorError) -> Tensor {
    let output = try context.affine(ofOutput: 0)
    // 16-bit operands leave room for 15 bits, 8-bit ones for 20.
    let shift: Int32 = output.type == .int16 ? 15 : 20
    let rescale = try CommonScale(context, leftShift: shift)
    let factor = FixedPoint.quantizedMultiplier(
      rescale.twiceGreatest / Double(Float(Int32(1) << shift) * output.scale)
    )
    return try QuantizedElements.map(context) { (a, b) in
      FixedPoint.multiply(combine(rescale.left(a), rescale.right(b)), by: factor) &+ output.zero
    }
  }

  /// Scales that are powers of two, as LSTM cells of old files have them: one operand is shifted.
  private static func powerOfTwoSum(
    _ context: EvaluationContext,
    subtracts: Bool
  ) throws(OperatorError) -> Tensor? {
    let output = try context.affine(ofOutput: 0)
    guard output.type == .int16, try context.attributes.bool("potScaleInt16", default: true),
      let leftPower = try context.affine(ofInput: 0).powerOfTwo,
      let rightPower = try context.affine(ofInput: 1).powerOfTwo,
      let outputPower = output.powerOfTwo
    else { return nil }
    let leftShift = leftPower - outputPower
    let rightShift = rightPower - outputPower
    guard leftShift <= 0, rightShift <= 0, leftShift == 0 || rightShift == 0 else {
      throw .invalid("of two power-of-two scales one must be the result's and none greater")
    }
    return try QuantizedElements.map(context) { (a, b) in
      let left = FixedPoint.roundingDivide(a, byPowerOfTwo: -leftShift)
      let right = FixedPoint.roundingDivide(b, byPowerOfTwo: -rightShift)
      return subtracts ? left &- right : left &+ right
    }
  }

  /// Products of offset integers, scaled once.
  static let mul: OperatorDefinition.QuantizedEvaluation = { (context) throws(OperatorError) in
    let left = try context.affine(ofInput: 0)
    let right = try context.affine(ofInput: 1)
    let output = try context.affine(ofOutput: 0)
    if left.type == .int16, output.type != .int16 {
      // Both operands are fractions of 1 in 16 bits; the product keeps 8.
      return try QuantizedElements.map(context) { (a, b) in
        let product = roundingHighProduct(a, b)
        return FixedPoint.roundingDivide(product, byPowerOfTwo: 8) &+ output.zero
      }
    }
    let factor = FixedPoint.quantizedMultiplier(Double(left.scale * right.scale / output.scale))
    return try QuantizedElements.map(context) { (a, b) in
      FixedPoint.multiply((a &- left.zero) &* (b &- right.zero), by: factor) &+ output.zero
    }
  }

  /// The upper half of `2 · a · b` for 16-bit numbers, rounded to nearest.
  static func roundingHighProduct(_ a: Int32, _ b: Int32) -> Int32 {
    if a == -32768, b == -32768 { return 32767 }
    let product = a &* b
    let nudge: Int32 = product >= 0 ? 1 << 14 : 1 - (1 << 14)
    return (product &+ nudge) / (1 << 15)
  }

  /// Quotients by a fixed-point reciprocal of the divisor.
  static let div: OperatorDefinition.QuantizedEvaluation = { (context) throws(OperatorError) in
    let left = try context.affine(ofInput: 0)
    let right = try context.affine(ofInput: 1)
    let output = try context.affine(ofOutput: 0)
    guard try !context.storedIntegers(1).contains(Int64(right.zeroPoint)) else {
      throw .invalid("a quantized number is divided by zero")
    }
    let factor = FixedPoint.quantizedMultiplier(
      Double(left.scale / (right.scale * output.scale))
    )
    return try QuantizedElements.map(context) { (a, b) in
      var numerator = a &- left.zero
      var divisor = b &- right.zero
      if divisor < 0 {
        numerator = 0 &- numerator
        divisor = 0 &- divisor
      }
      let inverse = FixedPointFunctions.reciprocal(divisor, integerBits: 31)
      let headroom = (numerator >= 0 ? numerator : ~numerator).leadingZeroBitCount - 1
      let quotient = FixedPoint.saturatingRoundingDoublingHighMultiply(
        numerator << Int32(headroom),
        inverse.value
      )
      let scaled = FixedPoint.saturatingRoundingDoublingHighMultiply(quotient, factor.multiplier)
      let shift = inverse.bitsOverUnit + headroom - factor.shift
      return unboundedRoundingDivide(scaled, byPowerOfTwo: shift) &+ output.zero
    }
  }

  /// `value / 2^exponent` for any exponent.
  ///
  /// Quotients near zero need more than 31 bits. The reference leaves such shifts to the processor,
  /// so that results are wrong there; these are the numbers it gives on x86-64, where a shift counts
  /// modulo the width.
  private static func unboundedRoundingDivide(
    _ value: Int32,
    byPowerOfTwo exponent: Int
  ) -> Int32 {
    let mask = Int32(truncatingIfNeeded: (Int64(1) << Int64(exponent & 63)) &- 1)
    let threshold = (mask >> 1) &+ (value < 0 ? 1 : 0)
    return (value >> Int32(exponent & 31)) &+ (value & mask > threshold ? 1 : 0)
  }

  /// The difference on the common scale, squared; only int8 has this kernel.
  static let squaredDifference: OperatorDefinition.QuantizedEvaluation = {
    (context) throws(OperatorError) in
    let output = try context.affine(ofOutput: 0)
    guard output.type == .int8 else { throw context.noQuantizedKernel("squaredDifference") }
    let shift: Int32 = 7
    let rescale = try CommonScale(context, leftShift: shift)
    let factor = FixedPoint.quantizedMultiplier(
      rescale.twiceGreatest * rescale.twiceGreatest
        / Double(Float(Int32(1) << (2 * shift)) * output.scale)
    )
    return try QuantizedElements.map(context) { (a, b) in
      let difference = rescale.left(a) &- rescale.right(b)
      return FixedPoint.multiply(difference &* difference, by: factor) &+ output.zero
    }
  }
}

/// Brings two operands to one scale: twice the greater of theirs.
private struct CommonScale {
  var twiceGreatest: Double
  private var leftZero: Int32
  private var rightZero: Int32
  private var leftFactor: FixedPoint.QuantizedMultiplier
  private var rightFactor: FixedPoint.QuantizedMultiplier
  private var shift: Int32

  init(_ context: EvaluationContext, leftShift: Int32) throws(OperatorError) {
    let left = try context.affine(ofInput: 0)
    let right = try context.affine(ofInput: 1)
    twiceGreatest = Double(2 * max(left.scale, right.scale))
    leftFactor = FixedPoint.quantizedMultiplier(Double(left.scale) / twiceGreatest)
    rightFactor = FixedPoint.quantizedMultiplier(Double(right.scale) / twiceGreatest)
    leftZero = left.zero
    rightZero = right.zero
    shift = leftShift
  }

  func left(_ value: Int32) -> Int32 {
    FixedPoint.multiply((value &- leftZero) << shift, by: leftFactor)
  }

  func right(_ value: Int32) -> Int32 {
    FixedPoint.multiply((value &- rightZero) << shift, by: rightFactor)
  }
}

/// Comparisons of quantized operands, which may have different scales.
enum QuantizedComparison {
  /// Both operands on a common scale; `nil` where the stored integers are compared as they are.
  ///
  /// Source: LiteRT `tflite/kernels/comparisons.cc`: 8-bit operands always, 16-bit ones for equality.
  static func rescale(
    _ context: EvaluationContext,
    includesInt16: Bool
  ) throws(OperatorError) -> ([Int64], [Int64])? {
    guard let type = context.optionalInput(0)?.type, type.isQuantizedActivation,
      type != .int16 || includesInt16, context.quantization(ofInput: 0) != nil,
      context.quantization(ofInput: 1) != nil
    else { return nil }
    var lists: [[Int64]] = []
    for index in 0..<2 {
      let quantization = try context.affine(ofInput: index)
      let factor = FixedPoint.quantizedMultiplier(Double(quantization.scale))
      let zero = quantization.zero
      lists.append(
        try context.storedIntegers(index).map { value in
          let offset = (Int32(truncatingIfNeeded: value) &- zero) << 8
          return Int64(FixedPoint.multiply(offset, by: factor))
        }
      )
    }
    return (lists[0], lists[1])
  }
}
