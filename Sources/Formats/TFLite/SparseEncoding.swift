import ByteIO

/// A sparse tensor's structure: a tree with one level for each axis and each block axis.
///
/// 1. `order` names the axis that each level walks: the tensor's own first, block axes after.
/// 2. `blockMap` says which axis of the tensor each block axis divides.
/// 3. A dense level visits all positions; a sparse one those that its indices list, from
///    `segments[parent]` to `segments[parent + 1]`.
/// 4. The stored values are the leaves, in the order of the walk.
///
/// Source: TensorFlow Lite schema, `SparsityParameters`; Chou et al. 2018, "Format Abstraction for
/// Sparse Tensor Algebra Compilers".
struct SparseEncoding {
  enum Level {
    case dense(Int)
    case sparse(segments: [Int], indices: [Int])
  }

  /// The extents of the blocks; empty where single elements are stored.
  let blockSizes: [Int]

  private let sizes: [Int]
  private let levels: [Level]
  /// For each level: the distance in the dense tensor that a step of it makes.
  private let strides: [Int]
  /// For each level: the number of positions.
  private let extents: [Int]

  /// Checks a structure.
  ///
  /// - Parameters:
  ///   - sizes: The tensor's extents.
  ///   - order: The axis of each level.
  ///   - blockMap: The axis that each block axis divides.
  ///   - levels: The levels, in the order of the walk.
  ///   - offset: Where it is in the file.
  /// - Throws: `MODEL_INVALID` where the parts contradict each other.
  init(sizes: [Int], order: [Int], blockMap: [Int], levels: [Level], at offset: Int)
    throws(ReadError)
  {
    func invalid(_ message: String) -> ReadError { ReadError(.modelInvalid, message, at: offset) }
    let rank = sizes.count
    guard levels.count == rank + blockMap.count, order.count == levels.count else {
      throw invalid("\(levels.count) sparse dimensions for \(rank) axes, \(blockMap.count) blocks")
    }
    guard order.sorted() == Array(levels.indices), order.prefix(rank).allSatisfy({ $0 < rank })
    else { throw invalid("the traversal order \(order.prefix(16)) is no order of the axes") }
    guard blockMap.allSatisfy(sizes.indices.contains), Set(blockMap).count == blockMap.count else {
      throw invalid("the block map \(blockMap.prefix(16)) names no axes, or one twice")
    }
    var blocks = Array(repeating: 1, count: rank)
    var blockSizes: [Int] = []
    for (place, level) in levels.enumerated() where order[place] >= rank {
      guard case .dense(let size) = level, size > 0 else {
        throw invalid("a block dimension is not dense")
      }
      let axis = blockMap[order[place] - rank]
      guard sizes[axis] % size == 0 else {
        throw invalid("blocks of \(size) do not divide an axis of \(sizes[axis])")
      }
      blocks[axis] = size
      blockSizes.append(size)
    }
    // Products of the extents; their own product was checked when the tensor was read.
    var axisStrides = Array(repeating: 1, count: rank)
    for axis in sizes.indices.reversed().dropFirst() {
      axisStrides[axis] =
        axisStrides[axis + 1].multipliedReportingOverflow(
          by: max(1, sizes[axis + 1])
        ).partialValue
    }
    var strides: [Int] = []
    var extents: [Int] = []
    for (place, level) in levels.enumerated() {
      let axis = order[place] < rank ? order[place] : blockMap[order[place] - rank]
      let isBlock = order[place] >= rank
      let extent = isBlock ? blocks[axis] : sizes[axis] / blocks[axis]
      if case .dense(let size) = level, size != extent {
        throw invalid("a sparse dimension of \(size) stands for an axis of \(extent)")
      }
      extents.append(extent)
      strides.append(
        axisStrides[axis].multipliedReportingOverflow(by: isBlock ? 1 : blocks[axis]).partialValue
      )
    }
    self.sizes = sizes
    self.levels = levels
    self.strides = strides
    self.extents = extents
    self.blockSizes = blockSizes
  }

