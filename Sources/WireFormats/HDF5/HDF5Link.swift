import ByteIO

/// A member of a group: a name and what it stands for.
package struct HDF5Link: Equatable, Sendable {
  /// What a name stands for.
  package enum Target: Equatable, Sendable {
    /// The object whose header is at this address.
    case object(address: UInt64)
    /// Another path in the same file; it need not exist.
    case soft(path: String)
    /// An object in another file. It is never followed.
    case external(file: String, path: String)
    /// A kind that an extension of the library defines.
    case userDefined(type: UInt8)
  }

  package var name: String
  package var target: Target
}

extension HDF5Link {
  /// Reads a link message.
  ///
  /// Layout (HDF5 File Format Specification 3.0, IV.A.2.g):
  /// 1. version 1, flags: width of the name's length (bits 0 and 1), whether the order of creation
  ///    (bit 2), the type (bit 3) and the character set (bit 4) follow;
  /// 2. type: 0 hard, 1 soft, 64 external; order (8 bytes); character set; length; name;
  /// 3. an address; or length (2 bytes) and path; or length, flags and two texts that end in zeros.
  init(message: Bytes, _ frame: HDF5Frame) throws(ReadError) {
    var cursor = frame.cursor(message)
    try cursor.version(1...1, "links")
    let flags = try cursor.uint8()
    let type = flags & 8 == 0 ? 0 : try cursor.uint8()
    if flags & 4 != 0 { try cursor.skip(8) }
    if flags & 16 != 0 { try cursor.skip(1) }
    let nameLength = try cursor.integer(1 << Int(flags & 3))
    name = try cursor.take(nameLength, "the name of a link").string
    switch type {
    case 0: target = .object(address: try cursor.address(of: "the object of a link"))
    case 1:
      let length = Int(try cursor.uint16())
      target = .soft(path: try cursor.take(length, "the path of a link").string)
    case 64:
      try cursor.skip(3)
      let file = try cursor.terminatedText("the file of an external link").string
      let path = try cursor.terminatedText("the path of an external link").string
      target = .external(file: file, path: path)
    default: target = .userDefined(type: type)
    }
  }

