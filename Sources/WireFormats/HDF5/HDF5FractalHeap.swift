import ByteIO

/// The store of links or attributes that do not fit an object's header.
///
/// Layout (HDF5 File Format Specification 3.0, III.G):
/// 1. header: `FRHP`, version 0, bytes of a heap ID (2), bytes of filters (2), flags, largest
///    managed object (4), next huge ID, address of the tree of huge objects, free space and its
///    manager, five sizes and counts of managed objects, four of huge and tiny ones, table width
///    (2), first block size, largest direct block size, bits of the heap's size (2), first row count
///    (2), address of the root block, its row count (2), checksum;
/// 2. direct blocks: `FHDB`, version 0, header address, offset in the heap, checksum with flag 2,
///    objects;
/// 3. indirect blocks: `FHIB`, version 0, header address, offset, addresses of direct and then of
///    indirect blocks row by row, checksum. Rows 0 and 1 have blocks of the first size, each further
///    row has blocks of twice the size.
///
/// A heap ID has its type in bits 4 and 5 of the first byte: 0 managed (offset, length), 1 huge (key
/// of a tree of version 2, or address and length), 2 tiny (the object itself).
struct HDF5FractalHeap {
  /// A direct block: where its bytes stand in the heap.
  private struct Block {
    var heapOffset: UInt64
    var bytes: Bytes
  }

  private let frame: HDF5Frame
  private let offsetWidth: Int
  private var lengthWidth = 0
  private var idSize = 0
  private var checksBlocks = false
  private var directLimit: UInt64 = 0
  private var firstSize: UInt64 = 0
  private var tableWidth: UInt64 = 0
  /// Sorted by place in the heap.
  private var blocks: [Block] = []
  private var hugeObjects: [UInt64: Bytes] = [:]

  init(at address: UInt64, _ frame: HDF5Frame, _ trace: inout HDF5Trace) throws(ReadError) {
    self.frame = frame
    var cursor = frame.cursor(try frame.suffix(from: address, "a fractal heap"))
    try cursor.signature("FRHP", "fractal heap")
    try cursor.version(0...0, "fractal heaps")
    idSize = Int(try cursor.uint16())
    guard try cursor.uint16() == 0 else {
      throw ReadError(
        .modelUnsupported,
        "filters on links or attributes",
        at: cursor.bytes.offset
      )
    }
    checksBlocks = try cursor.uint8() & 2 != 0
    let managedLimit = UInt64(try cursor.uint32())
    _ = try cursor.length()
    let hugeTree = try cursor.address()
    _ = try cursor.length()
    let freeSpace = try cursor.address()
    for _ in 0..<8 { _ = try cursor.length() }
    tableWidth = UInt64(try cursor.uint16())
    firstSize = try cursor.length()
    directLimit = try cursor.length()
    let heapBits = Int(try cursor.uint16())
    try cursor.skip(2)
    let root = try cursor.address()
    let rowCount = Int(try cursor.uint16())
    try cursor.skip(4)
    let header = try cursor.consumed
    try trace.enter(header, as: .fractalHeap)
    try frame.verify(header, "a fractal heap")
    guard let firstExponent = firstSize.exponentOfTwo, let lastExponent = directLimit.exponentOfTwo,
      firstExponent <= lastExponent, (1...64).contains(heapBits), tableWidth.exponentOfTwo != nil
    else { throw cursor.invalid("a fractal heap with impossible block sizes") }
    offsetWidth = (heapBits + 7) / 8
    lengthWidth = min((lastExponent + 7) / 8, managedLimit.encodedByteCount)
    if let freeSpace { noteFreeSpace(at: freeSpace, &trace) }
    if let root { try readBlocks(root, rowCount, header: address, &trace) }
    if let hugeTree { try readHuge(hugeTree, &trace) }
  }

  /// The object of an ID.
  func object(_ id: Bytes) throws(ReadError) -> Bytes {
    var cursor = frame.cursor(id)
    let first = try cursor.uint8()
    switch first >> 4 & 3 {
    case 0:
      let offset = try cursor.integer(offsetWidth)
      return try managed(offset, try cursor.integer(lengthWidth), at: id.offset)
    case 1:
      // Where the ID has room for it, it holds the place itself.
      if idSize - 1 >= frame.addressSize + frame.lengthSize {
        let address = try cursor.address(of: "a huge heap object")
        return try frame.slice(at: address, count: try cursor.length(), "a huge heap object")
      }
      let key = try cursor.integer(min(8, min(frame.lengthSize, idSize - 1)))
      guard let object = hugeObjects[key] else {
        throw cursor.invalid("a fractal heap has no huge object \(key)")
      }
      return object
    case 2:
      var count = UInt64(first & 15)
      if idSize > 18 { count = count << 8 | UInt64(try cursor.uint8()) }
      return try cursor.take(count + 1, "a tiny heap object")
    default: throw cursor.invalid("a heap object of a type that does not exist")
    }
  }

