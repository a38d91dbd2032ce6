import ByteIO

/// One message in protobuf's wire format: its bytes, and how deep it is nested.
///
/// Layout:
/// 1. A message is a run of fields; there is no header and no length.
/// 2. A field is a tag, then its value. The tag is a varint: `number << 3 | wire type`.
/// 3. Wire type 0: a varint. 1: eight bytes. 2: a varint length, then that many bytes (text, bytes,
///    a nested message, or packed scalars). 3 and 4: the begin and end of a group. 5: four bytes.
/// 4. A repeated field stands several times; scalars may also stand packed in one of wire type 2.
///
/// Source: Protocol Buffers documentation, "Encoding". Nothing here knows a schema.
package struct ProtobufMessage: Sendable {
  /// The most levels of messages and groups inside each other, counting every path to them.
  ///
  /// Source: the default of the C++, Java and Swift implementations.
  package static let maximumDepth = 100

  /// The fields.
  package let bytes: Bytes
  /// How many messages and groups are around this one.
  package let depth: Int

  /// The outermost message of a file.
  package init(_ bytes: Bytes) {
    self.init(bytes, depth: 0)
  }

  init(_ bytes: Bytes, depth: Int) {
    self.bytes = bytes
    self.depth = depth
  }

  /// Where its bytes are in the source.
  package var range: Range<Int> { bytes.offset..<bytes.endOffset }

  /// A cursor before the first field.
  package var fields: ProtobufReader { ProtobufReader(self) }
}
