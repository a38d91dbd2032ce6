import ByteIO

/// The bytes of tensors.
extension CheckpointTable {
  /// The range of a data file that holds a tensor or a part of one; nothing is copied.
  ///
  /// - Parameters:
  ///   - extent: Where it is.
  ///   - shard: The bytes of the data file that the extent names.
  /// - Returns: The bytes.
  /// - Throws: `MODEL_TRUNCATED` where the file is too short.
  package static func bytes(
    of extent: CheckpointExtent,
    in shard: Bytes
  ) throws(ReadError) -> Bytes {
    try shard.slice(at: extent.offset, count: extent.byteCount, "a tensor")
  }

  /// Compares the bytes of a tensor of numbers with their checksum.
  ///
  /// - Throws: `MODEL_INVALID` where they differ.
  /// - Complexity: O(byte count): all of them are read.
  package static func verify(_ bytes: Bytes, of extent: CheckpointExtent) throws(ReadError) {
    guard CRC32C.masked(CRC32C.value(of: bytes)) == extent.maskedChecksum else {
      throw damaged(bytes, "the checksum of a tensor is wrong")
    }
  }

  /// The elements of a tensor of text, in row-major order; nothing is copied.
  ///
  /// Layout: the length of each element as a varint; the masked CRC-32C of the lengths; the bytes of
  /// all elements. In the check, a length counts as 32 bits, or 64 where it needs them.
  ///
  /// Source: TensorFlow, `WriteStringTensor` in `core/util/tensor_bundle/tensor_bundle.cc`.
  ///
  /// - Parameters:
  ///   - entry: The tensor, of `CheckpointEntry.stringType` and not in parts.
  ///   - shard: The bytes of the data file that it names.
  /// - Returns: As many texts as the shape has elements.
  /// - Throws: `MODEL_INVALID` where a checksum is wrong or the lengths do not fill the tensor.
  package static func strings(
    of entry: CheckpointEntry,
    in shard: Bytes
  ) throws(ReadError) -> [Bytes] {
    let bytes = try bytes(of: entry.extent, in: shard)
    guard entry.dataType == CheckpointEntry.stringType, entry.parts.isEmpty else {
      throw ReadError(
        .modelInvalid,
        "\(quotedForMessage(entry.key)) should be a tensor of text",
        at: bytes.offset
      )
    }
    // A tensor without elements has no bytes at all, or only the check of no lengths.
    if entry.elementCount == 0, bytes.isEmpty { return [] }
    let count = try bytes.count(
      UInt64(clamping: entry.elementCount),
      elementSize: 1,
      from: 0,
      "the list of lengths"
    )
    var lengths: [UInt64] = []
    var check = CRC32C()
    var position = 0
    for _ in 0..<count {
      let (length, end) = try bytes.varint(at: position)
      lengths.append(length)
      position = end
      check.update(littleEndian(length, byteCount: length <= UInt64(UInt32.max) ? 4 : 8))
    }
    guard CRC32C.masked(check.value) == (try bytes.uint32(at: position)) else {
      throw damaged(bytes, "the checksum of the lengths of a tensor of text is wrong")
    }
    check.update(try bytes.slice(at: position, count: 4))
    position += 4
    check.update(try bytes.suffix(from: position))
    guard CRC32C.masked(check.value) == entry.extent.maskedChecksum else {
      throw damaged(bytes, "the checksum of a tensor is wrong")
    }
    var elements: [Bytes] = []
    for length in lengths {
      let byteCount = try bytes.count(length, elementSize: 1, from: position, "a text")
      elements.append(try bytes.slice(at: position, count: byteCount))
      position += byteCount
    }
    guard position == bytes.count else {
      throw ReadError(
        .modelInvalid,
        "\(bytes.count - position) bytes stand behind the last text of a tensor",
        at: bytes.offset + position
      )
    }
    return elements
  }

  private static func littleEndian(_ value: UInt64, byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  private static func damaged(_ bytes: Bytes, _ message: String) -> ReadError {
    ReadError(.modelInvalid, message, at: bytes.offset, hint: "the file is damaged")
  }
}
