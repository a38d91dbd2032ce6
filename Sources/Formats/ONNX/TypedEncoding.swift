import ByteIO
import ModelIR
import WireFormats

/// How values of a type stand in a tensor's typed fields.
///
/// Source: ONNX IR specification, `TensorProto`: small types widen to `int32_data`, four-bit and
/// two-bit ones packed into its low byte first; `uint32` stands in `uint64_data`; complex numbers
/// are two reals.
struct TypedEncoding {
  /// The field that values of the type stand in.
  let field: Int
  /// Whether each takes four or eight bytes on the wire, as in memory.
  let isFixedWidth: Bool
  /// The bytes that one number of the field gives.
  private let width: Int

  init(_ type: ElementType) {
    switch type {
    case .float32, .complex64: (field, width) = (Field.Tensor.floatData, 4)
    case .float64, .complex128: (field, width) = (Field.Tensor.doubleData, 8)
    case .int64: (field, width) = (Field.Tensor.int64Data, 8)
    case .uint32: (field, width) = (Field.Tensor.uint64Data, 4)
    case .uint64: (field, width) = (Field.Tensor.uint64Data, 8)
    case .string: (field, width) = (Field.Tensor.stringData, 0)
    case .int32: (field, width) = (Field.Tensor.int32Data, 4)
    case .int16, .uint16, .float16, .bfloat16: (field, width) = (Field.Tensor.int32Data, 2)
    default: (field, width) = (Field.Tensor.int32Data, 1)
    }
    isFixedWidth = field == Field.Tensor.floatData || field == Field.Tensor.doubleData
  }

  /// The values in memory's form, and where they stand.
  func decode(
    _ message: ProtobufMessage
  ) throws(ReadError) -> (bytes: [UInt8], payloads: [Range<Int>]) {
    var bytes: [UInt8] = []
    var payloads: [Range<Int>] = []
    var fields = message.fields
    while let next = try fields.next() {
      guard next.number == field else { continue }
      var payload = next.range
      switch next.value {
      case .bytes(let packed):
        payload = packed.offset..<packed.endOffset
        if isFixedWidth {
          bytes += packed.array
        } else {
          try decode(packed, to: &bytes)
        }
      case .varint(let value) where !isFixedWidth: append(value, to: &bytes)
      case .fixed32(let value) where isFixedWidth && width == 4: append(UInt64(value), to: &bytes)
      case .fixed64(let value) where isFixedWidth && width == 8: append(value, to: &bytes)
      default: throw next.mismatch("tensor data", "numbers")
      }
      if let last = payloads.last, last.upperBound == payload.lowerBound {
        payloads[payloads.count - 1] = last.lowerBound..<payload.upperBound
      } else if !payload.isEmpty {
        payloads.append(payload)
      }
    }
    return (bytes, payloads)
  }

  private func decode(_ packed: Bytes, to bytes: inout [UInt8]) throws(ReadError) {
    var position = 0
    while position < packed.count {
      let (value, end) = try packed.varint(at: position)
      append(value, to: &bytes)
      position = end
    }
  }

  /// Appends the low bytes, least significant first.
  private func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    for _ in 0..<width {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }
}
