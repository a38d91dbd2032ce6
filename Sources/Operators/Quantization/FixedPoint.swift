import ModelIR

/// Integer arithmetic in which a product with a real factor is a multiplication and a shift.
///
/// Every function gives the integers of TensorFlow Lite's reference kernels, which follow gemmlowp's
/// `fixedpoint.h`: the product is rounded once to its upper half and once more by the shift (the
/// default build; builds with `TFLITE_SINGLE_ROUNDING` round once).
/// Sources: LiteRT `tflite/kernels/internal/common.cc` and `quantization_util.cc`,
/// `tflite/kernels/kernel_util.cc`; gemmlowp `fixedpoint/fixedpoint.h`.
package enum FixedPoint {
  /// A real factor as `multiplier · 2^(shift − 31)`.
  package struct QuantizedMultiplier: Equatable, Sendable {
    /// The leading 31 bits of the factor: at least 2^30 unless the factor is 0.
    package var multiplier: Int32
    /// Positive to the left, negative to the right.
    package var shift: Int

    package init(multiplier: Int32, shift: Int) {
      self.multiplier = multiplier
      self.shift = shift
    }
  }

  /// The multiplier and shift nearest to a real factor, ties away from zero.
  ///
  /// Factors below 2^-32 become 0, and so do those that are no finite number.
  package static func quantizedMultiplier(_ real: Double) -> QuantizedMultiplier {
    guard real.isFinite, real != 0 else { return QuantizedMultiplier(multiplier: 0, shift: 0) }
    // The fraction lies in [0.5, 1), so Swift's exponent is one less than C's.
    var shift = Int(real.exponent) + 1
    var fraction = Int64((real.significand * 1_073_741_824).rounded(.toNearestOrAwayFromZero))
    if fraction == 1 << 31 {
      fraction = 1 << 30
      shift += 1
    }
    guard shift >= -31 else { return QuantizedMultiplier(multiplier: 0, shift: 0) }
    let signed = real.sign == .minus ? -fraction : fraction
    return QuantizedMultiplier(multiplier: Int32(clamping: signed), shift: shift)
  }

  /// The upper half of `2 · left · right`, rounded to nearest, ties away from zero.
  ///
  /// The one product that does not fit, that of two least values, becomes the greatest.
  package static func saturatingRoundingDoublingHighMultiply(_ left: Int32, _ right: Int32)
    -> Int32
  {
    if left == .min, right == .min { return .max }
    let product = Int64(left) * Int64(right)
    let nudge: Int64 = product >= 0 ? 1 << 30 : 1 - (1 << 30)
    return Int32(truncatingIfNeeded: (product + nudge) / (1 << 31))
  }

  /// `value / 2^exponent`, rounded to nearest, ties away from zero.
  package static func roundingDivide(_ value: Int32, byPowerOfTwo exponent: Int) -> Int32 {
    guard exponent > 0 else { return value }
    guard exponent < 32 else { return 0 }
    let mask = Int32(truncatingIfNeeded: (Int64(1) << Int64(exponent)) - 1)
    let remainder = value & mask
    let threshold = (mask >> 1) + (value < 0 ? 1 : 0)
    return (value >> Int32(exponent)) + (remainder > threshold ? 1 : 0)
  }

  /// `value · factor` for 32-bit sums.
  ///
  /// A left shift comes before the product and wraps as 32-bit arithmetic does.
  package static func multiply(_ value: Int32, by factor: QuantizedMultiplier) -> Int32 {
    let shifted = factor.shift > 0 ? value << Int32(min(factor.shift, 32)) : value
    let product = saturatingRoundingDoublingHighMultiply(shifted, factor.multiplier)
    return roundingDivide(product, byPowerOfTwo: factor.shift > 0 ? 0 : -factor.shift)
  }

  /// `value · factor` for 64-bit sums: the factor is cut to 15 bits, and the product rounded once.
  ///
  /// The reference promises its result for sums of up to 48 bits and shifts from −31 to 7; beyond
  /// that the arithmetic wraps.
  package static func multiply(_ value: Int64, by factor: QuantizedMultiplier) -> Int32 {
    let reduced: Int32 =
      factor.multiplier < 0x7FFF_0000 ? (factor.multiplier + (1 << 15)) >> 16 : 0x7FFF
    let shift = Int64(min(max(15 - factor.shift, 1), 63))
    let product = value &* Int64(reduced) &+ (Int64(1) << (shift - 1))
    return Int32(truncatingIfNeeded: product >> shift)
  }

  /// The stored integers that a fused activation lets through.
  ///
  /// - Parameters:
  ///   - activation: The attribute's value; those that bound nothing give the type's range.
  ///   - scale: The result's scale.
  ///   - zeroPoint: The result's zero point.
  ///   - type: The result's integer type.
  /// - Returns: The bounds; one value where the quantization leaves none between them.
  package static func activationRange(
    _ activation: String,
    scale: Float,
    zeroPoint: Int,
    type: ElementType
  ) -> ClosedRange<Int> {
    let limits = range(of: type)
    func stored(_ real: Float) -> Int {
      let steps = (real / scale).rounded(.toNearestOrAwayFromZero)
      guard steps.magnitude < 2_147_483_648 else { return steps > 0 ? .max : .min }
      return steps.isNaN ? zeroPoint : zeroPoint.addingReportingOverflow(Int(steps)).partialValue
    }
    var bounds = limits
    func clamp(_ low: Int, _ high: Int) {
      let lower = min(max(low, limits.lowerBound), limits.upperBound)
      bounds = lower...max(lower, min(high, limits.upperBound))
    }
    switch activation {
    case "relu": clamp(stored(0), limits.upperBound)
    case "relu6": clamp(stored(0), stored(6))
    case "reluN1To1": clamp(stored(-1), stored(1))
    default: break
    }
    return bounds
  }

  /// The integers that a type of up to 32 bits holds; those of `int32` for every other type.
  package static func range(of type: ElementType) -> ClosedRange<Int> {
    let bits = type.isInteger ? min(type.bitWidth ?? 32, 32) : 32
    return type.isUnsignedInteger ? 0...(1 << bits) - 1 : -(1 << (bits - 1))...(1 << (bits - 1)) - 1
  }
}
