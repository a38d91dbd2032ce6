/// Writes protobuf's wire format, so that a test reads as a description of its input.
package struct ProtobufBuilder: Equatable, Sendable {
  /// What has been written.
  package private(set) var bytes: [UInt8] = []

  /// An empty message.
  package init() {}

  /// A message made from parts that stand one after the other.
  package init(_ parts: [ProtobufBuilder]) {
    bytes = parts.flatMap(\.bytes)
  }

  /// Bytes as they are.
  package static func raw(_ bytes: [UInt8]) -> ProtobufBuilder {
    var builder = ProtobufBuilder()
    builder.bytes = bytes
    return builder
  }

  /// An integer field.
  package static func int(_ number: Int, _ value: Int) -> ProtobufBuilder {
    raw(tag(number, 0) + varint(UInt64(bitPattern: Int64(value))))
  }

  /// A single-precision field.
  package static func float(_ number: Int, _ value: Float) -> ProtobufBuilder {
    raw(tag(number, 5) + littleEndian(value.bitPattern))
  }

  /// A field of eight bytes.
  package static func fixed64(_ number: Int, _ value: UInt64) -> ProtobufBuilder {
    raw(tag(number, 1) + littleEndian(value))
  }

  /// A field of bytes.
  package static func bytes(_ number: Int, _ value: [UInt8]) -> ProtobufBuilder {
    raw(tag(number, 2) + varint(UInt64(value.count)) + value)
  }

  /// A text field.
  package static func text(_ number: Int, _ value: String) -> ProtobufBuilder {
    bytes(number, Array(value.utf8))
  }

  /// A nested message.
  package static func message(_ number: Int, _ parts: [ProtobufBuilder]) -> ProtobufBuilder {
    bytes(number, ProtobufBuilder(parts).bytes)
  }

  /// Integers, packed.
  package static func packed(_ number: Int, _ values: [Int]) -> ProtobufBuilder {
    bytes(number, values.flatMap { varint(UInt64(bitPattern: Int64($0))) })
  }

  /// Single-precision numbers, packed.
  package static func packed(_ number: Int, floats: [Float]) -> ProtobufBuilder {
    bytes(number, floats.flatMap { littleEndian($0.bitPattern) })
  }

  /// A group, as old schemas have it.
  package static func group(_ number: Int, _ parts: [ProtobufBuilder]) -> ProtobufBuilder {
    raw(tag(number, 3) + ProtobufBuilder(parts).bytes + tag(number, 4))
  }

  /// A tag.
  package static func tag(_ number: Int, _ wireType: Int) -> [UInt8] {
    varint(UInt64(number) << 3 | UInt64(wireType))
  }

  /// A variable-length integer.
  package static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var result: [UInt8] = []
    while rest >= 0x80 {
      result.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return result + [UInt8(rest)]
  }

  /// The bytes of a number, least significant first.
  package static func littleEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
