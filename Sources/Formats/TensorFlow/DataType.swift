import ModelIR

/// TensorFlow's element types by their numbers.
///
/// Source: TensorFlow, `core/framework/types.proto`.
enum DataType {
  /// The number of text.
  static let string = 7
  /// The number of handles to variables and tables.
  static let resource = 20
  /// The number of opaque values.
  static let variant = 21

  /// Our type; a reference to a variable counts as its value, numbers that are not known as unknown.
  static func element(_ number: Int) -> ElementType {
    // From 101 on the same types again, as references (TensorFlow 1's variables).
    switch number > 100 ? number - 100 : number {
    case 1: .float32
    case 2: .float64
    case 3, 13: .int32
    case 4, 12: .uint8
    case 5, 15: .int16
    case 6, 11: .int8
    case 7: .string
    case 8: .complex64
    case 9: .int64
    case 10: .bool
    case 14: .bfloat16
    case 16, 17: .uint16
    case 18: .complex128
    case 19: .float16
    case 20: .resource
    case 21: .variant
    case 22: .uint32
    case 23: .uint64
    case 24: .float8e5m2
    case 25: .float8e4m3fn
    case 26: .float8e4m3fnuz
    case 28: .float8e5m2fnuz
    case 29: .int4
    case 30: .uint4
    case 31: .int2
    case 32: .uint2
    default: .unknown
    }
  }
}
