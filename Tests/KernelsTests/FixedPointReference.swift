/// Scaling as the paper and its reference library define it, value by value.
///
/// Source: B. Jacob et al. 2018, section 2.2; the library's functions are named after what they do:
/// a saturating rounding doubling high multiplication, then a rounding division by a power of two.
enum FixedPointReference {
  static func scale(_ value: Int32, multiplier: Int32, shift: Int32) -> Int32 {
    let left = max(shift, 0)
    let right = max(-shift, 0)
    return divide(high(Int32(truncatingIfNeeded: Int64(value) << left), multiplier), right)
  }

  static func scaleOnce(_ value: Int32, multiplier: Int32, shift: Int32) -> Int32 {
    let total = Int64(31 - shift)
    return Int32(
      truncatingIfNeeded: (Int64(value) * Int64(multiplier) + (1 << (total - 1))) >> total
    )
  }

  /// The 64-bit form reduces the multiplier to 15 bits first.
  static func scale(_ value: Int64, multiplier: Int32, shift: Int32) -> Int32 {
    let reduced =
      multiplier < 0x7FFF_0000 ? Int64((Int64(multiplier) + 0x8000) >> 16) : Int64(0x7FFF)
    let total = Int64(15 - shift)
    return Int32(truncatingIfNeeded: (value * reduced + (1 << (total - 1))) >> total)
  }

  private static func high(_ a: Int32, _ b: Int32) -> Int32 {
    if a == .min && b == .min { return .max }
    let product = Int64(a) * Int64(b)
    let nudge: Int64 = product >= 0 ? 1 << 30 : 1 - (1 << 30)
    // Swift's division truncates, as that of C++ does.
    return Int32((product + nudge) / (1 << 31))
  }

  private static func divide(_ value: Int32, _ exponent: Int32) -> Int32 {
    let mask = Int64(1) << Int64(exponent) - 1
    let remainder = Int64(value) & mask
    let threshold = (mask >> 1) + (value < 0 ? 1 : 0)
    return (value >> exponent) + (remainder > threshold ? 1 : 0)
  }
}
