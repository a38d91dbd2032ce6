/// A range of a byte source: what readers read and where constants stay.
///
/// Offsets given to its methods are relative to its start; errors carry the offset in the file.
/// Every access is checked against the range, by subtraction so that no sum can overflow.
package struct Bytes: Sendable {
  /// The file or memory that the bytes are in.
  package let source: ByteSource
  /// Where the range begins in the source.
  package let offset: Int
  /// The number of bytes.
  package let count: Int

  init(source: ByteSource, offset: Int, count: Int) {
    self.source = source
    self.offset = offset
    self.count = count
  }

  /// Whether there is nothing in it.
  package var isEmpty: Bool { count == 0 }

  /// The place after the last byte, in the source.
  package var endOffset: Int { offset + count }

  /// The part of `byteCount` bytes that begins at `start`.
  ///
  /// - Throws: `MODEL_TRUNCATED` where the range does not lie inside this one.
  package func slice(
    at start: Int,
    count byteCount: Int,
    _ what: @autoclosure () -> String = "a range"
  ) throws(ReadError) -> Bytes {
    try check(start, byteCount, what())
    return Bytes(source: source, offset: offset + start, count: byteCount)
  }

  /// The part from `start` to the end.
  package func suffix(from start: Int) throws(ReadError) -> Bytes {
    try check(start, 0, "a range")
    return Bytes(source: source, offset: offset + start, count: count - start)
  }

  /// A little-endian integer or float of its own size.
  @inline(__always)
  private func load<Value: BitwiseCopyable>(
    _ start: Int,
    as type: Value.Type
  ) throws(ReadError) -> Value {
    guard start >= 0, start <= count - MemoryLayout<Value>.size else {
      throw truncated(start, MemoryLayout<Value>.size, "a number")
    }
    return source.load(offset + start, as: type)
  }

  /// The byte at `start`.
  package func uint8(at start: Int) throws(ReadError) -> UInt8 { try load(start, as: UInt8.self) }

  /// The signed byte at `start`.
  package func int8(at start: Int) throws(ReadError) -> Int8 { try load(start, as: Int8.self) }

  /// The 16 bits at `start`, little endian.
  package func uint16(at start: Int) throws(ReadError) -> UInt16 {
    UInt16(littleEndian: try load(start, as: UInt16.self))
  }

  /// The 32 bits at `start`, little endian.
  package func uint32(at start: Int) throws(ReadError) -> UInt32 {
    UInt32(littleEndian: try load(start, as: UInt32.self))
  }

  /// The signed 32 bits at `start`, little endian.
  package func int32(at start: Int) throws(ReadError) -> Int32 {
    Int32(bitPattern: try uint32(at: start))
  }

  /// The 64 bits at `start`, little endian.
  package func uint64(at start: Int) throws(ReadError) -> UInt64 {
    UInt64(littleEndian: try load(start, as: UInt64.self))
  }

  /// The signed 64 bits at `start`, little endian.
  package func int64(at start: Int) throws(ReadError) -> Int64 {
    Int64(bitPattern: try uint64(at: start))
  }

  /// The IEEE 754 single at `start`, little endian.
  package func float32(at start: Int) throws(ReadError) -> Float {
    Float(bitPattern: try uint32(at: start))
  }

  /// The IEEE 754 double at `start`, little endian.
  package func float64(at start: Int) throws(ReadError) -> Double {
    Double(bitPattern: try uint64(at: start))
  }

  /// A count of elements from the file, refused unless that many could follow `start`.
  ///
  /// - Parameters:
  ///   - value: The count as the file states it.
  ///   - elementSize: The fewest bytes that one element takes; at least 1.
  ///   - start: Where the elements begin.
  ///   - what: The elements, for the message.
  /// - Returns: The count.
  /// - Throws: `MODEL_TRUNCATED` where the elements would reach past the end.
  package func count(
    _ value: UInt64,
    elementSize: Int,
    from start: Int,
    _ what: @autoclosure () -> String
  ) throws(ReadError) -> Int {
    let left = start >= 0 && start <= count ? count - start : 0
    guard value <= UInt64(left / max(elementSize, 1)) else {
      throw ReadError(
        .modelTruncated,
        "\(what()) wants \(value) × \(elementSize) bytes, \(left) are left",
        at: offset + min(max(start, 0), count),
        hint: "is the file complete?"
      )
    }
    return Int(value)
  }

  /// All bytes as text; bytes that are not UTF-8 become U+FFFD.
  package var string: String {
    withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// A copy of the bytes.
  package var array: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

  /// Whether the bytes at `start` are those of `text`; false where they reach past the end.
  package func has(_ text: StaticString, at start: Int = 0) -> Bool {
    guard start >= 0, start <= count - text.utf8CodeUnitCount else { return false }
    return withUnsafeBytes { bytes in
      (0..<text.utf8CodeUnitCount).allSatisfy { bytes[start + $0] == text.utf8Start[$0] }
    }
  }

  /// Gives the bytes themselves; the pointer must not leave `body`.
  package func withUnsafeBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try source.withUnsafeBytes(offset: offset, count: count, body)
  }

  /// Gives the memory of what was read back to the system; the bytes stay readable.
  ///
  /// It is for large ranges of a mapped file that are not needed again soon.
  package func release() { source.release(offset: offset, count: count) }

  /// Whether two ranges hold the same bytes.
  package func hasSameBytes(as other: Bytes) -> Bool {
    guard count == other.count else { return false }
    if source === other.source, offset == other.offset { return true }
    return withUnsafeBytes { mine in
      other.withUnsafeBytes { theirs in mine.elementsEqualFast(theirs) }
    }
  }

  private func check(_ start: Int, _ byteCount: Int, _ what: @autoclosure () -> String)
    throws(ReadError)
  {
    guard start >= 0, byteCount >= 0, start <= count, byteCount <= count - start else {
      throw truncated(start, byteCount, what())
    }
  }

  private func truncated(_ start: Int, _ byteCount: Int, _ what: String) -> ReadError {
    let (place, overflow) = offset.addingReportingOverflow(start)
    return ReadError(
      .modelTruncated,
      "\(what) of \(byteCount) bytes reaches past byte \(endOffset), where its range ends",
      at: overflow || place < 0 ? offset : place,
      hint: "is the file complete?"
    )
  }
}

extension UnsafeRawBufferPointer {
  /// Compares eight bytes at a time.
  fileprivate func elementsEqualFast(_ other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    var index = 0
    while index + 8 <= count {
      guard
        loadUnaligned(fromByteOffset: index, as: UInt64.self)
          == other.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      else { return false }
      index += 8
    }
    while index < count {
      guard self[index] == other[index] else { return false }
      index += 1
    }
    return true
  }
}
