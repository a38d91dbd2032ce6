#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Cuts a long graph into columns where few tensors cross, so that the picture fits a page.
struct ColumnPlan {
  /// The nodes of each column, in the order in which they are drawn.
  private(set) var columns: [[Int]] = []
  /// The column of each node.
  private(set) var columnOf: [Int]

  /// Pictures are about this many times as wide as high.
  private static let aspect = 1.5
  /// A chain of fewer rows is one column.
  private static let fewRows = 9
  /// More tensors than this do not leave one column together, unless there is no other way.
  private static let mostCrossing = 4
  private static let rowGap = 32.0
  private static let nodeGap = 24.0

  private let diagram: Diagram
  private let order: [Int]
  private let position: [Int]

  init(_ diagram: Diagram, sizes: [Size]) {
    self.diagram = diagram
    order = Self.order(of: diagram)
    var position = Array(repeating: 0, count: diagram.nodes.count)
    for (place, node) in order.enumerated() { position[node] = place }
    self.position = position
    columnOf = Array(repeating: 0, count: diagram.nodes.count)
    let rows = layers()
    let cuts = self.cuts(rows, idealRows: idealRows(rows, sizes))
    var start = 0
    for end in cuts + [order.count] where end > start {
      for place in start..<end { columnOf[order[place]] = columns.count }
      columns.append(Array(order[start..<end]))
      start = end
    }
  }

  /// Inputs stand before what first reads them, outputs behind what computes them.
  private static func order(of diagram: Diagram) -> [Int] {
    var inputs = Array(repeating: [Int](), count: diagram.nodes.count)
    var outputs = inputs
    for edge in diagram.edges {
      if diagram.nodes[edge.source].kind == .input { inputs[edge.target].append(edge.source) }
      if diagram.nodes[edge.target].kind == .output { outputs[edge.source].append(edge.target) }
    }
    var isPlaced = Array(repeating: false, count: diagram.nodes.count)
    var order: [Int] = []
    func place(_ node: Int) {
      guard !isPlaced[node] else { return }
      isPlaced[node] = true
      order.append(node)
    }
    for node in diagram.nodes.indices where diagram.nodes[node].kind == .operation {
      inputs[node].forEach(place)
      place(node)
      outputs[node].forEach(place)
    }
    for node in diagram.nodes.indices { place(node) }
    return order
  }

  /// The row of each place in the order: one below the lowest of what it reads.
  private func layers() -> [Int] {
    var rows = Array(repeating: 0, count: order.count)
    var sources = Array(repeating: [Int](), count: order.count)
    for edge in diagram.edges where position[edge.source] < position[edge.target] {
      sources[position[edge.target]].append(position[edge.source])
    }
    for place in order.indices {
      rows[place] = sources[place].reduce(0) { max($0, rows[$1] + 1) }
    }
    return rows
  }

  /// The rows of a column that give the picture its shape; `nil` where one column does.
  private func idealRows(_ rows: [Int], _ sizes: [Size]) -> Double? {
    let count = (rows.max() ?? 0) + 1
    guard count > Self.fewRows, !sizes.isEmpty else { return nil }
    let height = sizes.reduce(0) { $0 + $1.height } / Double(sizes.count) + Self.rowGap
    let width = sizes.reduce(0) { $0 + $1.width } / Double(sizes.count) + Self.nodeGap
    let perRow = Double(order.count) / Double(count)
    // Rows differ in width, lines run between columns, and frames stand around boxes.
    let column = width * perRow * 1.25 + 60 + (diagram.clusters.isEmpty ? 0 : 60)
    let columns = (Self.aspect * Double(count) * height / column).squareRoot()
    guard columns.rounded() >= 2 else { return nil }
    return max(5, Double(count) / columns.rounded())
  }

  // MARK: - Cuts

  /// The places before which a new column begins: the cheapest by dynamic programming.
  private func cuts(_ rows: [Int], idealRows: Double?) -> [Int] {
    guard let idealRows, order.count > 1 else { return [] }
    let prices = self.prices()
    let count = order.count
    // The rows that are full before each place.
    var depth = [0]
    for row in rows { depth.append(max(depth[depth.count - 1], row + 1)) }
    var best = Array(repeating: Double.infinity, count: count + 1)
    var from = Array(repeating: 0, count: count + 1)
    best[0] = 0
    for start in 0..<count where best[start] < .infinity {
      var found = false
      for end in (start + 1)...count {
        let share = Double(depth[end] - depth[start]) / idealRows
        // Beyond the window the first allowed cut is taken.
        guard share <= 1.8 || !found else { break }
        guard let price = end == count ? 0 : prices[end] else { continue }
        found = found || share > 0.4
        let excess = share - 1
        let misfit = excess > 0 ? 3 * excess * excess : (end == count ? 0.2 : 1) * excess * excess
        let sum = best[start] + misfit + price
        if sum < best[end] {
          best[end] = sum
          from[end] = start
        }
      }
    }
    var cuts: [Int] = []
    var place = from[count]
    while place > 0 {
      cuts.append(place)
      place = from[place]
    }
    return cuts.reversed()
  }

  /// What a cut before each place costs; `nil` where too much would cross.
  private func prices() -> [Double?] {
    let count = order.count
    var crossing = Array(repeating: 0, count: count + 1)
    // A tensor crosses from behind its source to its last reader, once whatever the number of readers.
    var last = Array(repeating: -1, count: count)
    for edge in diagram.edges {
      let (source, target) = (position[edge.source], position[edge.target])
      last[min(source, target)] = max(last[min(source, target)], max(source, target))
    }
    for (source, target) in last.enumerated() where target > source {
      crossing[source + 1] += 1
      crossing[target + 1 <= count ? target + 1 : count] -= 1
    }
    var splits = Array(repeating: 0.0, count: count + 1)
    for (cluster, range) in clusterRanges() where range.upperBound > range.lowerBound {
      // A cut through a folded block would hide what is repeated.
      let price = diagram.clusters[cluster].repetitions > 1 ? 2.0 : 0.08
      splits[range.lowerBound + 1] += price
      splits[range.upperBound + 1] -= price
    }
    var open = 0
    var split = 0.0
    return (0...count).map { place in
      open += crossing[place]
      split += splits[place]
      return open <= Self.mostCrossing ? 0.12 * Double(max(open - 1, 0)) + split : nil
    }
  }

  private func clusterRanges() -> [(cluster: Int, range: ClosedRange<Int>)] {
    var first = Array(repeating: Int.max, count: diagram.clusters.count)
    var last = Array(repeating: -1, count: diagram.clusters.count)
    for (node, place) in position.enumerated() {
      var cluster = diagram.nodes[node].cluster
      while let index = cluster {
        first[index] = min(first[index], place)
        last[index] = max(last[index], place)
        cluster = diagram.clusters[index].parent
      }
    }
    return first.indices.filter { last[$0] >= 0 }.map { ($0, first[$0]...last[$0]) }
  }
}
