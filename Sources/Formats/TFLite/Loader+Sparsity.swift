import ByteIO
import ModelIR
import WireFormats

extension Loader {
  /// Reads a constant that is stored sparsely, and makes it dense.
  ///
  /// What cannot be made dense (4-bit elements, a dense form out of proportion to the file) is a
  /// finding; the value then has its sparsity and no numbers.
  func readSparse(
    _ data: Bytes,
    _ table: FlatBufferTable,
    into value: inout Value,
    sizes: [Int],
    graph: GraphID
  ) throws(ReadError) -> TensorStorage {
    let encoding = try located("sparsity") { () throws(ReadError) in
      try sparseEncoding(table, sizes: sizes)
    }
    guard let dense = checkedProduct(sizes), let width = value.type.bitWidth else {
      throw ReadError(.modelInvalid, "constant \"\(value.name)\" cannot be sparse")
    }
    let (bits, overflow) = data.count.multipliedReportingOverflow(by: 8)
    value.sparsity = Sparsity(
      storedElements: overflow ? data.count / max(1, width / 8) : bits / width,
      denseElements: dense,
      blockSizes: encoding.blockSizes
    )
    guard width % 8 == 0, let byteCount = value.type.byteCount(elements: dense) else {
      findings.add(
        .sparseConstant,
        "\"\(value.name)\" holds packed elements sparsely and was not made dense",
        graph: graph
      )
      return .absent
    }
    guard byteCount <= denseBytesLeft else {
      findings.add(
        .sparseConstant,
        "\"\(value.name)\" would take \(byteCount) bytes, too many for a file of \(bytes.count)",
        graph: graph
      )
      return .absent
    }
    denseBytesLeft -= byteCount
    let elements = try encoding.dense(data, elementBytes: width / 8, byteCount: byteCount)
    return .owned(ByteSource(elements, name: path).bytes, fileBytes: data.count)
  }

  private func sparseEncoding(_ table: FlatBufferTable, sizes: [Int]) throws(ReadError)
    -> SparseEncoding
  {
    claim(table.range, as: .sparsityIndex)
    let order = try indices(table.vector(slot: Slot.Sparsity.traversalOrder, of: Int32.self))
    let blockMap = try indices(table.vector(slot: Slot.Sparsity.blockMap, of: Int32.self))
    let tables = try table.tables(slot: Slot.Sparsity.dimensions)
    guard tables.count <= 128 else {
      throw ReadError(.limitExceeded, "\(tables.count) sparse dimensions", at: table.offset)
    }
    var levels: [SparseEncoding.Level] = []
    for index in 0..<tables.count {
      let dimension = try tables.table(at: index)
      claim(dimension.range, as: .sparsityIndex)
      let format = try dimension.int8(slot: Slot.SparseDimension.format)
      let size = Int(try dimension.int32(slot: Slot.SparseDimension.denseSize))
      let segments = try positions(dimension, typeSlot: Slot.SparseDimension.segmentsType)
      let indices = try positions(dimension, typeSlot: Slot.SparseDimension.indicesType)
      switch format {
      case 0: levels.append(.dense(size))
      case 1: levels.append(.sparse(segments: segments, indices: indices))
      default:
        throw ReadError(
          .modelUnsupported,
          "dimension \(index) has sparse format \(format), which is not known",
          at: dimension.offset
        )
      }
    }
    return try SparseEncoding(
      sizes: sizes,
      order: order,
      blockMap: blockMap,
      levels: levels,
      at: table.offset
    )
  }

  /// Segments or indices: a union of vectors of 32, 16 or 8 bits.
  private func positions(_ table: FlatBufferTable, typeSlot: Int) throws(ReadError) -> [Int] {
    guard let union = try table.union(typeSlot: typeSlot) else { return [] }
    claim(union.table.range, as: .sparsityIndex)
    switch union.type {
    case 1: return try indices(union.table.vector(slot: 0, of: Int32.self))
    case 2: return try indices(union.table.vector(slot: 0, of: UInt16.self))
    case 3: return try indices(union.table.vector(slot: 0, of: UInt8.self))
    default:
      throw ReadError(
        .modelUnsupported,
        "sparse indices of type \(union.type) are not known",
        at: union.table.offset
      )
    }
  }

  private func indices<Number: FlatBufferScalar & FixedWidthInteger>(
    _ vector: FlatBufferVector<Number>?
  ) throws(ReadError) -> [Int] {
    guard let vector else { return [] }
    claim(vector.range, as: .sparsityIndex)
    try allocation.charge(vector.count * 8, at: vector.bytes.offset)
    return try vector.array().map { Int(truncatingIfNeeded: $0) }
  }
}
