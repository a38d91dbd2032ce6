import ModelIR

/// Softmax and its logarithm of quantized numbers, along the last axis.
///
/// Sources: LiteRT `tflite/kernels/activations.cc`, and `softmax.h`, `log_softmax.h` and
/// `integer_ops/log_softmax.h` in `internal/reference/`.
enum QuantizedSoftmax {
  typealias Evaluation = OperatorDefinition.QuantizedEvaluation

  static let softmax: Evaluation = { (context) throws(OperatorError) in
    let beta = Float(try context.attributes.float("beta", default: 1))
    let input = try context.affine(ofInput: 0)
    let output = try context.affine(ofOutput: 0)
    if input.type == .int16 {
      guard output.type == .int16 else { throw context.noQuantizedKernel("softmax") }
      let row = SoftmaxRow16(scale: input.scale, beta: beta)
      return try rows(context, output.type) { row($0) }
    }
    let scaling = DifferenceScaling(scale: input.scale, beta: beta)
    let bits = output.type == .int16 ? 16 : 8
    let least = Int32(FixedPoint.range(of: output.type).lowerBound)
    let greatest = Int32(FixedPoint.range(of: output.type).upperBound)
    return try rows(context, output.type) { row in
      let top = row.max() ?? 0
      let inverse = FixedPointFunctions.reciprocal(scaling.sum(row, top), integerBits: 12)
      let exponent = min(max(inverse.bitsOverUnit + 31 - bits, 0), 31)
      return row.map { value in
        guard value - top >= scaling.leastDifference else { return least }
        let power = FixedPointFunctions.exp(scaling(value - top))
        let share = FixedPoint.saturatingRoundingDoublingHighMultiply(inverse.value, power)
        let steps = FixedPoint.roundingDivide(share, byPowerOfTwo: exponent)
        return min(max(steps &+ least, least), greatest)
      }
    }
  }

  static let logSoftmax: Evaluation = { (context) throws(OperatorError) in
    let input = try context.affine(ofInput: 0)
    let output = try context.affine(ofOutput: 0)
    guard input.type != .int16, output.type == input.type else {
      throw context.noQuantizedKernel("logSoftmax")
    }
    let scaling = DifferenceScaling(scale: input.scale, beta: 1)
    let range = FixedPoint.range(of: output.type)
    let least = Int32(range.lowerBound)
    let greatest = Int32(range.upperBound)
    return try rows(context, output.type) { row in
      let top = row.max() ?? 0
      let logarithm = FixedPointFunctions.log(scaling.sum(row, top))
      // The least difference that the format of the result still tells from its least number.
      let bound = max(
        Int32(scaling.leastDifference) - 1,
        FixedPoint.multiply(logarithm &+ Int32.min, by: scaling.inverse)
      )
      return row.map { value in
        guard value - top > bound else { return least }
        let difference = scaling(value - top) &- logarithm
        let steps = FixedPoint.roundingDivide(difference, byPowerOfTwo: 22) &+ greatest
        return min(max(steps, least), greatest)
      }
    }
  }

  /// A function of each row of the last axis.
  private static func rows(
    _ context: EvaluationContext,
    _ type: ElementType,
    _ function: ([Int32]) -> [Int32]
  ) throws(OperatorError) -> Tensor {
    let input = try context.input(0)
    let axis = try context.attributes.int("axis", default: -1)
    guard input.rank > 0, axis == -1 || axis == input.rank - 1 else {
      throw .unsupported("quantized softmax works on the last axis only")
    }
    let values = try context.storedIntegers(0).map { Int32(truncatingIfNeeded: $0) }
    let result = AxisRows(input.sizes, axis: input.rank - 1).map(values) { row in
      function(row).map { Int64($0) }
    }
    return Tensor(type: type, sizes: input.sizes, elements: .integers(result))
  }
}

/// Turns differences of 8-bit numbers into exponents in Q5.
struct DifferenceScaling {
  private var factor: FixedPoint.QuantizedMultiplier
  /// Differences below count as nothing.
  var leastDifference: Int32
  /// From Q5 back to differences.
  var inverse: FixedPoint.QuantizedMultiplier

  init(scale: Float, beta: Float) {
    let real = min(Double(beta) * Double(scale) * Double(1 << 26), 2_147_483_647)
    factor = FixedPoint.quantizedMultiplier(real)
    let shift = min(max(factor.shift, 0), 31)
    let radius = (31.0 * Double(1 << 26) / Double(Int64(1) << Int64(shift))).rounded(.down)
    leastDifference = -Int32(NumberConversion.integer(radius, .int32))
    inverse = FixedPoint.quantizedMultiplier(
      factor.multiplier == 0
        ? 0 : Double(Int32(1) << Int32(31 - shift)) / Double(factor.multiplier)
    )
  }

  func callAsFunction(_ difference: Int32) -> Int32 { FixedPoint.multiply(difference, by: factor) }

  /// The sum of the exponentials in Q12.
  func sum(_ row: [Int32], _ top: Int32) -> Int32 {
    row.reduce(0) { sum, value in
      guard value - top >= leastDifference else { return sum }
      let power = FixedPointFunctions.exp(self(value - top))
      return sum &+ FixedPoint.roundingDivide(power, byPowerOfTwo: 12)
    }
  }
}

/// Softmax of 16-bit numbers by two interpolated tables.
private struct SoftmaxRow16 {
  private static let exponentials = QuantizedTable.Interpolated(
    inputScale: 10.0 / 65535,
    inputZero: 32767,
    outputScale: 2.0 / 65535,
    outputZero: 0,
    Double.exp
  )
  private static let reciprocals = QuantizedTable.Interpolated(
    inputScale: 1.0 / 65535,
    inputZero: -32768,
    outputScale: 2.0 / 65535,
    outputZero: 0
  ) { (x: Double) in 1 / (1 + x) }

  private let factor: FixedPoint.QuantizedMultiplier

  init(scale: Float, beta: Float) {
    // So that −65535 … 0 stands for −10 … 0.
    factor = FixedPoint.quantizedMultiplier(Double(scale * beta) / (10.0 / 65535))
  }

  func callAsFunction(_ row: [Int32]) -> [Int32] {
    let top = row.max() ?? 0
    let powers = row.map { value in
      let scaled = FixedPoint.multiply(value - top, by: factor) &+ 32767
      return Self.exponentials[min(max(scaled, -32768), 32767)]
    }
    let sum = powers.reduce(0, &+)
    let headroom = UInt32(bitPattern: sum).leadingZeroBitCount
    guard headroom > 0, headroom < 32 else { return powers.map { _ in 0 } }
    let shifted = ((Int64(sum) << Int64(headroom - 1)) + (1 << 13)) >> 14
    let centred = min(max(shifted - ((1 << 15) + (1 << 16)), -32768), 32767)
    let inverse = Int64(Self.reciprocals[Int32(centred)])
    let right = Int64(31 - headroom)
    let round: Int64 = right > 0 ? 1 << (right - 1) : 0
    return powers.map { power in
      Int32(min(max((Int64(power) * inverse + round) >> right, 0), 32767))
    }
  }
}
