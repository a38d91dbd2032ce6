/// Real numbers made integers without ever leaving the range that was asked for.
enum RoundedInteger {
  /// The nearest integer inside bounds, ties by `rule`; NaN becomes 0 or the bound nearest to it.
  static func nearest(
    _ value: Double,
    _ rule: FloatingPointRoundingRule,
    in range: ClosedRange<Int>
  ) -> Int64 {
    let rounded = value.rounded(rule)
    guard !rounded.isNaN else { return Int64(min(max(0, range.lowerBound), range.upperBound)) }
    if rounded <= Double(range.lowerBound) { return Int64(range.lowerBound) }
    if rounded >= Double(range.upperBound) { return Int64(range.upperBound) }
    return Int64(rounded)
  }

  /// The nearest integer inside bounds, ties by `rule`.
  static func nearest(
    _ value: Float,
    _ rule: FloatingPointRoundingRule,
    in range: ClosedRange<Int>
  ) -> Int64 {
    // Rounding happens in Float; the conversion that follows is exact.
    nearest(Double(value.rounded(rule)), rule, in: range)
  }

  /// What a 32-bit integer holds.
  static let int32 = Int(Int32.min)...Int(Int32.max)
}
