import ByteIO

/// A tree of version 1: the index of an old group or of the chunks of a dataset.
///
/// Layout of a node (HDF5 File Format Specification 3.0, III.A.1):
/// 1. `TREE`, type (0 group, 1 chunks), level (0 for leaves), entry count (2 bytes), addresses of
///    the left and right neighbours;
/// 2. key, child, key, child, …, key: children are nodes of the level below, or what is indexed.
///
/// Keys of groups are offsets of names in a local heap; keys of chunks are the stored size (4
/// bytes), the mask of skipped filters (4) and the offset of the first element in each dimension and
/// within an element (8 each).
enum HDF5TreeVersion1 {
  /// What a leaf says of one child.
  struct Entry {
    var key: Bytes
    var address: UInt64
  }

  /// The entries of all leaves, left to right.
  ///
  /// The type is 0 for groups and 1 for chunks; the rank is half the children that the writer
  /// reserved room for.
  static func entries(
    at root: UInt64,
    type: UInt8,
    keySize: Int,
    rank: Int,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> [Entry] {
    let region: HDF5Region.Kind = type == 0 ? .groupIndex : .chunkIndex
    let allocated =
      8 + 2 * frame.addressSize + (2 * rank + 1) * keySize + 2 * rank * frame.addressSize
    var result: [Entry] = []
    // Nodes that are still to be read, the leftmost last, with the level that they must have.
    var open: [(address: UInt64, level: UInt8?)] = [(root, nil)]
    while let next = open.popLast() {
      var cursor = frame.cursor(try frame.suffix(from: next.address, "a tree node"))
      try cursor.signature("TREE", "tree node")
      guard try cursor.uint8() == type else { throw cursor.invalid("a tree of another type") }
      let level = try cursor.uint8()
      guard next.level == nil || next.level == level else {
        throw cursor.invalid(
          "a tree node of level \(level) where level \(next.level ?? 0) should be"
        )
      }
      let count = try cursor.uint16()
      try cursor.skip(2 * frame.addressSize)
      var children: [(address: UInt64, level: UInt8?)] = []
      for _ in 0..<count {
        let key = try cursor.take(keySize, "a tree key")
        let address = try cursor.address(of: "a child of a tree node")
        if level == 0 {
          result.append(Entry(key: key, address: address))
        } else {
          children.append((address, level - 1))
        }
      }
      try cursor.skip(keySize)
      try trace.enter(try cursor.consumed, as: region, allocated: allocated)
      open += children.reversed()
    }
    return result
  }
}
