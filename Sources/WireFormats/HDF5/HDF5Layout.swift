import ByteIO

/// Where the elements of a dataset are.
///
/// Layout of the message (HDF5 File Format Specification 3.0, IV.A.2.i), versions 1 and 2:
/// 1. version, rank, class (0 compact, 1 contiguous, 2 chunked), 5 reserved bytes;
/// 2. address, not for compact data; extents (4 bytes each); size of an element (4) for chunks;
/// 3. size (4) and bytes of compact data.
///
/// Versions 3 and 4:
/// 1. version, class (3: virtual);
/// 2. compact: size (2 bytes), bytes; contiguous: address, size;
/// 3. chunked, version 3: rank with one more for the element, address of a tree of version 1,
///    extents of a chunk (4 bytes each) and the size of an element (4);
/// 4. chunked, version 4: flags, rank with one more, width of the following, extents and size of an
///    element; kind of index, its parameters, its address.
enum HDF5Layout: Sendable {
  case compact(Bytes)
  /// `nil` where nothing was ever written.
  case contiguous(Bytes?)
  case chunked(HDF5Chunking)

  init(_ message: Bytes, byteCount: Int, _ frame: HDF5Frame) throws(ReadError) {
    var cursor = frame.cursor(message)
    let version = try cursor.version(1...4, "data layouts")
    guard version >= 3 else {
      self = try Self.old(&cursor, byteCount: byteCount, frame)
      return
    }
    let layoutClass = try cursor.uint8()
    switch layoutClass {
    case 0:
      let count = Int(try cursor.uint16())
      self = .compact(try cursor.take(count, "compact data"))
    case 1:
      let address = try cursor.address()
      let count = try cursor.length()
      self = try Self.contiguous(address, count, byteCount, frame, at: message.offset)
    case 2:
      self = .chunked(
        version == 3
          ? try HDF5Chunking(version3: &cursor) : try HDF5Chunking(version4: &cursor)
      )
    case 3:
      throw ReadError(
        .modelUnsupported,
        "a virtual data set: its elements are in other data sets or files",
        at: message.offset
      )
    default: throw cursor.invalid("data layout class \(layoutClass)")
    }
  }

  private static func old(
    _ cursor: inout HDF5Cursor,
    byteCount: Int,
    _ frame: HDF5Frame
  ) throws(ReadError) -> HDF5Layout {
    let rank = Int(try cursor.uint8())
    let layoutClass = try cursor.uint8()
    try cursor.skip(5)
    let address = layoutClass == 0 ? nil : try cursor.address()
    var extents: [UInt64] = []
    for _ in 0..<rank { extents.append(UInt64(try cursor.uint32())) }
    switch layoutClass {
    case 0:
      return .compact(try cursor.take(UInt64(try cursor.uint32()), "compact data"))
    case 1:
      // These versions leave the size to the shape and the type.
      return try contiguous(
        address,
        UInt64(byteCount),
        byteCount,
        frame,
        at: cursor.bytes.offset
      )
    case 2:
      // The size of an element follows the extents and is one more of them from version 3 on.
      return .chunked(
        HDF5Chunking(
          extents: extents,
          elementSize: UInt64(try cursor.uint32()),
          index: .treeVersion1,
          address: address
        )
      )
    default: throw cursor.invalid("data layout class \(layoutClass)")
    }
  }

  private static func contiguous(
    _ address: UInt64?,
    _ stored: UInt64,
    _ byteCount: Int,
    _ frame: HDF5Frame,
    at offset: Int
  ) throws(ReadError) -> HDF5Layout {
    guard let address else { return .contiguous(nil) }
    let what = "data of \(byteCount) bytes"
    let bytes = try frame.slice(at: address, count: stored, what)
    guard byteCount <= bytes.count else {
      throw ReadError(
        .modelInvalid,
        "\(bytes.count) bytes of data, the shape needs \(byteCount)",
        at: offset
      )
    }
    return .contiguous(bytes)
  }
}

/// How a dataset is cut into chunks, and how they are found.
struct HDF5Chunking: Sendable {
  /// The kind of index.
  enum Index: Equatable, Sendable {
    case treeVersion1
    /// One chunk: its stored size and the filters that were skipped, where there are filters.
    case single(byteCount: UInt64?, mask: UInt32)
    /// All chunks stand one after the other.
    case implicit
    case fixedArray
    case extensibleArray
    case treeVersion2
  }

  /// The extents of a chunk, slowest first.
  var extents: [UInt64]
  var elementSize: UInt64
  var index: Index
  /// Where the index is; `nil` where nothing was ever written.
  var address: UInt64?
  /// Whether chunks that reach past the edge are stored without filters.
  var leavesEdgesUnfiltered = false

  init(extents: [UInt64], elementSize: UInt64, index: Index, address: UInt64?) {
    self.extents = extents
    self.elementSize = elementSize
    self.index = index
    self.address = address
  }

  init(version3 cursor: inout HDF5Cursor) throws(ReadError) {
    let rank = Int(try cursor.uint8())
    address = try cursor.address()
    extents = []
    for _ in 0..<rank { extents.append(UInt64(try cursor.uint32())) }
    elementSize = extents.popLast() ?? 0
    index = .treeVersion1
  }

  init(version4 cursor: inout HDF5Cursor) throws(ReadError) {
    let flags = try cursor.uint8()
    leavesEdgesUnfiltered = flags & 1 != 0
    let rank = Int(try cursor.uint8())
    let width = Int(try cursor.uint8())
    extents = []
    for _ in 0..<rank { extents.append(try cursor.integer(width)) }
    elementSize = extents.popLast() ?? 0
    let kind = try cursor.uint8()
    switch kind {
    case 1 where flags & 2 != 0:
      let byteCount = try cursor.length()
      index = .single(byteCount: byteCount, mask: try cursor.uint32())
    case 1: index = .single(byteCount: nil, mask: 0)
    case 2: index = .implicit
    case 3:
      try cursor.skip(1)
      index = .fixedArray
    case 4:
      try cursor.skip(5)
      index = .extensibleArray
    case 5:
      try cursor.skip(6)
      index = .treeVersion2
    default: throw cursor.invalid("chunk index \(kind)")
    }
    address = try cursor.address()
  }
}
