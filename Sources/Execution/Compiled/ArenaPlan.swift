import ModelIR

/// Where each buffered value lies in one block of memory.
///
/// Values whose lifetimes do not meet share bytes. Greedy by size: the largest value is placed first,
/// each at the lowest offset that no value alive at the same time takes (Y. Pisarchyk and J. Lee
/// 2020, "Efficient Memory Management for Deep Neural Net Inference", section 5.1).
struct ArenaPlan: Sendable {
  /// Every value starts at a multiple of this, the alignment of the kernels' vectors.
  private static let alignment = 64

  /// A value's size and the steps between which it is needed.
  struct Lifetime {
    var value: ValueID
    var byteCount: Int
    var steps: ClosedRange<Int>
  }

  /// The offset of each value in bytes; `nil` where it has none.
  let offsets: [Int?]
  /// The size of the block.
  let byteCount: Int

  /// Places values; `nil` where the sizes overflow.
  ///
  /// - Parameters:
  ///   - lifetimes: The values.
  ///   - valueCount: The values of the graph.
  ///   - aliases: Values that lie where another one does.
  /// - Complexity: O(values²) in the worst case.
  init?(_ lifetimes: [Lifetime], valueCount: Int, aliases: [ValueID: ValueID] = [:]) {
    var offsets = [Int?](repeating: nil, count: valueCount)
    var placed: [(range: Range<Int>, steps: ClosedRange<Int>)] = []
    var total = 0
    let order = lifetimes.sorted {
      ($1.byteCount, $0.value.index) < ($0.byteCount, $1.value.index)
    }
    for lifetime in order {
      guard let size = Self.rounded(lifetime.byteCount) else { return nil }
      let taken = placed.filter { $0.steps.overlaps(lifetime.steps) }.map(\.range)
        .sorted { $0.lowerBound < $1.lowerBound }
      var offset = 0
      for range in taken {
        if range.lowerBound - offset >= size { break }
        offset = max(offset, range.upperBound)
      }
      let (end, overflow) = offset.addingReportingOverflow(size)
      guard !overflow else { return nil }
      offsets[lifetime.value.index] = offset
      placed.append((offset..<end, lifetime.steps))
      total = max(total, end)
    }
    for (value, target) in aliases { offsets[value.index] = offsets[target.index] }
    self.offsets = offsets
    byteCount = total
  }

  private static func rounded(_ byteCount: Int) -> Int? {
    let (sum, overflow) = byteCount.addingReportingOverflow(alignment - 1)
    return overflow ? nil : sum / alignment * alignment
  }
}
