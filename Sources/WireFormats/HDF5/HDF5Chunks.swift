import ByteIO

/// A chunk of a dataset, as stored.
struct HDF5Chunk: Sendable {
  /// The first element of the chunk in each dimension.
  var origin: [Int]
  var stored: Bytes
  /// The filters that were skipped, by bit.
  var mask: UInt32
}

/// The chunks of a dataset.
struct HDF5Chunks {
  /// The chunks that were written; others hold the fill value.
  private(set) var all: [HDF5Chunk] = []
  /// The bytes of a chunk before filters.
  let chunkByteCount: Int

  private let frame: HDF5Frame
  private let chunking: HDF5Chunking
  private let shape: [Int]
  private let isFiltered: Bool
  /// Chunks by number: the dimensions slowest first, and how many chunks each can have.
  private let order: [Int]
  private let counts: [UInt64]
  /// The chunks seen, so that none comes twice.
  private var origins: Set<[Int]> = []

  init(
    _ chunking: HDF5Chunking,
    of dataspace: HDF5Dataspace,
    elementSize: Int,
    isFiltered: Bool,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    self.chunking = chunking
    self.frame = frame
    self.isFiltered = isFiltered
    shape = dataspace.shape
    guard !shape.isEmpty, chunking.extents.count == shape.count, !chunking.extents.contains(0),
      chunking.elementSize == UInt64(elementSize)
    else {
      throw ReadError(
        .modelInvalid,
        "chunks of shape \(chunking.extents) and elements of \(chunking.elementSize) bytes in data "
          + "of shape \(shape) and elements of \(elementSize) bytes"
      )
    }
    var byteCount = UInt64(elementSize)
    for extent in chunking.extents {
      byteCount = try byteCount.multiplied(by: extent, "the size of a chunk")
    }
    guard let byteCount = Int(exactly: byteCount) else {
      throw ReadError(.modelInvalid, "a chunk of \(byteCount) bytes")
    }
    chunkByteCount = byteCount
    (order, counts) = try Self.numbering(chunking, dataspace)
    guard let address = chunking.address, !shape.contains(0) else { return }
    try read(at: address, &trace)
  }

  /// How chunks are numbered: by the greatest extents.
  ///
  /// A dimension without limit comes first, so that its growth changes no number.
  private static func numbering(
    _ chunking: HDF5Chunking,
    _ dataspace: HDF5Dataspace
  ) throws(ReadError) -> (order: [Int], counts: [UInt64]) {
    var order = Array(dataspace.shape.indices)
    if chunking.index == .extensibleArray {
      guard let growing = dataspace.limits.firstIndex(of: nil) else {
        throw ReadError(.modelInvalid, "an extensible array for data that cannot grow")
      }
      order.remove(at: growing)
      order.insert(growing, at: 0)
    }
    let counts = order.map { dimension -> UInt64 in
      let extent = dataspace.limits[dimension] ?? .max
      let chunk = chunking.extents[dimension]
      return extent / chunk + (extent % chunk == 0 ? 0 : 1)
    }
    return (order, counts)
  }

  private mutating func read(at address: UInt64, _ trace: inout HDF5Trace) throws(ReadError) {
    switch chunking.index {
    case .treeVersion1: try readTreeVersion1(address, &trace)
    case .treeVersion2: try readTreeVersion2(address, &trace)
    case .single(let byteCount, let mask):
      let count = byteCount ?? UInt64(chunkByteCount)
      try append([Int](repeating: 0, count: shape.count), address, count, mask, &trace)
    case .implicit: try readImplicit(address, &trace)
    case .fixedArray:
      try HDF5ChunkArrays.fixed(at: address, frame, &trace) {
        (number, element, trace) throws(ReadError) in
        try append(number, element, &trace)
      }
    case .extensibleArray:
      try HDF5ChunkArrays.extensible(at: address, frame, &trace) {
        (number, element, trace) throws(ReadError) in
        try append(number, element, &trace)
      }
    }
  }

  // MARK: - Indexes

  private mutating func readTreeVersion1(
    _ address: UInt64,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    let entries = try HDF5TreeVersion1.entries(
      at: address,
      type: 1,
      keySize: 8 + 8 * (shape.count + 1),
      rank: frame.chunkRank,
      frame,
      &trace
    )
    for entry in entries {
      var cursor = frame.cursor(entry.key)
      let byteCount = UInt64(try cursor.uint32())
      let mask = try cursor.uint32()
      var origin: [Int] = []
      for dimension in shape.indices {
        let offset = try cursor.uint64()
        guard let start = Int(exactly: offset), offset % chunking.extents[dimension] == 0 else {
          throw cursor.invalid("a chunk at element \(offset) of dimension \(dimension)")
        }
        origin.append(start)
      }
      try append(origin, entry.address, byteCount, mask, &trace)
    }
  }

