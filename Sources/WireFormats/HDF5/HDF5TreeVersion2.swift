import ByteIO

/// A tree of version 2: records of one size, of links, attributes, chunks or large heap objects.
///
/// Layout (HDF5 File Format Specification 3.0, III.A.2):
/// 1. header: `BTHD`, version 0, type, node size (4 bytes), record size (2), depth (2), percentages
///    of split and merge, address of the root, its record count (2), record count of the tree,
///    checksum;
/// 2. inner nodes: `BTIN`, version 0, type, records, then for each child its address, its record
///    count and, above the lowest inner level, the count of its subtree; checksum;
/// 3. leaves: `BTLF`, version 0, type, records, checksum.
///
/// The widths of the counts follow from how many records fit a node.
struct HDF5TreeVersion2 {
  /// The type of the records.
  let type: UInt8
  /// The records, in no order.
  private(set) var records: [Bytes] = []

  private struct Node {
    var address: UInt64
    var recordCount: UInt64
    var depth: Int
  }

  init(
    at address: UInt64,
    types: Set<UInt8>,
    as region: HDF5Region.Kind,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    var cursor = frame.cursor(try frame.suffix(from: address, "a tree"))
    try cursor.signature("BTHD", "tree")
    try cursor.version(0...0, "trees of version 2")
    type = try cursor.uint8()
    guard types.contains(type) else { throw cursor.invalid("a tree of type \(type)") }
    let nodeSize = try cursor.uint32()
    let recordSize = Int(try cursor.uint16())
    let depth = Int(try cursor.uint16())
    try cursor.skip(2)
    let root = try cursor.address()
    let rootCount = try cursor.uint16()
    _ = try cursor.length()
    try cursor.skip(4)
    let header = try cursor.consumed
    try trace.enter(header, as: region)
    try frame.verify(header, "a tree")
    guard let root, rootCount > 0 else { return }
    let widths = try Self.countWidths(
      nodeSize: UInt64(nodeSize),
      recordSize: recordSize,
      depth: depth,
      frame,
      at: header.offset
    )

    var open = [Node(address: root, recordCount: UInt64(rootCount), depth: depth)]
    while let node = open.popLast() {
      var cursor = frame.cursor(try frame.suffix(from: node.address, "a tree node"))
      try cursor.signature(node.depth == 0 ? "BTLF" : "BTIN", "tree node")
      try cursor.version(0...0, "tree nodes")
      guard try cursor.uint8() == type else { throw cursor.invalid("a tree node of another type") }
      let count = try cursor.bytes.count(
        node.recordCount,
        elementSize: recordSize,
        from: cursor.position,
        "a tree node"
      )
      for _ in 0..<count { records.append(try cursor.take(recordSize, "a record")) }
      if node.depth > 0 {
        for _ in 0...count {
          let address = try cursor.address(of: "a child of a tree node")
          let recordCount = try cursor.integer(widths.records)
          if node.depth > 1 { try cursor.skip(widths.subtree[node.depth - 1]) }
          open.append(Node(address: address, recordCount: recordCount, depth: node.depth - 1))
        }
      }
      try cursor.skip(4)
      let bytes = try cursor.consumed
      try trace.enter(bytes, as: region, allocated: Int(nodeSize))
      try frame.verify(bytes, "a tree node")
    }
  }

  /// Bytes of the record count of a node, and of a subtree by its depth.
  private static func countWidths(
    nodeSize: UInt64,
    recordSize: Int,
    depth: Int,
    _ frame: HDF5Frame,
    at offset: Int
  ) throws(ReadError) -> (records: Int, subtree: [Int]) {
    // Signature, version, type and checksum.
    let overhead: UInt64 = 10
    let recordSize = UInt64(recordSize)
    // A deeper tree would have more than 2^64 records.
    guard depth < 64, recordSize > 0, nodeSize >= overhead + recordSize else {
      throw ReadError(
        .modelInvalid,
        "a tree of depth \(depth) with nodes of \(nodeSize) and records of \(recordSize) bytes",
        at: offset
      )
    }
    let leafCount = (nodeSize - overhead) / recordSize
    let width = leafCount.encodedByteCount
    var subtree = [0]
    var capacity = leafCount
    for level in 0..<depth {
      let pointer = UInt64(frame.addressSize + width + subtree[level])
      guard nodeSize >= overhead + pointer else {
        throw ReadError(.modelInvalid, "a tree whose nodes hold no child", at: offset)
      }
      let count = (nodeSize - overhead - pointer) / (recordSize + pointer)
      capacity = try (count + 1).multiplied(by: capacity, "the size of a tree")
        .adding(count, "the size of a tree")
      subtree.append(capacity.encodedByteCount)
    }
    return (width, subtree)
  }
}
