import ModelIR

/// Conversions between the kinds of numbers, without traps.
enum NumberConversion {
  /// A real number cut to an integer of a type: what does not fit becomes the nearest bound.
  ///
  /// NaN becomes the greatest value. ONNX leaves both open; TensorFlow Lite's CAST does so. Types
  /// narrower than a byte wrap instead, as ONNX's reference implementation lets them.
  ///
  /// - Parameters:
  ///   - value: The number.
  ///   - type: An integer type.
  /// - Returns: The integer; for uint64 its bit pattern.
  static func integer(_ value: Double, _ type: ElementType) -> Int64 {
    if type == .uint64 {
      if value.isNaN || value >= 18_446_744_073_709_551_616 { return -1 }
      return value <= 0 ? 0 : Int64(bitPattern: UInt64(value))
    }
    if let wrap = IntegerWrap(type), type.bitWidth ?? 8 < 8 { return wrap(integer(value, .int64)) }
    let range = bounds(type)
    if value.isNaN || value >= Double(range.upperBound) { return range.upperBound }
    if value <= Double(range.lowerBound) { return range.lowerBound }
    return Int64(value)
  }

  /// The integers that a type of at most 64 bits holds; those of int64 for uint64 and other types.
  static func bounds(_ type: ElementType) -> ClosedRange<Int64> {
    guard type.isInteger, let bits = type.bitWidth, bits < 64 else { return Int64.min...Int64.max }
    let half = Int64(1) << Int64(bits - 1)
    return type.isUnsignedInteger ? 0...(half - 1 + half) : -half...(half - 1)
  }
}