  /// Records of type 10: address, place in each dimension in chunks (8 bytes each); of type 11:
  /// address, stored size, mask (4), place.
  private mutating func readTreeVersion2(
    _ address: UInt64,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    let types: Set<UInt8> = isFiltered ? [11] : [10]
    let tree = try HDF5TreeVersion2(at: address, types: types, as: .chunkIndex, frame, &trace)
    for record in tree.records {
      var cursor = frame.cursor(record)
      guard let place = try cursor.address() else { continue }
      var byteCount = UInt64(chunkByteCount)
      var mask: UInt32 = 0
      if isFiltered {
        byteCount = try cursor.integer(record.count - frame.addressSize - 4 - 8 * shape.count)
        mask = try cursor.uint32()
      }
      var origin: [Int] = []
      for dimension in shape.indices {
        origin.append(try element(try cursor.uint64(), dimension))
      }
      try append(origin, place, byteCount, mask, &trace)
    }
  }

  private mutating func readImplicit(_ address: UInt64, _ trace: inout HDF5Trace) throws(ReadError)
  {
    var total: UInt64 = 1
    for count in counts { total = try total.multiplied(by: count, "the number of chunks") }
    let byteCount = try total.multiplied(by: UInt64(chunkByteCount), "the size of all chunks")
    // All of them must be in the file before any is listed.
    _ = try frame.slice(at: address, count: byteCount, "\(total) chunks")
    for number in 0..<total {
      let place = address + number * UInt64(chunkByteCount)
      guard let origin = try origin(ofChunk: number) else { continue }
      try append(origin, place, UInt64(chunkByteCount), 0, &trace)
    }
  }

  /// Appends the chunk that an element of an array names: address, and with filters the stored
  /// size and the mask.
  private mutating func append(
    _ number: UInt64,
    _ element: Bytes,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    var cursor = frame.cursor(element)
    guard let place = try cursor.address() else { return }
    guard let origin = try origin(ofChunk: number) else {
      throw cursor.invalid("chunk \(number) lies outside the data of shape \(shape)")
    }
    guard isFiltered else {
      try append(origin, place, UInt64(chunkByteCount), 0, &trace)
      return
    }
    let byteCount = try cursor.integer(element.count - frame.addressSize - 4)
    try append(origin, place, byteCount, try cursor.uint32(), &trace)
  }

  private mutating func append(
    _ origin: [Int],
    _ address: UInt64,
    _ byteCount: UInt64,
    _ mask: UInt32,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    // A chunk that shrinking has left behind.
    guard zip(origin, shape).allSatisfy({ $0 < $1 }) else { return }
    let stored = try frame.slice(at: address, count: byteCount, "a chunk")
    guard origins.insert(origin).inserted else {
      throw ReadError(.modelInvalid, "two chunks at \(origin)", at: stored.offset)
    }
    if !stored.isEmpty { try trace.enter(stored, as: .rawData) }
    let isUnfiltered = chunking.leavesEdgesUnfiltered && reachesPastEdge(origin)
    all.append(HDF5Chunk(origin: origin, stored: stored, mask: isUnfiltered ? .max : mask))
  }

  private func reachesPastEdge(_ origin: [Int]) -> Bool {
    shape.indices.contains { dimension in
      UInt64(shape[dimension] - origin[dimension]) < chunking.extents[dimension]
    }
  }

  // MARK: - Numbers

  private func element(_ place: UInt64, _ dimension: Int) throws(ReadError) -> Int {
    let start = try place.multiplied(by: chunking.extents[dimension], "the place of a chunk")
    guard let start = Int(exactly: start) else {
      throw ReadError(.modelInvalid, "a chunk at element \(start)")
    }
    return start
  }

  /// Where the chunk of a number begins; `nil` where no such chunk is possible.
  private func origin(ofChunk number: UInt64) throws(ReadError) -> [Int]? {
    var rest = number
    var origin = [Int](repeating: 0, count: shape.count)
    for (dimension, count) in zip(order, counts).reversed() {
      guard count > 0 else { return nil }
      origin[dimension] = try element(rest % count, dimension)
      rest /= count
    }
    return rest == 0 ? origin : nil
  }
}
