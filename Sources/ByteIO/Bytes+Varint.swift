extension Bytes {
  /// The variable-length integer at `start`: seven bits a byte, least significant first.
  ///
  /// Source: Protocol Buffers encoding, "Base 128 Varints"; LEB128 (DWARF 4, section 7.6).
  ///
  /// - Returns: The value, and the place after its last byte.
  /// - Throws: `MODEL_TRUNCATED` at the end of the range, `MODEL_INVALID` past 64 bits.
  package func varint(at start: Int) throws(ReadError) -> (value: UInt64, end: Int) {
    var place = start
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while place >= 0, place < count {
      let byte = source.load(offset + place, as: UInt8.self)
      place += 1
      // The tenth byte holds bit 63 alone.
      guard shift < 63 || byte <= 1 else {
        throw ReadError(
          .modelInvalid,
          "a variable-length integer does not fit 64 bits",
          at: offset + start
        )
      }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return (value, place) }
      shift += 7
    }
    throw ReadError(
      .modelTruncated,
      "a variable-length integer reaches past byte \(endOffset), where its range ends",
      at: start >= 0 && start <= count ? offset + start : offset,
      hint: "is the file complete?"
    )
  }
}
