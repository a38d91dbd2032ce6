import ModelIR

/// The element types of TFLite by number.
///
/// Source: the `TensorType` enumeration of TensorFlow Lite's schema.
enum TensorType {
  /// The types by number.
  static let all: [ElementType] = [
    .float32, .float16, .int32, .uint8, .int64, .string, .bool, .int16, .complex64, .int8,
    .float64, .complex128, .uint64, .resource, .variant, .uint32, .uint16, .int4, .bfloat16,
    .int2, .uint4, .float8e4m3fn, .float8e5m2,
  ]

  /// The type with a number; `nil` where the number is newer than this table.
  static func element(_ number: Int8) -> ElementType? {
    let index = Int(number)
    return all.indices.contains(index) ? all[index] : nil
  }
}
