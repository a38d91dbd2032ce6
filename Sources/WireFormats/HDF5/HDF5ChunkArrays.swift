import ByteIO

/// The two indexes that keep chunks by number.
///
/// Layout of a fixed array (HDF5 File Format Specification 3.0, VII.C):
/// 1. header: `FAHD`, version 0, client, element size, bits of the page size, element count,
///    address of the data block, checksum;
/// 2. data block: `FADB`, version 0, client, header address; then elements and checksum; or, for
///    more elements than a page has, a bitmap of the pages in use, a checksum, and the pages, each
///    with its own.
enum HDF5ChunkArrays {
  /// Takes the number of a chunk and what the array holds for it.
  typealias Visitor = (UInt64, Bytes, inout HDF5Trace) throws(ReadError) -> Void

  static func fixed(
    at address: UInt64,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace,
    _ visit: Visitor
  ) throws(ReadError) {
    var cursor = frame.cursor(try frame.suffix(from: address, "a fixed array"))
    try cursor.signature("FAHD", "fixed array")
    try cursor.version(0...0, "fixed arrays")
    try cursor.skip(1)
    let elementSize = Int(try cursor.uint8())
    let pageSize = try pageSize(&cursor)
    let count = try cursor.length()
    let blockAddress = try cursor.address()
    try cursor.skip(4)
    let header = try cursor.consumed
    try trace.enter(header, as: .chunkIndex)
    try frame.verify(header, "a fixed array")
    guard let blockAddress else { return }

    let rest = try frame.suffix(from: blockAddress, "the data of a fixed array")
    var block = frame.cursor(rest)
    try prefix(&block, "FADB", header: address)
    let elementCount = try rest.count(
      count,
      elementSize: max(elementSize, 1),
      from: block.position,
      "a fixed array"
    )
    guard elementCount > pageSize else {
      let elements = try block.take(elementCount * elementSize, "the elements of a fixed array")
      try block.skip(4)
      try finish(block, frame, &trace)
      try each(elements, elementSize, from: 0, &trace, visit)
      return
    }
    let pageCount = (elementCount - 1) / pageSize + 1
    let bitmap = try block.take((pageCount - 1) / 8 + 1, "a bitmap of pages")
    try block.skip(4)
    try finish(block, frame, &trace)
    for page in 0..<pageCount {
      let inPage = min(pageSize, elementCount - page * pageSize)
      let bytes = try block.take(inPage * elementSize + 4, "a page of a fixed array")
      guard try isSet(page, bitmap) else { continue }
      try visitPage(bytes, elementSize, from: UInt64(page * pageSize), frame, &trace, visit)
    }
  }

  // MARK: - Parts

  static func pageSize(_ cursor: inout HDF5Cursor) throws(ReadError) -> Int {
    let bits = try cursor.uint8()
    guard bits < 32 else { throw cursor.invalid("pages of 2^\(bits) elements") }
    return 1 << Int(bits)
  }

  static func prefix(
    _ cursor: inout HDF5Cursor,
    _ signature: StaticString,
    header: UInt64
  ) throws(ReadError) {
    try cursor.signature(signature, "block of a chunk index")
    try cursor.version(0...0, "blocks of a chunk index")
    try cursor.skip(1)
    guard try cursor.address() == header else {
      throw cursor.invalid("a block of a chunk index that belongs elsewhere")
    }
  }

  static func finish(
    _ block: HDF5Cursor,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    let bytes = try block.consumed
    try trace.enter(bytes, as: .chunkIndex)
    try frame.verify(bytes, "a block of a chunk index")
  }

  static func visitPage(
    _ page: Bytes,
    _ elementSize: Int,
    from number: UInt64,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace,
    _ visit: Visitor
  ) throws(ReadError) {
    try trace.enter(page, as: .chunkIndex)
    try frame.verify(page, "a page of a chunk index")
    let elements = try page.slice(at: 0, count: page.count - 4)
    try each(elements, elementSize, from: number, &trace, visit)
  }

  static func each(
    _ elements: Bytes,
    _ elementSize: Int,
    from number: UInt64,
    _ trace: inout HDF5Trace,
    _ visit: Visitor
  ) throws(ReadError) {
    guard elementSize > 0 else { return }
    for index in 0..<elements.count / elementSize {
      let element = try elements.slice(at: index * elementSize, count: elementSize)
      try visit(number + UInt64(index), element, &trace)
    }
  }

  /// The first bit is the highest of the first byte.
  static func isSet(_ bit: Int, _ bitmap: Bytes) throws(ReadError) -> Bool {
    try bitmap.uint8(at: bit / 8) >> (7 - UInt8(bit % 8)) & 1 != 0
  }
}
