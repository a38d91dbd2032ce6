import ModelIR

/// Activations of quantized numbers in TensorFlow Lite's reference kernels.
///
/// Sources: LiteRT `tflite/kernels/activations.cc`, and `leaky_relu.h`, `prelu.h`, `hard_swish.h`,
/// `gelu.h`, `integer_ops/logistic.h` and `integer_ops/tanh.h` in `internal/reference/`.
enum QuantizedActivation {
  typealias Evaluation = OperatorDefinition.QuantizedEvaluation

  /// Rescales, then bounds; `greatest` is `nil` for no upper bound.
  static func relu(_ least: Float, _ greatest: Float?) -> Evaluation {
    { (context) throws(OperatorError) in
      let input = try context.affine(ofInput: 0)
      let output = try context.affine(ofOutput: 0)
      let factor = FixedPoint.quantizedMultiplier(Double(input.scale / output.scale))
      let range = FixedPoint.range(of: output.type)
      let low = max(Int32(range.lowerBound), stored(least, output))
      let high = greatest.map { min(Int32(range.upperBound), stored($0, output)) }
      return try QuantizedElements.map(context) { value in
        let scaled = FixedPoint.multiply(value &- input.zero, by: factor) &+ output.zero
        return min(max(scaled, low), high ?? Int32(range.upperBound))
      }
    }
  }

  /// The stored integer nearest to a real number.
  private static func stored(_ real: Float, _ quantization: AffineQuantization) -> Int32 {
    let steps = (real / quantization.scale).rounded(.toNearestOrAwayFromZero)
    return Int32(NumberConversion.integer(Double(steps), .int32)) &+ quantization.zero
  }

  /// One factor above zero, another below.
  static let leakyRelu: Evaluation = { (context) throws(OperatorError) in
    let input = try context.affine(ofInput: 0)
    let output = try context.affine(ofOutput: 0)
    let alpha = Float(try context.attributes.float("alpha", default: 0.01))
    let identity = FixedPoint.quantizedMultiplier(Double(input.scale / output.scale))
    var slope = FixedPoint.quantizedMultiplier(Double(input.scale * alpha / output.scale))
    let isNegative = slope.multiplier < 0
    if isNegative { slope.multiplier = 0 &- slope.multiplier }
    return try QuantizedElements.map(context) { value in
      let offset = value &- input.zero
      if offset >= 0 { return FixedPoint.multiply(offset, by: identity) &+ output.zero }
      let scaled = FixedPoint.multiply(offset, by: slope)
      return (isNegative ? 0 &- scaled : scaled) &+ output.zero
    }
  }

  /// One factor above zero; below the product with the slope's integer has another.
  static let prelu: Evaluation = { (context) throws(OperatorError) in
    let input = try context.affine(ofInput: 0)
    let slope = try context.affine(ofInput: 1)
    let output = try context.affine(ofOutput: 0)
    let identity = FixedPoint.quantizedMultiplier(Double(input.scale / output.scale))
    let factor = FixedPoint.quantizedMultiplier(Double(input.scale * slope.scale / output.scale))
    return try QuantizedElements.map(context) { (a, b) in
      let offset = a &- input.zero
      if offset >= 0 { return FixedPoint.multiply(offset, by: identity) &+ output.zero }
      return FixedPoint.multiply(offset &* (b &- slope.zero), by: factor) &+ output.zero
    }
  }

  /// By table for 8 bits.
  static let elu: Evaluation = { (context) throws(OperatorError) in
    guard try context.input(0).type == .int8 else { throw context.noQuantizedKernel("elu") }
    return try QuantizedTable.lookup(context) { $0 < 0 ? Float.expm1($0) : $0 }
  }

  /// By table.
  static let gelu: Evaluation = { (context) throws(OperatorError) in
    if try context.attributes.string("approximate", default: "none") == "tanh" {
      return try QuantizedTable.lookup(context, Float.tanhGeluOfTable)
    }
    return try QuantizedTable.lookup(context, Float.geluOfTable)
  }