  /// The members of a group, by name.
  ///
  /// - Throws: `MODEL_INVALID` where two have the same name: which one counts would be a guess.
  static func members(
    of header: HDF5ObjectHeader,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> [HDF5Link] {
    var links: [HDF5Link] = []
    for message in header.bodies(.link) {
      links.append(try HDF5Link(message: message.body, frame))
    }
    if let info = try header.body(.linkInfo, frame, &trace) {
      links += try dense(info, frame, &trace)
    }
    if let table = try header.body(.symbolTable, frame, &trace) {
      links += try symbols(table, frame, &trace)
    }
    links.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for (link, next) in zip(links, links.dropFirst())
    where link.name.utf8.elementsEqual(next.name.utf8) {
      throw ReadError(.modelInvalid, "a group has two members named \"\(link.name.prefix(128))\"")
    }
    return links
  }

  /// Links in a fractal heap, found by a tree of hashes (4 bytes) and heap IDs.
  ///
  /// Layout of the link info message (IV.A.2.c): version 0, flags (1: the order of creation is
  /// tracked; 2: there is a tree of it), greatest order (8 bytes, with flag 1), addresses of heap,
  /// tree and, with flag 2, the tree of the order.
  private static func dense(
    _ info: Bytes,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> [HDF5Link] {
    var cursor = frame.cursor(info)
    try cursor.version(0...0, "link information")
    let flags = try cursor.uint8()
    if flags & 1 != 0 { try cursor.skip(8) }
    guard let heapAddress = try cursor.address(), let treeAddress = try cursor.address() else {
      return []
    }
    let heap = try HDF5FractalHeap(at: heapAddress, frame, &trace)
    let tree = try HDF5TreeVersion2(at: treeAddress, types: [5], as: .groupIndex, frame, &trace)
    if trace.isRecording, flags & 2 != 0, let byOrder = try cursor.address() {
      _ = try HDF5TreeVersion2(at: byOrder, types: [6], as: .groupIndex, frame, &trace)
    }
    var links: [HDF5Link] = []
    for record in tree.records {
      links.append(try HDF5Link(message: try heap.object(try record.suffix(from: 4)), frame))
    }
    return links
  }

  /// Links of an old group.
  ///
  /// Layouts (IV.A.2.r, III.D, III.B, III.C):
  /// 1. symbol table message: addresses of the tree and of the local heap;
  /// 2. local heap: `HEAP`, version 0, 3 reserved, size of the data, free list, address of the data;
  /// 3. symbol node: `SNOD`, version 1, reserved, entry count (2 bytes), entries;
  /// 4. entry: offset of the name in the heap, address of the object, cache type (4 bytes), 4
  ///    reserved, 16 more: for cache type 2, a soft link, the offset of its path.
  private static func symbols(
    _ table: Bytes,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> [HDF5Link] {
    var cursor = frame.cursor(table)
    let root = try cursor.address(of: "the tree of a group")
    let names = try localHeap(try cursor.address(of: "the heap of a group"), frame, &trace)
    let nodes = try HDF5TreeVersion1.entries(
      at: root,
      type: 0,
      keySize: frame.lengthSize,
      rank: frame.groupInnerRank,
      frame,
      &trace
    )
    var links: [HDF5Link] = []
    // Names do not share bytes, so together they are no longer than the heap.
    var nameBytesLeft = names.count
    func text(_ offset: UInt64, _ what: String) throws(ReadError) -> String {
      guard let start = Int(exactly: offset), start < names.count,
        let length = try names.suffix(from: start).firstZero, length < nameBytesLeft
      else {
        throw ReadError(
          .modelInvalid,
          "\(what) at \(offset) lies outside its heap of \(names.count) bytes",
          at: names.offset
        )
      }
      nameBytesLeft -= length + 1
      return try names.slice(at: start, count: length).string
    }
    for node in nodes {
      var cursor = frame.cursor(try frame.suffix(from: node.address, "a symbol node"))
      try cursor.signature("SNOD", "symbol node")
      try cursor.version(1...1, "symbol nodes")
      try cursor.skip(1)
      let count = try cursor.uint16()
      for _ in 0..<count {
        let name = try text(try cursor.length(), "a name")
        let address = try cursor.address()
        let cacheType = try cursor.uint32()
        try cursor.skip(4)
        let pathOffset = UInt64(try cursor.uint32())
        try cursor.skip(12)
        if cacheType == 2 {
          links.append(HDF5Link(name: name, target: .soft(path: try text(pathOffset, "a path"))))
        } else if let address {
          links.append(HDF5Link(name: name, target: .object(address: address)))
        } else {
          throw cursor.invalid("member \"\(name.prefix(128))\" of a group has no address")
        }
      }
      let entrySize = 24 + 2 * frame.addressSize
      let allocated = 8 + 2 * frame.groupLeafRank * entrySize
      try trace.enter(try cursor.consumed, as: .groupIndex, allocated: allocated)
    }
    return links
  }

  private static func localHeap(
    _ address: UInt64,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> Bytes {
    var cursor = frame.cursor(try frame.suffix(from: address, "a local heap"))
    try cursor.signature("HEAP", "local heap")
    try cursor.version(0...0, "local heaps")
    try cursor.skip(3)
    let byteCount = try cursor.length()
    _ = try cursor.length()
    let data = try cursor.address(of: "the data of a local heap")
    try trace.enter(try cursor.consumed, as: .localHeap)
    let names = try frame.slice(at: data, count: byteCount, "the data of a local heap")
    if !names.isEmpty { try trace.enter(names, as: .localHeap) }
    return names
  }
}
