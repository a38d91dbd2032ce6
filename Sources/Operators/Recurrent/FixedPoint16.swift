/// Functions of 16-bit fixed-point numbers, bit for bit those of gemmlowp.
///
/// A number in "Qm" has m integer bits and 15 − m fraction bits. The constants are those of the 32-bit
/// functions, rounded to 16 bits. Source: gemmlowp `fixedpoint/fixedpoint.h` (`logistic`, `tanh`,
/// `exp_on_negative_values`, `one_over_one_plus_x_for_x_in_0_1`,
/// `one_minus_x_over_one_plus_x_for_x_in_0_1`) with `std::int16_t`.
enum FixedPoint16 {
  /// `1 / (1 + e^−x)` in Q0 of a number in Qm.
  static func logistic(_ x: Int16, integerBits: Int) -> Int16 {
    guard x != 0 else { return 1 << 14 }
    let positive = reciprocalOfOnePlus(exp(x > 0 ? 0 &- x : x, integerBits: integerBits))
    return x > 0 ? positive : Int16.max &- positive
  }

  /// `tanh x` in Q0 of a number in Qm.
  static func tanh(_ x: Int16, integerBits: Int) -> Int16 {
    guard x != 0 else { return 0 }
    // The same bits with one integer bit more stand for 2 · x.
    let negative = x < 0 ? x : 0 &- x
    let magnitude = oneMinusOverOnePlus(exp(negative, integerBits: integerBits + 1))
    return x < 0 ? 0 &- magnitude : magnitude
  }

  // MARK: - Parts

  /// The upper half of `2 · left · right`, rounded to nearest, ties away from zero.
  private static func product(_ left: Int16, _ right: Int16) -> Int16 {
    if left == .min, right == .min { return .max }
    let exact = Int32(left) * Int32(right)
    let nudge: Int32 = exact >= 0 ? 1 << 14 : 1 - (1 << 14)
    return Int16(truncatingIfNeeded: (exact + nudge) / (1 << 15))
  }

  /// A 32-bit constant in 16 bits.
  private static func constant(_ value: Int32) -> Int16 {
    Int16(truncatingIfNeeded: FixedPoint.roundingDivide(value, byPowerOfTwo: 16))
  }

  /// `value · 2^exponent`; what does not fit becomes the nearest bound.
  private static func shifted(_ value: Int16, _ exponent: Int) -> Int16 {
    guard exponent > 0 else {
      return Int16(
        truncatingIfNeeded: FixedPoint.roundingDivide(Int32(value), byPowerOfTwo: -exponent)
      )
    }
    return Int16(clamping: Int64(value) << Int64(exponent))
  }

  private static func saturatingSum(_ left: Int16, _ right: Int16) -> Int16 {
    Int16(clamping: Int32(left) + Int32(right))
  }

  /// `e^−2ᵏ` in Q0 for k = −2 … 4.
  private static let factors: [(power: Int, factor: Int16)] = [
    (-2, constant(1_672_461_947)), (-1, constant(1_302_514_674)), (0, constant(790_015_084)),
    (1, constant(290_630_308)), (2, constant(39_332_535)), (3, constant(720_401)),
    (4, constant(242)),
  ]

  /// `eˣ` in Q0 of a number in Qm that is not positive.
  private static func exp(_ x: Int16, integerBits: Int) -> Int16 {
    if x == 0 { return .max }
    let fractionBits = 15 - integerBits
    let quarter = Int16(1) << Int16(fractionBits - 2)
    let fraction = (x & (quarter - 1)) - quarter
    var result = expNearZero(shifted(fraction, integerBits))
    let rest = Int32(fraction) - Int32(x)
    for (power, factor) in factors where integerBits > power {
      if rest & (1 << Int32(fractionBits + power)) != 0 { result = product(result, factor) }
    }
    // Below −32 nothing is left, and the bits do not reach further.
    if integerBits > 5, x < -(Int16(1) << Int16(20 - integerBits)) { return 0 }
    return result
  }

  /// `eˣ` in Q0 of a number in Q0 from −1/4 to 0: the Taylor series of degree 4 about −1/8.
  private static func expNearZero(_ a: Int16) -> Int16 {
    let expOfEighth = constant(1_895_147_668)
    let third = constant(715_827_883)
    let x = a &+ (1 << 12)
    let x2 = product(x, x)
    let x3 = product(x2, x)
    let x4 = product(x2, x2)
    let tail = shifted(saturatingSum(product(saturatingSum(shifted(x4, -2), x3), third), x2), -1)
    return saturatingSum(expOfEighth, product(expOfEighth, saturatingSum(x, tail)))
  }

  /// Newton's method for `1 / ((1 + x) / 2)`, in Q2, of a number in Q0 from 0 to 1.
  private static func reciprocalOfHalf(_ x: Int16) -> Int16 {
    let sum = Int32(x) + Int32(Int16.max)
    let halfDenominator = Int16(truncatingIfNeeded: (sum + 1) / 2)
    // 48/17 and −32/17 in Q2.
    var estimate = saturatingSum(
      constant(1_515_870_810),
      product(halfDenominator, constant(-1_010_580_540))
    )
    for _ in 0..<3 {
      let error = (Int16(1) << 13) &- product(halfDenominator, estimate)
      estimate = saturatingSum(estimate, shifted(product(estimate, error), 2))
    }
    return estimate
  }

  private static func reciprocalOfOnePlus(_ x: Int16) -> Int16 { shifted(reciprocalOfHalf(x), 1) }

  private static func oneMinusOverOnePlus(_ x: Int16) -> Int16 {
    shifted(reciprocalOfHalf(x) &- (1 << 13), 2)
  }
}
