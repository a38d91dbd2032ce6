import ByteIO

/// The value of a field as the wire has it; what it means is the schema's.
package enum ProtobufValue: Sendable {
  case varint(UInt64)
  case fixed64(UInt64)
  case fixed32(UInt32)
  /// Text, bytes, a message or packed scalars.
  case bytes(Bytes)
  /// The body of a group, which no current schema uses.
  case group(Bytes)
}

/// One field of a message.
package struct ProtobufField: Sendable {
  /// The number in the schema, from 1 to 2^29 - 1.
  package let number: Int
  package let value: ProtobufValue
  /// Where tag and value stand in the source.
  package let range: Range<Int>
  /// How many messages are around the one that the field is in.
  let depth: Int
}

/// What the schema says that the field is; the wrong wire type is an error that names the field.
extension ProtobufField {
  /// An unsigned integer.
  package func uint64(_ what: StaticString) throws(ReadError) -> UInt64 {
    guard case .varint(let value) = value else { throw mismatch(what, "an integer") }
    return value
  }

  /// A signed integer in two's complement (`int32`, `int64`, `bool`, `enum`).
  package func int64(_ what: StaticString) throws(ReadError) -> Int64 {
    Int64(bitPattern: try uint64(what))
  }

  /// A signed integer in two's complement, as the machine's own.
  package func int(_ what: StaticString) throws(ReadError) -> Int {
    Int(truncatingIfNeeded: try int64(what))
  }

  /// A single-precision number.
  package func float(_ what: StaticString) throws(ReadError) -> Float {
    guard case .fixed32(let bits) = value else { throw mismatch(what, "a float") }
    return Float(bitPattern: bits)
  }

  /// Text or bytes, where they stand.
  package func bytes(_ what: StaticString) throws(ReadError) -> Bytes {
    guard case .bytes(let bytes) = value else { throw mismatch(what, "text or bytes") }
    return bytes
  }

  /// A nested message.
  ///
  /// - Throws: `LIMIT_EXCEEDED` where it is nested deeper than `ProtobufMessage.maximumDepth`.
  package func message(_ what: StaticString) throws(ReadError) -> ProtobufMessage {
    guard case .bytes(let bytes) = value else { throw mismatch(what, "a message") }
    guard depth < ProtobufMessage.maximumDepth else {
      throw .nestedTooDeep(at: range.lowerBound)
    }
    return ProtobufMessage(bytes, depth: depth + 1)
  }

  /// Appends the integers of a repeated field, packed or not.
  package func append(to integers: inout [Int], _ what: StaticString) throws(ReadError) {
    switch value {
    case .varint(let value):
      integers.append(Int(truncatingIfNeeded: value))
    case .bytes(let packed):
      var position = 0
      while position < packed.count {
        let (value, end) = try packed.varint(at: position)
        integers.append(Int(truncatingIfNeeded: value))
        position = end
      }
    default:
      throw mismatch(what, "integers")
    }
  }

  /// Appends the single-precision numbers of a repeated field, packed or not.
  package func append(to floats: inout [Float], _ what: StaticString) throws(ReadError) {
    switch value {
    case .fixed32(let bits):
      floats.append(Float(bitPattern: bits))
    case .bytes(let packed):
      guard packed.count % 4 == 0 else {
        throw ReadError(
          .modelInvalid,
          "\(what) has \(packed.count) bytes, which is no whole number of floats",
          at: packed.offset
        )
      }
      for index in 0..<packed.count / 4 {
        floats.append(try packed.float32(at: index * 4))
      }
    default:
      throw mismatch(what, "floats")
    }
  }

  /// The error for a wire type that does not fit the schema.
  package func mismatch(_ what: StaticString, _ wanted: StaticString) -> ReadError {
    let found =
      switch value {
      case .varint: "an integer"
      case .fixed64: "eight bytes"
      case .fixed32: "four bytes"
      case .bytes: "text or bytes"
      case .group: "a group"
      }
    return ReadError(
      .modelInvalid,
      "\(what) (field \(number)) should be \(wanted) and is \(found)",
      at: range.lowerBound
    )
  }
}
