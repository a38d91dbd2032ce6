/// Transcendental functions of 32-bit fixed-point numbers, bit for bit those of gemmlowp and LiteRT.
///
/// A number in "Qm" has m integer bits and 31 − m fraction bits. Sources: gemmlowp
/// `fixedpoint/fixedpoint.h` (`exp_on_negative_values`, `one_over_one_plus_x_for_x_in_0_1`); LiteRT
/// `tflite/kernels/internal/common.h` (`GetReciprocal`, `GetInvSqrtQuantizedMultiplierExp`,
/// `log_x_for_x_greater_than_or_equal_to_1`).
enum FixedPointFunctions {
  private static func product(_ a: Int32, _ b: Int32) -> Int32 {
    FixedPoint.saturatingRoundingDoublingHighMultiply(a, b)
  }

  private static func half(_ value: Int32, _ exponent: Int) -> Int32 {
    FixedPoint.roundingDivide(value, byPowerOfTwo: exponent)
  }

  /// `value · 2^exponent` for a positive exponent; what does not fit becomes the nearest bound.
  private static func saturatingShift(_ value: Int32, _ exponent: Int) -> Int32 {
    guard exponent > 0 else { return value }
    let threshold = Int32(truncatingIfNeeded: (Int64(1) << Int64(max(31 - exponent, 0))) - 1)
    if value > threshold { return .max }
    if value < -threshold { return .min }
    return value << Int32(exponent)
  }

  /// `(a + b) / 2`, halves away from zero.
  private static func roundingHalfSum(_ a: Int32, _ b: Int32) -> Int32 {
    let sum = Int64(a) + Int64(b)
    return Int32(truncatingIfNeeded: (sum + (sum >= 0 ? 1 : -1)) / 2)
  }

  /// `eˣ` in Q0 of a number in Q5 that is not positive.
  ///
  /// A polynomial between −1/4 and 0 is multiplied by `e^−2ᵏ` for the bits of the rest.
  static func exp(_ x: Int32) -> Int32 {
    if x == 0 { return .max }
    let quarter: Int32 = 1 << 24
    let fraction = (x & (quarter - 1)) - quarter
    var result = expNearZero(saturatingShift(fraction, 5))
    let rest = fraction &- x
    for (place, factor) in expFactors where rest & (1 << place) != 0 {
      result = product(result, factor)
    }
    return result
  }

  /// `e^−2ᵏ` in Q0 for k = −2 … 4, with the bit of Q5 that stands for 2ᵏ.
  private static let expFactors: [(place: Int32, factor: Int32)] = [
    (24, 1_672_461_947), (25, 1_302_514_674), (26, 790_015_084), (27, 290_630_308),
    (28, 39_332_535), (29, 720_401), (30, 242),
  ]

  /// `eˣ` in Q0 of a number in Q0 from −1/4 to 0: the Taylor series of degree 4 about −1/8.
  private static func expNearZero(_ a: Int32) -> Int32 {
    let expOfEighth: Int32 = 1_895_147_668
    let third: Int32 = 715_827_883
    let x = a &+ (1 << 28)
    let x2 = product(x, x)
    let x3 = product(x2, x)
    let x4 = product(x2, x2)
    let tail = half(product(half(x4, 2) &+ x3, third) &+ x2, 1)
    return expOfEighth &+ product(expOfEighth, x &+ tail)
  }

  /// `1 / (1 + x)` in Q0 of a number in Q0 from 0 to 1: three steps of Newton's method.
  static func reciprocalOfOnePlus(_ x: Int32) -> Int32 {
    let halfDenominator = roundingHalfSum(x, .max)
    // 48/17 and −32/17 in Q2.
    var estimate = 1_515_870_810 &+ product(halfDenominator, -1_010_580_540)
    for _ in 0..<3 {
      let error = (Int32(1) << 29) &- product(halfDenominator, estimate)
      estimate = estimate &+ saturatingShift(product(estimate, error), 2)
    }
    return saturatingShift(estimate, 1)
  }

  /// The reciprocal of a positive number with `integerBits` integer bits.
  ///
  /// - Returns: The value in Q0, between 1/2 and 1, and how many bits the number is above 1.
  static func reciprocal(_ x: Int32, integerBits: Int) -> (value: Int32, bitsOverUnit: Int) {
    let headroom = x.leadingZeroBitCount
    let shifted = UInt32(bitPattern: x) << UInt32(headroom)
    let value = reciprocalOfOnePlus(Int32(bitPattern: shifted &- (1 << 31)))
    return (value, integerBits - headroom)
  }

  /// `1 / √x` of a positive integer as a factor.
  static func inverseSquareRoot(_ x: Int32) -> FixedPoint.QuantizedMultiplier {
    guard x > 1 else { return FixedPoint.QuantizedMultiplier(multiplier: .max, shift: 0) }
    var input = x
    var shift = 11
    while input >= 1 << 29 {
      input /= 4
      shift += 1
    }
    let pairs = (input.leadingZeroBitCount - 1) / 2 - 1
    shift -= pairs
    input <<= Int32(2 * pairs)
    // From here on in Q3, whose unit is 2^28.
    let halfInput = half(input >> 1, 1)
    let oneAndHalf: Int32 = (1 << 28) + (1 << 27)
    var estimate: Int32 = 1 << 28
    for _ in 0..<5 {
      let cube = saturatingShift(product(product(estimate, estimate), estimate), 6)
      let difference = product(oneAndHalf, estimate) &- product(halfInput, cube)
      estimate = saturatingShift(difference, 3)
    }
    // √2 / 2 in Q0.
    var multiplier = product(estimate, 1_518_500_250)
    if shift < 0 {
      multiplier <<= Int32(-shift)
      shift = 0
    }
    return FixedPoint.QuantizedMultiplier(multiplier: multiplier, shift: -shift)
  }

  /// `ln x` in Q5 of a number in Q12 that is at least 1.
  static func log(_ x: Int32) -> Int32 {
    let logOf2: Int32 = 1_488_522_236
    let rootOfHalf: Int32 = 1_518_500_250
    let fourthRootOfHalf: Int32 = 1_805_811_301
    let quarter = half(536_870_912, 6)
    // The number is written as r · 2^n twice, with n between integers; the smaller r is taken.
    let headroom = x.leadingZeroBitCount
    let first = saturatingShift(product(saturatingShift(x, headroom - 1), rootOfHalf), 1)
    let firstPower = saturatingSum(saturatingShift(Int32(12 - headroom), 25), quarter)
    let reduced = product(x, rootOfHalf)
    let reducedHeadroom = reduced.leadingZeroBitCount - 1
    let second = saturatingShift(x, reducedHeadroom)
    let secondPower = saturatingSum(saturatingShift(Int32(12 - reducedHeadroom), 25), 0 &- quarter)
    let r = min(first, second)
    let power = max(firstPower, secondPower)
    // A rational approximation about the fourth root of a half.
    let p = roundingHalfSum(r, fourthRootOfHalf)
    var q = r &- fourthRootOfHalf
    q = q &+ q
    let square = product(q, q)
    let numerator = product(q, r) &+ product(product(q, square), 117_049_297)
    let inner = 1_057_819_769 &+ q &+ product(127_690_142, square)
    let denominator = product(p, inner) &+ product(638_450_708, q)
    let inverse = reciprocalOfOnePlus(denominator)
    let sum = product(power, logOf2) &+ product(half(numerator, 6), inverse)
    return saturatingShift(sum, 1)
  }

  private static func saturatingSum(_ a: Int32, _ b: Int32) -> Int32 {
    Int32(clamping: Int64(a) + Int64(b))
  }
}
