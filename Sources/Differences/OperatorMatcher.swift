/// Finds which operator of a model is which in another version of it.
///
/// Names lie: exporters number layers, so that one inserted layer renames all that follow. Weights do
/// not. In this order:
/// 1. operators of the same type whose weights are the same bytes;
/// 2. the stretches between those, aligned to the most points (type, name, shapes, parameters):
///    Needleman and Wunsch, 1970, without a price for gaps;
/// 3. what is left and looks the same in another place, by name or alone: moved;
/// 4. what is left and has the same name: replaced by another type, or spelled otherwise by another
///    format.
struct OperatorMatcher {
  typealias Summary = ReportSnapshot.OperatorSummary

  private let old: [Summary]
  private let new: [Summary]
  /// The place in `new` of each old operator.
  private var partners: [Int?]
  private var isTaken: [Bool]

  /// Stretches of more combinations than this are matched by looks and name only.
  private static let mostCombinations = 25_000_000

  init(_ old: [Summary], _ new: [Summary]) {
    self.old = old
    self.new = new
    partners = Array(repeating: nil, count: old.count)
    isTaken = Array(repeating: false, count: new.count)
  }

  /// Pairs of places, by the old one; what is not in it was removed or added.
  ///
  /// - Complexity: O(n log n) where weights or names tell; O(n · m) for a stretch where nothing does.
  mutating func match() -> [(old: Int, new: Int)] {
    pairEqual { summary in
      summary.weightHash.map { "\(summary.graph) \(summary.type) \($0)" }
    }
    alignStretches()
    pairEqual { "\($0.graph) \($0.type) \($0.title) \(Self.looks($0))" }
    pairEqual { "\($0.graph) \($0.type) \(Self.looks($0))" }
    pairEqual { "\($0.graph) \($0.title)" }
    pairEqual { summary in
      guard let multiplyAdds = summary.multiplyAdds, multiplyAdds > 0 else { return nil }
      return "\(Self.bareName(summary.title)) \(multiplyAdds)"
    }
    return partners.enumerated().compactMap { place, partner in
      partner.map { (old: place, new: $0) }
    }
  }

  /// What an operator looks like from outside: shapes in any layout, and the number of weights.
  private static func looks(_ summary: Summary) -> String {
    // Formats order the same extents differently (NHWC, NCHW).
    let shapes = summary.outputShapes.map { $0?.sorted() ?? [] }
    return "\(shapes) \(summary.parameters)"
  }

  /// The last part of a path without the number that exporters append: `net/dense_1` is `dense`.
  private static func bareName(_ title: String) -> Substring {
    let last = title.split(separator: "/").last ?? ""
    guard let underscore = last.lastIndex(of: "_"), underscore != last.startIndex,
      last[last.index(after: underscore)...].allSatisfy(\.isNumber)
    else { return last }
    return last[..<underscore]
  }

  /// Pairs operators with equal keys, where both sides have equally many of a key, in their order.
  private mutating func pairEqual(_ key: (Summary) -> String?) {
    var places: [String: (old: [Int], new: [Int])] = [:]
    for (place, summary) in old.enumerated() where partners[place] == nil {
      if let key = key(summary) { places[key, default: ([], [])].old.append(place) }
    }
    for (place, summary) in new.enumerated() where !isTaken[place] {
      if let key = key(summary) { places[key, default: ([], [])].new.append(place) }
    }
    // The order of the dictionary does not matter: no two keys share a place.
    for (_, group) in places where group.old.count == group.new.count {
      for (first, second) in zip(group.old, group.new) { pair(first, second) }
    }
  }

  private mutating func pair(_ first: Int, _ second: Int) {
    partners[first] = second
    isTaken[second] = true
  }

  // MARK: - Stretches

  /// Aligns what lies between pairs that stand in the same order on both sides.
  private mutating func alignStretches() {
    let pairs = partners.enumerated().compactMap { place, partner in
      partner.map { (place, $0) }
    }
    var first = (old: 0, new: 0)
    let anchors = Self.inOrder(pairs) + [(old.count, new.count)]
    for (oldEnd, newEnd) in anchors {
      align(
        (first.old..<oldEnd).filter { partners[$0] == nil },
        (first.new..<newEnd).filter { !isTaken[$0] }
      )
      first = (oldEnd + 1, newEnd + 1)
    }
  }

  /// The longest run of pairs whose new places rise, too (patience sorting; Fredman, 1975).
  static func inOrder(_ pairs: [(Int, Int)]) -> [(Int, Int)] {
    // The pair that ends the best run of each length, and what stands before each pair.
    var ends: [Int] = []
    var before: [Int?] = Array(repeating: nil, count: pairs.count)
    for (index, pair) in pairs.enumerated() {
      var low = 0
      var high = ends.count
      while low < high {
        let middle = (low + high) / 2
        if pairs[ends[middle]].1 < pair.1 { low = middle + 1 } else { high = middle }
      }
      before[index] = low > 0 ? ends[low - 1] : nil
      if low == ends.count { ends.append(index) } else { ends[low] = index }
    }
    var run: [(Int, Int)] = []
    var next = ends.last
    while let index = next {
      run.append(pairs[index])
      next = before[index]
    }
    return run.reversed()
  }

  /// Points for taking two operators for the same one; 0 where they cannot be.
  private static func points(_ old: Summary, _ new: Summary) -> Int32 {
    guard old.type == new.type, old.graph == new.graph else { return 0 }
    var points: Int32 = 2
    if old.title == new.title { points += 8 }
    if old.parameters == new.parameters { points += 1 }
    if looks(old) == looks(new) { points += 2 }
    return points
  }

  private mutating func align(_ left: [Int], _ right: [Int]) {
    guard !left.isEmpty, !right.isEmpty,
      left.count.multipliedReportingOverflow(by: right.count).partialValue <= Self.mostCombinations
    else { return }
    // Equal operators have equal classes, so that points are computed once a pair of classes.
    let (leftClasses, leftExamples) = Self.classes(left.map { old[$0] })
    let (rightClasses, rightExamples) = Self.classes(right.map { new[$0] })
    let table = leftExamples.map { first in rightExamples.map { Self.points(first, $0) } }
    let columns = right.count + 1
    var best = [Int32](repeating: 0, count: (left.count + 1) * columns)
    for row in 1...left.count {
      let points = table[leftClasses[row - 1]]
      for column in 1...right.count {
        let skipped = max(best[(row - 1) * columns + column], best[row * columns + column - 1])
        let gain = points[rightClasses[column - 1]]
        let paired = best[(row - 1) * columns + column - 1] + gain
        best[row * columns + column] = gain > 0 ? max(skipped, paired) : skipped
      }
    }
    var (row, column) = (left.count, right.count)
    while row > 0, column > 0 {
      let here = best[row * columns + column]
      if here == best[(row - 1) * columns + column] {
        row -= 1
      } else if here == best[row * columns + column - 1] {
        column -= 1
      } else {
        pair(left[row - 1], right[column - 1])
        row -= 1
        column -= 1
      }
    }
  }

  /// The class of each operator, and one operator of each class.
  private static func classes(_ summaries: [Summary]) -> (classes: [Int], examples: [Summary]) {
    var known: [String: Int] = [:]
    var examples: [Summary] = []
    let classes = summaries.map { summary in
      let key = "\(summary.graph) \(summary.type) \(summary.title) \(looks(summary))"
      if let index = known[key] { return index }
      known[key] = examples.count
      examples.append(summary)
      return examples.count - 1
    }
    return (classes, examples)
  }
}
