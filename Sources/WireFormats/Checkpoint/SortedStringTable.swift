import ByteIO

/// A sorted table of keys and values as LevelDB writes it.
///
/// Layout:
/// 1. Data blocks, one after the other.
/// 2. The metaindex block, which names filters; TensorFlow writes an empty one.
/// 3. The index block: for each data block a key not before its last one, and its handle.
/// 4. The footer of 48 bytes: the handles of metaindex and index, zeros, a magic number.
///
/// A handle is two varints: offset and size. Each block is followed by a byte for its compression
/// (0 none, 1 Snappy) and the masked CRC-32C of block and byte.
///
/// Source: LevelDB, `doc/table_format.md`. `SortedStringBlock` says what is in a block.
struct SortedStringTable {
  /// The last eight bytes of a table.
  static let magic: UInt64 = 0xDB47_7524_8B80_FB57
  private static let footerByteCount = 48
  private static let trailerByteCount = 5

  private let file: Bytes
  private let index: Handle

  /// Where a block is.
  private struct Handle {
    let offset: Int
    let byteCount: Int
    /// The place after its trailer.
    var end: Int { offset + byteCount + trailerByteCount }
  }

  /// Reads the footer.
  ///
  /// - Throws: `MODEL_TRUNCATED` or `MODEL_INVALID` where it is none, or leads out of the file.
  init(_ file: Bytes) throws(ReadError) {
    guard file.count >= Self.footerByteCount else {
      throw ReadError(
        .modelTruncated,
        "a table has at least \(Self.footerByteCount) bytes and this has \(file.count)",
        at: file.offset,
        hint: "is the file complete?"
      )
    }
    guard try file.uint64(at: file.count - 8) == Self.magic else {
      throw ReadError(
        .modelInvalid,
        "no checkpoint index: it does not end in the magic number of such tables",
        at: file.endOffset - 8,
        hint: "is the file complete, and no Git LFS pointer?"
      )
    }
    self.file = file
    let footer = file.count - Self.footerByteCount
    let handles = try file.slice(at: footer, count: Self.footerByteCount - 8)
    let (meta, end) = try Self.handle(handles, at: 0, before: footer)
    index = try Self.handle(handles, at: end, before: footer).handle
    _ = try located("metaindex") { () throws(ReadError) in try Self.contents(of: meta, in: file) }
  }

  /// Gives all keys and values, in the order of the keys.
  ///
  /// - Parameter visit: Called for each; the key is whole, the value not copied unless it was
  ///   compressed.
  /// - Throws: where a block is not what the format says, keys do not grow, or they take more memory
  ///   than 32 times the file and 16 MiB.
  func forEach(
    _ visit: (_ key: [UInt8], _ value: Bytes) throws(ReadError) -> Void
  ) throws(ReadError) {
    var separators = SortedKeys(byteBudget: min(file.count, 1 << 40) * 32 + 16 << 20)
    var keys = separators
    var blockNumber = 0
    var end = 0
    let index = try block(index, "index")
    try index.forEach(&separators) { separator, value throws(ReadError) in
      let name = "block \(blockNumber)"
      let handle = try Self.handle(value, at: 0, before: file.count - Self.footerByteCount).handle
      // Blocks that overlap would let a small file ask for much work.
      guard handle.offset >= end else {
        throw ReadError(
          .modelInvalid,
          "\(name) begins at byte \(handle.offset), before the end of the one before it",
          at: value.offset
        )
      }
      end = handle.end
      blockNumber += 1
      let block = try block(handle, name)
      try located(name) { () throws(ReadError) in
        try block.forEach(&keys, visit)
        if let last = keys.last, separator.lexicographicallyPrecedes(last) {
          throw ReadError(
            .modelInvalid,
            "a block holds keys beyond the one that the index states",
            at: value.offset
          )
        }
      }
    }
  }

  private func block(_ handle: Handle, _ name: String) throws(ReadError) -> SortedStringBlock {
    let file = file
    return try located(name) { () throws(ReadError) in
      try SortedStringBlock(try Self.contents(of: handle, in: file))
    }
  }

  /// A handle whose block lies, with its trailer, before `limit`.
  private static func handle(
    _ bytes: Bytes,
    at start: Int,
    before limit: Int
  ) throws(ReadError) -> (handle: Handle, end: Int) {
    let (offset, middle) = try bytes.varint(at: start)
    let (size, end) = try bytes.varint(at: middle)
    guard let offset = Int(exactly: offset), let size = Int(exactly: size), offset <= limit,
      size <= limit - offset, trailerByteCount <= limit - offset - size
    else {
      throw ReadError(
        .modelInvalid,
        "a block of \(size) bytes at \(offset) does not lie in the file",
        at: bytes.offset + start,
        hint: "is the file complete?"
      )
    }
    return (Handle(offset: offset, byteCount: size), end)
  }

  /// The bytes of a block, checked and decompressed.
  private static func contents(of handle: Handle, in file: Bytes) throws(ReadError) -> Bytes {
    let stored = try file.slice(at: handle.offset, count: handle.byteCount, "a block")
    let checked = try file.slice(at: handle.offset, count: handle.byteCount + 1, "a block")
    let check = try file.uint32(at: handle.offset + handle.byteCount + 1)
    guard CRC32C.masked(CRC32C.value(of: checked)) == check else {
      throw ReadError(
        .modelInvalid,
        "the checksum of a block of \(handle.byteCount) bytes is wrong",
        at: stored.offset,
        hint: "the file is damaged"
      )
    }
    switch try file.uint8(at: handle.offset + handle.byteCount) {
    case 0: return stored
    case 1: return ByteSource(try Snappy.decode(stored), name: file.source.name).bytes
    case let other:
      throw ReadError(
        .modelUnsupported,
        "a block has the unknown compression \(other)",
        at: stored.endOffset
      )
    }
  }
}
