/// The type of one element of a tensor, over all formats.
package enum ElementType: String, Sendable, CaseIterable {
  case float32, float16, bfloat16, float64
  case float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, float8e8m0, float4e2m1
  case int2, int4, int8, int16, int32, int64
  case uint2, uint4, uint8, uint16, uint32, uint64
  case bool, string, complex64, complex128
  /// A handle to a variable or a table.
  case resource
  /// An opaque value (TensorFlow's variant: lists of tensors and the like).
  case variant
  /// Nothing tells the type: the file does not state it, and nobody has inferred it yet.
  case unknown

  /// The bits that one element takes when stored; `nil` where that is not fixed.
  package var bitWidth: Int? {
    switch self {
    case .int2, .uint2: 2
    case .int4, .uint4, .float4e2m1: 4
    case .int8, .uint8, .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .float8e8m0:
      8
    case .int16, .uint16, .float16, .bfloat16: 16
    case .int32, .uint32, .float32: 32
    case .int64, .uint64, .float64, .complex64: 64
    case .complex128: 128
    case .string, .resource, .variant, .unknown: nil
    }
  }

  /// Whether values are real numbers in a floating-point format.
  package var isFloat: Bool {
    switch self {
    case .float32, .float16, .bfloat16, .float64, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .float8e8m0, .float4e2m1:
      true
    default: false
    }
  }

  /// Whether values are integers.
  package var isInteger: Bool {
    switch self {
    case .int2, .int4, .int8, .int16, .int32, .int64, .uint2, .uint4, .uint8, .uint16, .uint32,
      .uint64:
      true
    default: false
    }
  }

  /// Whether values are integers without a sign.
  package var isUnsignedInteger: Bool {
    switch self {
    case .uint2, .uint4, .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }

  /// The bytes that `count` elements take, packed without gaps and rounded up to whole bytes.
  ///
  /// - Returns: `nil` where the type has no fixed size or the product overflows.
  package func byteCount(elements count: Int) -> Int? {
    guard let bitWidth, count >= 0 else { return nil }
    let (bits, overflow) = count.multipliedReportingOverflow(by: bitWidth)
    if !overflow { return bits / 8 + (bits % 8 == 0 ? 0 : 1) }
    guard bitWidth % 8 == 0 else { return nil }
    let (bytes, bytesOverflow) = count.multipliedReportingOverflow(by: bitWidth / 8)
    return bytesOverflow ? nil : bytes
  }
}
