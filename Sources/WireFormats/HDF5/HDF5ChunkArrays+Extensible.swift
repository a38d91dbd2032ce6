import ByteIO

/// The index of data that can grow in one dimension.
///
/// Layout (HDF5 File Format Specification 3.0, VII.D):
/// 1. header: `EAHD`, version 0, client, element size, bits of the greatest count, elements of the
///    index block, elements of the smallest data block, least pointers of a super block, bits of
///    the page size, six counts, address of the index block, checksum;
/// 2. index block: `EAIB`, version 0, client, header address, elements, addresses of data blocks
///    and of super blocks, checksum;
/// 3. super block: `EASB`, version 0, client, header address, number of its first element, bitmap
///    of pages in use, addresses of data blocks, checksum;
/// 4. data block: `EADB`, version 0, client, header address, number of its first element, elements,
///    checksum; or the checksum and then pages.
///
/// Super block u has 2^(u/2) data blocks of 2^((u+1)/2) times the smallest size. The data blocks of
/// the first ones are named by the index block itself.
extension HDF5ChunkArrays {
  /// The numbers that a header states.
  private struct Extensible {
    var address: UInt64
    var elementSize: Int
    var numberWidth: Int
    var indexElements: Int
    var smallestBlock: Int
    var leastPointers: Int
    var pageSize: Int
    var superBlockCount: Int

    /// Data blocks of a super block and elements of each of these.
    func shape(_ superBlock: Int) -> (blocks: Int, elements: Int) {
      (1 << (superBlock / 2), (1 << ((superBlock + 1) / 2)) * smallestBlock)
    }
  }

  static func extensible(
    at address: UInt64,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace,
    _ visit: Visitor
  ) throws(ReadError) {
    var cursor = frame.cursor(try frame.suffix(from: address, "an extensible array"))
    try cursor.signature("EAHD", "extensible array")
    try cursor.version(0...0, "extensible arrays")
    try cursor.skip(1)
    let elementSize = Int(try cursor.uint8())
    let countBits = Int(try cursor.uint8())
    let indexElements = Int(try cursor.uint8())
    let smallestBlock = UInt64(try cursor.uint8())
    let leastPointers = UInt64(try cursor.uint8())
    let pageSize = try pageSize(&cursor)
    for _ in 0..<6 { _ = try cursor.length() }
    let indexAddress = try cursor.address()
    try cursor.skip(4)
    let header = try cursor.consumed
    try trace.enter(header, as: .chunkIndex)
    try frame.verify(header, "an extensible array")
    guard let indexAddress else { return }
    guard let exponent = smallestBlock.exponentOfTwo, leastPointers.exponentOfTwo != nil,
      (exponent...48).contains(countBits)
    else { throw cursor.invalid("an extensible array with impossible block sizes") }
    let array = Extensible(
      address: address,
      elementSize: elementSize,
      numberWidth: (countBits + 7) / 8,
      indexElements: indexElements,
      smallestBlock: 1 << exponent,
      leastPointers: Int(leastPointers),
      pageSize: pageSize,
      superBlockCount: 1 + countBits - exponent
    )
    try readIndexBlock(at: indexAddress, array, frame, &trace, visit)
  }

  private static func readIndexBlock(
    at address: UInt64,
    _ array: Extensible,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace,
    _ visit: Visitor
  ) throws(ReadError) {
    var block = frame.cursor(try frame.suffix(from: address, "an index block"))
    try prefix(&block, "EAIB", header: array.address)
    let elements = try block.take(
      array.indexElements * array.elementSize,
      "the elements of an index block"
    )
    // The index block stands for the first super blocks: 2 log2(least pointers) of them.
    let direct = min(2 * array.leastPointers.trailingZeroBitCount, array.superBlockCount)
    var number = UInt64(array.indexElements)
    var dataBlocks: [(address: UInt64, number: UInt64, superBlock: Int)] = []
    var superBlocks: [(address: UInt64, number: UInt64, superBlock: Int)] = []
    for superBlock in 0..<direct {
      let shape = array.shape(superBlock)
      for _ in 0..<shape.blocks {
        if let place = try block.address() { dataBlocks.append((place, number, superBlock)) }
        number += UInt64(shape.elements)
      }
    }
    for superBlock in direct..<max(direct, array.superBlockCount) {
      let shape = array.shape(superBlock)
      if let place = try block.address() { superBlocks.append((place, number, superBlock)) }
      number += UInt64(shape.blocks) * UInt64(shape.elements)
    }
    try block.skip(4)
    try finish(block, frame, &trace)
    try each(elements, array.elementSize, from: 0, &trace, visit)
    for data in dataBlocks {
      let shape = array.shape(data.superBlock)
      try readDataBlock(
        at: data.address,
        array,
        shape.elements,
        pages: nil,
        number: data.number,
        frame,
        &trace,
        visit
      )
    }
    for next in superBlocks {
      try readSuperBlock(
        at: next.address,
        array,
        next.superBlock,
        number: next.number,
        frame,
        &trace,
        visit
      )
    }
  }

  private static func readSuperBlock(
    at address: UInt64,
    _ array: Extensible,
    _ superBlock: Int,
    number first: UInt64,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace,
    _ visit: Visitor
  ) throws(ReadError) {
    let shape = array.shape(superBlock)
    var block = frame.cursor(try frame.suffix(from: address, "a super block"))
    try prefix(&block, "EASB", header: array.address)
    try block.skip(array.numberWidth)
    let pageCount = shape.elements > array.pageSize ? shape.elements / array.pageSize : 0
    let bitmap = try block.take(
      UInt64(shape.blocks).multiplied(by: UInt64((pageCount + 7) / 8), "a bitmap of pages"),
      "a bitmap of pages"
    )
    var dataBlocks: [(address: UInt64, index: Int)] = []
    for index in 0..<shape.blocks {
      if let place = try block.address() { dataBlocks.append((place, index)) }
    }
    try block.skip(4)
    try finish(block, frame, &trace)
    for data in dataBlocks {
      var pages: [Bool]?
      if pageCount > 0 {
        var used: [Bool] = []
        for page in 0..<pageCount {
          used.append(try isSet(data.index * pageCount + page, bitmap))
        }
        pages = used
      }
      try readDataBlock(
        at: data.address,
        array,
        shape.elements,
        pages: pages,
        number: first + UInt64(data.index) * UInt64(shape.elements),
        frame,
        &trace,
        visit
      )
    }
  }

  /// Reads a data block; `pages` says which pages are in use, `nil` that there are none.
  private static func readDataBlock(
    at address: UInt64,
    _ array: Extensible,
    _ elementCount: Int,
    pages: [Bool]?,
    number: UInt64,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace,
    _ visit: Visitor
  ) throws(ReadError) {
    var block = frame.cursor(try frame.suffix(from: address, "a data block"))
    try prefix(&block, "EADB", header: array.address)
    try block.skip(array.numberWidth)
    guard let pages else {
      let byteCount = try UInt64(elementCount)
        .multiplied(by: UInt64(array.elementSize), "the size of a data block")
      let elements = try block.take(byteCount, "the elements of a data block")
      try block.skip(4)
      try finish(block, frame, &trace)
      try each(elements, array.elementSize, from: number, &trace, visit)
      return
    }
    try block.skip(4)
    try finish(block, frame, &trace)
    for (index, isUsed) in pages.enumerated() {
      let bytes = try block.take(array.pageSize * array.elementSize + 4, "a page of a data block")
      guard isUsed else { continue }
      let first = number + UInt64(index * array.pageSize)
      try visitPage(bytes, array.elementSize, from: first, frame, &trace, visit)
    }
  }
}