  /// The dense form.
  ///
  /// - Parameters:
  ///   - data: The stored values.
  ///   - elementBytes: The bytes of one value.
  ///   - byteCount: The bytes of the dense form.
  /// - Returns: The dense values, zero where nothing is stored.
  /// - Throws: `MODEL_INVALID` where the structure and the number of values do not fit.
  /// - Complexity: O(dense elements): the levels visit each position at most once.
  func dense(_ data: Bytes, elementBytes: Int, byteCount: Int) throws(ReadError) -> [UInt8] {
    // Without elements the levels would be walked for nothing.
    guard byteCount > 0 else { return [] }
    var dense = [UInt8](repeating: 0, count: byteCount)
    var read = 0
    try walk { (element: Int) throws(ReadError) in
      let (start, overflow) = element.multipliedReportingOverflow(by: elementBytes)
      guard !overflow, start >= 0, start <= byteCount - elementBytes else {
        throw ReadError(.modelInvalid, "a sparse index is outside the tensor", at: data.offset)
      }
      for byte in 0..<elementBytes { dense[start + byte] = try data.uint8(at: read + byte) }
      read += elementBytes
    }
    guard read == data.count else {
      throw ReadError(
        .modelInvalid,
        "\(data.count) bytes of sparse values are stored, the indices name \(read)",
        at: data.offset
      )
    }
    return dense
  }

  /// One level of the walk that is under way.
  private struct Frame {
    var next: Int
    var end: Int
    /// Where the dense elements below begin.
    var base: Int
    /// The number of this position among all of the level above.
    var parent: Int
  }

  private func walk(_ visit: (Int) throws(ReadError) -> Void) throws(ReadError) {
    guard !levels.isEmpty else { return try visit(0) }
    var frames = [try frame(level: 0, parent: 0, base: 0)]
    while let top = frames.last {
      let level = frames.count - 1
      guard top.next < top.end else {
        frames.removeLast()
        continue
      }
      frames[level].next += 1
      let (position, child) = try position(top, level: level)
      let (distance, overflow) = position.multipliedReportingOverflow(by: strides[level])
      let (base, sumOverflow) = top.base.addingReportingOverflow(distance)
      guard !overflow, !sumOverflow else { throw outside() }
      if level == levels.count - 1 {
        try visit(base)
      } else {
        frames.append(try frame(level: level + 1, parent: child, base: base))
      }
    }
  }

  private func frame(level: Int, parent: Int, base: Int) throws(ReadError) -> Frame {
    switch levels[level] {
    case .dense(let size): return Frame(next: 0, end: size, base: base, parent: parent)
    case .sparse(let segments, let indices):
      guard parent < segments.count - 1, segments[parent] >= 0,
        segments[parent] <= segments[parent + 1], segments[parent + 1] <= indices.count
      else { throw ReadError(.modelInvalid, "sparse segment \(parent) is not in the indices") }
      return Frame(next: segments[parent], end: segments[parent + 1], base: base, parent: parent)
    }
  }

  /// Where the frame's next entry is along its axis, and its number for the level below.
  private func position(_ frame: Frame, level: Int) throws(ReadError) -> (at: Int, child: Int) {
    switch levels[level] {
    case .dense(let size):
      let (product, overflow) = frame.parent.multipliedReportingOverflow(by: size)
      let (child, sumOverflow) = product.addingReportingOverflow(frame.next)
      guard !overflow, !sumOverflow else { throw outside() }
      return (frame.next, child)
    case .sparse(_, let indices):
      let index = indices[frame.next]
      guard index >= 0, index < extents[level] else { throw outside() }
      return (index, frame.next)
    }
  }

  private func outside() -> ReadError {
    ReadError(.modelInvalid, "a sparse index is outside the tensor")
  }
}
