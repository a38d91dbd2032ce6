/// Integer division without traps.
///
/// The quotient that does not fit, that of the least number and −1, wraps; a zero divisor gives 0
/// and is refused before.
enum FloorDivision {
  /// The quotient rounded toward zero.
  static func truncated(_ a: Int64, _ b: Int64) -> Int64 {
    if b == 0 { return 0 }
    return b == -1 ? 0 &- a : a / b
  }

  /// The quotient rounded down.
  static func quotient(_ a: Int64, _ b: Int64) -> Int64 {
    if b == 0 { return 0 }
    if b == -1 { return 0 &- a }
    let quotient = a / b
    return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient
  }

  /// The remainder with the sign of the divisor.
  static func remainder(_ a: Int64, _ b: Int64) -> Int64 {
    if b == 0 || b == -1 { return 0 }
    let remainder = a % b
    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
  }

  /// The remainder with the sign of the dividend, as C's `%`.
  static func truncatedRemainder(_ a: Int64, _ b: Int64) -> Int64 {
    b == 0 || b == -1 ? 0 : a % b
  }

  /// The remainder with the sign of the divisor.
  static func remainder<Number: RealNumber>(_ a: Number, _ b: Number) -> Number {
    let remainder = a.truncatingRemainder(dividingBy: b)
    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
  }
}