  /// 8 bits by table, 16 bits by interpolation in a common table.
  static let sigmoid: Evaluation = { (context) throws(OperatorError) in
    guard try context.input(0).type == .int16 else {
      return try QuantizedTable.lookup(context, Float.sigmoid)
    }
    let scaling = try SigmoidScaling(context, powerOfTwoShifts: 0...0)
    return try QuantizedElements.map(context) { SigmoidTable.sigmoid(scaling($0)) }
  }

  /// As `sigmoid`.
  static let tanh: Evaluation = { (context) throws(OperatorError) in
    guard try context.input(0).type == .int16 else {
      return try QuantizedTable.lookup(context, Float.tanh)
    }
    let scaling = try SigmoidScaling(context, powerOfTwoShifts: 0...1)
    return try QuantizedElements.map(context) { SigmoidTable.tanh(scaling($0)) }
  }
}

/// Brings 16-bit numbers to steps of 1 / (3 · 4096), the steps of the common table.
private struct SigmoidScaling {
  private var multiplier: Int32
  private var shift: Int

  init(_ context: EvaluationContext, powerOfTwoShifts: ClosedRange<Int>) throws(OperatorError) {
    let input = try context.affine(ofInput: 0)
    let output = try context.affine(ofOutput: 0)
    guard input.zeroPoint == 0, output.zeroPoint == 0, output.powerOfTwo == -15 else {
      throw .invalid("16-bit operands need the zero point 0 and a result of scale 1/32768")
    }
    if let power = input.powerOfTwo, powerOfTwoShifts.contains(12 + power) {
      multiplier = 3 << Int32(12 + power)
      shift = 0
      return
    }
    var factor = Double(input.scale) * 4096 * 3
    shift = 0
    while factor <= 32767.0 / 2, shift <= 30 {
      shift += 1
      factor *= 2
    }
    multiplier = Int32(NumberConversion.integer(factor, .int32))
  }

  func callAsFunction(_ value: Int32) -> Int32 {
    let round: Int32 = shift > 0 ? 1 << Int32(shift - 1) : 0
    return (value &* multiplier &+ round) >> Int32(shift)
  }
}

/// The logistic function at multiples of 1/24, as fractions of 65536.
private enum SigmoidTable {
  /// Samples lowered by half the error that interpolation has in the middle of their intervals.
  ///
  /// The last is the greatest 16-bit number. This gives the numbers of LiteRT's
  /// `sigmoid_table_uint16`.
  private static let entries: [UInt32] = (0..<256).map { index in
    if index == 255 { return 65535 }
    let place = Double(index) / 24
    let value = Double.sigmoid(place)
    let chord = (value + Double.sigmoid(place + 1.0 / 24)) / 2
    let error = chord - Double.sigmoid(place + 0.5 / 24)
    return UInt32((65536 * value + 0.5 - 32768 * error).rounded(.down))
  }

  static func sigmoid(_ input: Int32) -> Int32 {
    let magnitude = input.magnitude
    let place = Int(magnitude >> 9)
    var result: UInt32 = 0x7FFF << 10
    if place < 255 {
      let rise = entries[place + 1] - entries[place]
      result = entries[place] << 9 + (magnitude & 0x1FF) * rise
    }
    let unit: UInt32 = 1 << 9
    result = input >= 0 ? result &+ unit : (1 << 25) &- result &+ unit &- 1
    return Int32(Int16(truncatingIfNeeded: result >> 10))
  }

  static func tanh(_ input: Int32) -> Int32 {
    let magnitude = input.magnitude
    let place = Int(magnitude >> 8)
    var result: Int32 = 0xFFFF << 8
    if place < 255 {
      let rise = entries[place + 1] - entries[place]
      result = Int32(entries[place] << 8 + (magnitude & 0xFF) * rise)
    }
    let middle: Int32 = 1 << 23
    let round: Int32 = 1 << 7
    result = input >= 0 ? result - middle + round : middle - result + round - 1
    return Int32(Int16(truncatingIfNeeded: result >> 8))
  }
}