  private func managed(_ offset: UInt64, _ count: UInt64, at place: Int) throws(ReadError) -> Bytes
  {
    // The last block that does not begin behind the object.
    var low = 0
    var high = blocks.count
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].heapOffset <= offset { low = middle + 1 } else { high = middle }
    }
    guard low > 0, let start = Int(exactly: offset - blocks[low - 1].heapOffset),
      start < blocks[low - 1].bytes.count, count <= UInt64(blocks[low - 1].bytes.count - start)
    else {
      throw ReadError(
        .modelInvalid,
        "a heap object of \(count) bytes at \(offset) lies outside the fractal heap",
        at: place
      )
    }
    let block = blocks[low - 1].bytes
    return try block.slice(
      at: start,
      count: try block.count(count, elementSize: 1, from: start, "a heap object")
    )
  }

  // MARK: - Blocks

  private mutating func readBlocks(
    _ root: UInt64,
    _ rowCount: Int,
    header: UInt64,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    guard rowCount > 0 else {
      try readDirect(root, firstSize, 0, header: header, &trace)
      return
    }
    var open: [(address: UInt64, rows: Int, heapOffset: UInt64)] = [(root, rowCount, 0)]
    while let next = open.popLast() {
      var cursor = frame.cursor(try frame.suffix(from: next.address, "an indirect heap block"))
      try cursor.signature("FHIB", "indirect heap block")
      try readPrefix(&cursor, header: header, heapOffset: next.heapOffset)
      var offset = next.heapOffset
      for row in 0..<next.rows {
        let size = try blockSize(row: row)
        for _ in 0..<tableWidth {
          if let child = try cursor.address() {
            if size <= directLimit {
              try readDirect(child, size, offset, header: header, &trace)
            } else {
              open.append((child, try indirectRowCount(size), offset))
            }
          }
          offset = try offset.adding(size, "the size of a fractal heap")
        }
      }
      try cursor.skip(4)
      let bytes = try cursor.consumed
      try trace.enter(bytes, as: .fractalHeap)
      try frame.verify(bytes, "an indirect heap block")
    }
    blocks.sort { $0.heapOffset < $1.heapOffset }
  }

  /// Rows 0 and 1 have blocks of the first size; then the size doubles.
  private func blockSize(row: Int) throws(ReadError) -> UInt64 {
    guard row < 64 else { throw ReadError(.modelInvalid, "a fractal heap of more than 64 rows") }
    return try firstSize.multiplied(by: 1 << UInt64(max(0, row - 1)), "the size of a heap block")
  }

  /// How many rows an indirect block has that stands for `size` bytes.
  private func indirectRowCount(_ size: UInt64) throws(ReadError) -> Int {
    let width = try firstSize.multiplied(by: tableWidth, "the width of a fractal heap")
    guard let total = size.exponentOfTwo, let first = width.exponentOfTwo, total >= first else {
      throw ReadError(.modelInvalid, "a fractal heap with impossible block sizes")
    }
    return total - first + 1
  }

  private mutating func readDirect(
    _ address: UInt64,
    _ size: UInt64,
    _ heapOffset: UInt64,
    header: UInt64,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    let bytes = try frame.slice(at: address, count: size, "a direct heap block")
    try trace.enter(bytes, as: .fractalHeap)
    var cursor = frame.cursor(bytes)
    try cursor.signature("FHDB", "direct heap block")
    try readPrefix(&cursor, header: header, heapOffset: heapOffset)
    if checksBlocks, frame.checksIntegrity {
      // The checksum is taken with zeros in its own place.
      let place = cursor.position
      let stated = try cursor.uint32()
      var copy = bytes.array
      for index in place..<place + 4 { copy[index] = 0 }
      guard HDF5Checksum.lookup3(ByteSource(copy).bytes) == stated else {
        throw ReadError(
          .modelInvalid,
          "the checksum of a heap block does not match its bytes",
          at: bytes.offset,
          hint: "is the file damaged?"
        )
      }
    }
    blocks.append(Block(heapOffset: heapOffset, bytes: bytes))
  }

  private func readPrefix(
    _ cursor: inout HDF5Cursor,
    header: UInt64,
    heapOffset: UInt64
  ) throws(ReadError) {
    try cursor.version(0...0, "heap blocks")
    guard try cursor.address() == header, try cursor.integer(offsetWidth) == heapOffset else {
      throw cursor.invalid("a heap block that belongs elsewhere")
    }
  }

  // MARK: - Huge objects and free space

  /// Records of type 1 hold address, length and ID; type 3 stands for places that IDs hold.
  private mutating func readHuge(_ tree: UInt64, _ trace: inout HDF5Trace) throws(ReadError) {
    let tree = try HDF5TreeVersion2(at: tree, types: [1, 3], as: .fractalHeap, frame, &trace)
    for record in tree.records {
      var cursor = frame.cursor(record)
      let address = try cursor.address(of: "a huge heap object")
      let bytes = try frame.slice(at: address, count: try cursor.length(), "a huge heap object")
      try trace.enter(bytes, as: .fractalHeap)
      if tree.type == 1 { hugeObjects[try cursor.length()] = bytes }
    }
  }

  /// Notes the manager of the free space, of which nothing is needed.
  ///
  /// Layout (III.H): `FSHD`, version, client, four lengths, four numbers of 2 bytes, length, address
  /// of the sections, two lengths, checksum.
  private func noteFreeSpace(at address: UInt64, _ trace: inout HDF5Trace) {
    guard trace.isRecording, let rest = try? frame.suffix(from: address, "free space"),
      rest.has("FSHD")
    else { return }
    let lengths = 6 + 4 * frame.lengthSize + 8 + frame.lengthSize
    guard
      let header = try? rest.slice(
        at: 0,
        count: lengths + frame.addressSize + 2 * frame.lengthSize + 4
      )
    else { return }
    trace.note(header, as: .fractalHeap)
    guard let fields = try? header.suffix(from: lengths) else { return }
    var cursor = frame.cursor(fields)
    guard let place = try? cursor.address(), let used = try? cursor.length(),
      let sections = try? frame.slice(at: place, count: used, "free space")
    else { return }
    trace.note(
      sections,
      as: .fractalHeap,
      allocated: (try? cursor.length()).flatMap { Int(exactly: $0) }
    )
  }
}
