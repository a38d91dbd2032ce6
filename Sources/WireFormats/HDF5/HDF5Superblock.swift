import ByteIO

/// What a file begins with.
///
/// Layout (HDF5 File Format Specification 3.0, II.A), versions 0 and 1:
/// 1. signature of 8 bytes, versions of superblock, free space, root entry; reserved; version of
///    shared headers, size of addresses, size of lengths, reserved;
/// 2. ranks of leaves and inner nodes of groups (2 bytes each), flags (4); in version 1 the rank of
///    chunk trees (2) and 2 reserved;
/// 3. addresses: base, free space, end of file, driver information;
/// 4. the symbol table entry of the root group.
///
/// Versions 2 and 3:
/// 1. signature, version, size of addresses, size of lengths, flags;
/// 2. addresses: base, extension, end of file, object header of the root group; checksum.
struct HDF5Superblock: Sendable {
  var frame: HDF5Frame
  var bytes: Bytes
  /// Where more facts about the file are.
  var extensionAddress: UInt64?

  /// Where the superblock is: at the start, or behind a block of the user's that has 512, 1024, …
  /// bytes.
  static func place(in bytes: Bytes) -> Int? {
    var place = 0
    while place < bytes.count {
      if (try? bytes.uint64(at: place)) == signature { return place }
      place = place == 0 ? 512 : place * 2
    }
    return nil
  }

  /// The byte 0x89, `HDF`, carriage return, line feed, 0x1A, line feed.
  private static let signature: UInt64 = 0x0A1A_0A0D_4644_4889

  init(_ file: Bytes, checksIntegrity: Bool) throws(ReadError) {
    guard let place = Self.place(in: file) else {
      throw ReadError(.modelInvalid, "not an HDF5 file: it has no superblock", at: file.offset)
    }
    frame = HDF5Frame(bytes: try file.suffix(from: place), checksIntegrity: checksIntegrity)
    bytes = frame.bytes
    var cursor = frame.cursor(frame.bytes)
    try cursor.skip(8)
    let version = try cursor.version(0...3, "the superblock")
    if version < 2 {
      try readOld(&cursor, version)
    } else {
      try readNew(&cursor)
    }
  }

  private mutating func readOld(_ cursor: inout HDF5Cursor, _ version: UInt8) throws(ReadError) {
    try cursor.skip(4)
    try readSizes(&cursor)
    try cursor.skip(1)
    frame.groupLeafRank = Int(try cursor.uint16())
    frame.groupInnerRank = Int(try cursor.uint16())
    try cursor.skip(4)
    if version == 1 {
      frame.chunkRank = Int(try cursor.uint16())
      try cursor.skip(2)
    }
    // Addresses are wider or narrower than the default from here on.
    var rest = frame.cursor(try frame.bytes.suffix(from: cursor.position))
    let base = try rest.address()
    _ = try rest.address()
    try checkEnd(try rest.address(of: "the end of the file"), base)
    if try rest.address() != nil {
      throw ReadError(
        .modelUnsupported,
        "a file that a driver spreads over several files",
        at: rest.bytes.offset
      )
    }
    _ = try rest.length()
    frame.root = try rest.address(of: "the root group")
    try rest.skip(24)
    bytes = try frame.bytes.slice(at: 0, count: cursor.position + rest.position)
  }

  private mutating func readNew(_ cursor: inout HDF5Cursor) throws(ReadError) {
    try readSizes(&cursor)
    try cursor.skip(1)
    var rest = frame.cursor(try frame.bytes.suffix(from: cursor.position))
    let base = try rest.address()
    extensionAddress = try rest.address()
    try checkEnd(try rest.address(of: "the end of the file"), base)
    frame.root = try rest.address(of: "the root group")
    try rest.skip(4)
    bytes = try frame.bytes.slice(at: 0, count: cursor.position + rest.position)
    try frame.verify(bytes, "the superblock")
  }

  private mutating func readSizes(_ cursor: inout HDF5Cursor) throws(ReadError) {
    let place = cursor.bytes.offset + cursor.position
    frame.addressSize = Int(try cursor.uint8())
    frame.lengthSize = Int(try cursor.uint8())
    guard [2, 4, 8].contains(frame.addressSize), [2, 4, 8].contains(frame.lengthSize) else {
      throw ReadError(
        .modelUnsupported,
        "addresses of \(frame.addressSize) and lengths of \(frame.lengthSize) bytes",
        at: place,
        hint: "2, 4 and 8 are read"
      )
    }
  }

  /// The end is an address in the whole file, like the base; the file may be longer, not shorter.
  private func checkEnd(_ end: UInt64, _ base: UInt64?) throws(ReadError) {
    let base = base ?? 0
    let size = end >= base ? end - base : end
    guard !frame.checksIntegrity || size <= UInt64(frame.bytes.count) else {
      throw ReadError(
        .modelTruncated,
        "the file says that it has \(size) bytes, \(frame.bytes.count) are there",
        at: frame.bytes.endOffset,
        hint: "is the download complete?"
      )
    }
  }

  /// Reads the ranks of old trees from the superblock extension.
  mutating func readExtension(_ trace: inout HDF5Trace) throws(ReadError) {
    guard let extensionAddress else { return }
    let header = try HDF5ObjectHeader(at: extensionAddress, frame, &trace)
    guard let ranks = try header.body(.treeRanks, frame, &trace) else { return }
    var cursor = frame.cursor(ranks)
    try cursor.version(0...0, "tree ranks")
    frame.chunkRank = Int(try cursor.uint16())
    frame.groupInnerRank = Int(try cursor.uint16())
    frame.groupLeafRank = Int(try cursor.uint16())
  }
}
