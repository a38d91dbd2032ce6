import ByteIO

extension HDF5Dataset {
  /// Data that was never written may be asked for up to this size; nothing in the file pays for it.
  private static let absentLimit = 1 << 20

  /// The elements as one run of bytes, in the order of the shape, each as the type says.
  ///
  /// What stands in one piece stays where it is; chunks are put together in memory.
  ///
  /// - Parameter limit: The most bytes to put together.
  /// - Returns: The bytes, in the file or in memory.
  /// - Throws: `LIMIT_EXCEEDED` where there are more; `MODEL_INVALID` where the stored bytes cannot
  ///   become so many; `MODEL_UNSUPPORTED` for filters that are not read, by name.
  package func content(limit: Int = 1 << 31) throws(ReadError) -> Bytes {
    switch layout {
    case .compact(let bytes), .contiguous(.some(let bytes)):
      return try bytes.slice(at: 0, count: byteCount)
    case .contiguous(nil): return ByteSource(try blank(limit, storedCount: 0)).bytes
    case .chunked(let chunking):
      var trace = HDF5Trace(frame, path: object.path)
      return try assembled(try chunks(chunking, &trace), chunking, limit)
    }
  }

  /// The places of the file that hold the elements, as stored.
  package func storedBytes() throws(ReadError) -> [Bytes] {
    var trace = HDF5Trace(frame, path: object.path)
    return try storedBytes(&trace)
  }

  func storedBytes(_ trace: inout HDF5Trace) throws(ReadError) -> [Bytes] {
    switch layout {
    case .compact(let bytes):
      trace.note(bytes, as: .rawData)
      return [bytes]
    case .contiguous(let bytes):
      guard let bytes, !bytes.isEmpty else { return [] }
      try trace.enter(bytes, as: .rawData)
      return [bytes]
    case .chunked(let chunking): return try chunks(chunking, &trace).all.map(\.stored)
    }
  }

  private func chunks(
    _ chunking: HDF5Chunking,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> HDF5Chunks {
    try HDF5Chunks(
      chunking,
      of: dataspace,
      elementSize: type.byteCount,
      isFiltered: !filters.filters.isEmpty,
      frame,
      &trace
    )
  }

  /// Room for all elements, each with the fill value.
  ///
  /// The file must have bytes for them: `storedCount` is how many.
  private func blank(_ limit: Int, storedCount: Int) throws(ReadError) -> [UInt8] {
    guard byteCount <= limit else {
      throw ReadError(
        .limitExceeded,
        "data of \(byteCount) bytes, the limit is \(limit)",
        path: object.path
      )
    }
    guard byteCount <= max(filters.greatestByteCount(storedCount), Self.absentLimit) else {
      throw ReadError(
        .modelInvalid,
        "data of \(byteCount) bytes, of which the file has \(storedCount)",
        path: object.path
      )
    }
    guard let fillValue, fillValue.array.contains(where: { $0 != 0 }) else {
      return [UInt8](repeating: 0, count: byteCount)
    }
    let element = fillValue.array
    var result: [UInt8] = []
    result.reserveCapacity(byteCount)
    while result.count < byteCount { result += element }
    return result
  }

  private func assembled(
    _ chunks: HDF5Chunks,
    _ chunking: HDF5Chunking,
    _ limit: Int
  ) throws(ReadError) -> Bytes {
    guard chunks.chunkByteCount <= limit else {
      throw ReadError(
        .limitExceeded,
        "a chunk of \(chunks.chunkByteCount) bytes, the limit is \(limit)",
        path: object.path
      )
    }
    // Chunks of an honest file do not overlap, which the trace has checked.
    let storedCount = chunks.all.reduce(0) { $0 + $1.stored.count }
    var result = try blank(limit, storedCount: storedCount)
    let extents = chunking.extents.map { Int(clamping: $0) }
    for chunk in chunks.all {
      let data = try located("chunk \(chunk.origin)") { () throws(ReadError) in
        try filters.decoded(chunk.stored, byteCount: chunks.chunkByteCount, mask: chunk.mask)
      }
      try copy(data, extents, chunk.origin, to: &result)
    }
    return ByteSource(result, name: frame.bytes.source.name).bytes
  }

  /// Copies the part of a chunk that lies inside the shape, row by row.
  private func copy(
    _ chunk: Bytes,
    _ extents: [Int],
    _ origin: [Int],
    to result: inout [UInt8]
  ) throws(ReadError) {
    let inside = shape.indices.map { min(extents[$0], shape[$0] - origin[$0]) }
    guard let last = shape.indices.last else { return }
    let rowByteCount = inside[last] * type.byteCount
    var place = [Int](repeating: 0, count: shape.count)
    while true {
      var from = 0
      var to = 0
      for dimension in shape.indices {
        from = from * extents[dimension] + place[dimension]
        to = to * shape[dimension] + origin[dimension] + place[dimension]
      }
      from *= type.byteCount
      to *= type.byteCount
      guard from <= chunk.count - rowByteCount, to <= result.count - rowByteCount else {
        throw ReadError(.internal, "a chunk reaches past its data", at: chunk.offset)
      }
      chunk.withUnsafeBytes { source in
        result.withUnsafeMutableBytes { target in
          UnsafeMutableRawBufferPointer(rebasing: target[to..<to + rowByteCount])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<from + rowByteCount]))
        }
      }
      // The next row: the last dimension but one moves fastest.
      var dimension = last - 1
      while dimension >= 0 {
        place[dimension] += 1
        if place[dimension] < inside[dimension] { break }
        place[dimension] = 0
        dimension -= 1
      }
      if dimension < 0 { return }
    }
  }
}
