import ByteIO

/// Reads FlatBuffers: data that is used in place, without unpacking.
///
/// Layout, all numbers little endian:
/// 1. The first 4 bytes are the offset of the root table; 4 bytes of file identifier may follow.
/// 2. A table starts with a signed 32-bit distance back to its vtable.
/// 3. A vtable is a row of 16-bit numbers: its own size, the size of the table's fixed part, then
///    for each field ("slot") its place in the table, or 0 where the field is left out.
/// 4. Tables, vectors and strings are referred to by unsigned 32-bit distances forward.
/// 5. A vector is a 32-bit element count and the elements; a string is a vector of bytes that is
///    followed by a zero.
///
/// Source: FlatBuffers internals documentation.
///
/// Every access is checked when it is made, so nothing needs to be verified first, and what is
/// read is noted so that a ledger can say what each byte is for. Distances go forward only and
/// depth and number of tables have limits: no arrangement of bytes makes reading endless.
// A class: the limits count over one reading of one buffer.
package final class FlatBuffer {
  /// The whole buffer.
  package let bytes: Bytes
  package let limits: FlatBufferLimits

  /// What has been read, in the order of reading; parts read twice are listed twice.
  package private(set) var ranges: [FlatBufferRange] = []

  private var tableCount = 0
  private var seenVTables: Set<Int> = []

  /// Starts reading a buffer.
  package init(_ bytes: Bytes, limits: FlatBufferLimits? = nil) {
    self.bytes = bytes
    self.limits = limits ?? FlatBufferLimits(byteCount: bytes.count)
  }

  /// The root table.
  package func root() throws(ReadError) -> FlatBufferTable {
    note(0, 4, .table)
    return try table(at: try target(of: 0, "the root table"), depth: 1)
  }

  /// The table at an offset within the buffer.
  func table(at position: Int, depth: Int) throws(ReadError) -> FlatBufferTable {
    guard depth <= limits.depth else {
      throw exceeded(
        "tables are nested deeper than \(limits.depth)",
        "flatbuffer-depth",
        at: position
      )
    }
    guard tableCount < limits.tables else {
      throw exceeded(
        "there are more than \(limits.tables) tables",
        "flatbuffer-tables",
        at: position
      )
    }
    tableCount += 1
    let distance = Int(try bytes.int32(at: position))
    let (vtable, overflow) = position.subtractingReportingOverflow(distance)
    guard !overflow, vtable >= 0, bytes.count >= 4, vtable <= bytes.count - 4 else {
      throw invalid("a table's vtable lies outside the file", at: position)
    }
    let vtableSize = Int(try bytes.uint16(at: vtable))
    let tableSize = Int(try bytes.uint16(at: vtable + 2))
    guard vtableSize >= 4, vtableSize % 2 == 0 else {
      throw invalid("a vtable of \(vtableSize) bytes cannot be", at: vtable)
    }
    guard vtableSize <= bytes.count - vtable else {
      throw truncated("a vtable of \(vtableSize) bytes", at: vtable)
    }
    guard tableSize >= 4 else {
      throw invalid("a table of \(tableSize) bytes cannot be", at: position)
    }
    guard tableSize <= bytes.count - position else {
      throw truncated("a table of \(tableSize) bytes", at: position)
    }
    if seenVTables.insert(vtable).inserted { note(vtable, vtableSize, .vtable) }
    note(position, tableSize, .table)
    return FlatBufferTable(
      buffer: self,
      position: position,
      byteCount: tableSize,
      vtable: vtable,
      vtableByteCount: vtableSize,
      depth: depth
    )
  }

  /// Follows the distance that is stored at `position`.
  func target(of position: Int, _ what: @autoclosure () -> String) throws(ReadError) -> Int {
    let distance = Int(try bytes.uint32(at: position))
    guard distance != 0 else { throw invalid("\(what()) points at itself", at: position) }
    guard bytes.count >= 4, position <= bytes.count - 4, distance <= bytes.count - 4 - position
    else {
      throw truncated("\(what()) at distance \(distance)", at: position)
    }
    return position + distance
  }

  /// The elements of the vector at `position`.
  func elements(
    at position: Int,
    elementSize: Int,
    kind: FlatBufferRange.Kind,
    _ what: @autoclosure () -> String
  ) throws(ReadError) -> FlatBufferElements {
    let stated = try bytes.uint32(at: position)
    // The count itself was read, so `position + 4` is at most the end.
    let start = position + 4
    let count = try bytes.count(UInt64(stated), elementSize: elementSize, from: start, what())
    let byteCount = count * elementSize
    var noted = 4 + byteCount
    if kind == .string, byteCount < bytes.count - start,
      try bytes.uint8(at: start + byteCount) == 0
    {
      noted += 1
    }
    note(position, noted, kind)
    return FlatBufferElements(
      count: count,
      position: start,
      bytes: try bytes.slice(at: start, count: byteCount, what()),
      range: bytes.offset + position..<bytes.offset + position + noted
    )
  }

  private func note(_ position: Int, _ byteCount: Int, _ kind: FlatBufferRange.Kind) {
    ranges.append(
      FlatBufferRange(offset: bytes.offset + position, byteCount: byteCount, kind: kind)
    )
  }

  private func truncated(_ what: String, at position: Int) -> ReadError {
    ReadError(
      .modelTruncated,
      "\(what) lies outside the \(bytes.endOffset) bytes there are",
      at: bytes.offset + position,
      hint: "is the file complete?"
    )
  }

  func invalid(_ message: String, at position: Int) -> ReadError {
    ReadError(.modelInvalid, message, at: bytes.offset + position)
  }

  private func exceeded(_ message: String, _ limit: String, at position: Int) -> ReadError {
    ReadError(
      .limitExceeded,
      message,
      at: bytes.offset + position,
      hint: "--limit \(limit)=N allows more"
    )
  }
}

/// How much of a FlatBuffer is read before giving up.
package struct FlatBufferLimits: Sendable {
  /// How deep tables may be nested.
  package var depth: Int
  /// How many tables may be visited; a table that is referred to twice counts twice.
  package var tables: Int

  package init(depth: Int, tables: Int) {
    self.depth = depth
    self.tables = tables
  }

  /// The limits for a buffer of a size: those of FlatBuffers' own verifier (64 and 1,000,000).
  ///
  /// A larger buffer may have as many tables as can stand side by side in it, 12 bytes each with
  /// what refers to them: the work stays linear in the file's size.
  package init(byteCount: Int) {
    self.init(depth: 64, tables: max(1_000_000, byteCount / 12))
  }
}

/// A part of a FlatBuffer that was read.
package struct FlatBufferRange: Equatable, Sendable {
  /// What kind of part it is.
  package enum Kind: UInt8, Sendable {
    case table, vtable, vector, string
  }

  /// Where it begins in the file.
  package var offset: Int
  package var byteCount: Int
  package var kind: Kind
}

/// The checked place of a vector's elements.
struct FlatBufferElements {
  let count: Int
  /// Where the first element is in the buffer.
  let position: Int
  let bytes: Bytes
  /// The file's bytes that the vector takes, its count included.
  let range: Range<Int>
}
