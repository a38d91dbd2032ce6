import ModelIR
import Profiling

/// Finds blocks that come several times in a row with the same operators, attributes, types and
/// wiring, and draws the first one for all.
struct BlockFolding {
  private let reader: GraphReader
  /// Blocks of more boxes than this are not looked for.
  private static let longestBlock = 400
  /// Folding must save at least this many boxes.
  private static let leastSaving = 3

  init(_ reader: GraphReader) { self.reader = reader }

  /// Folds, and folds again what is left: blocks of blocks.
  func fold(_ graph: inout OperatorGraph) {
    for _ in 0..<3 {
      let runs = Search(graph, labels: labels(graph)).chosen(
        longest: Self.longestBlock,
        leastSaving: Self.leastSaving
      )
      guard !runs.isEmpty else { return }
      apply(runs, to: &graph)
    }
  }

  /// `count` repetitions of the `period` boxes from `start`.
  struct Run {
    var start: Int
    var period: Int
    var count: Int

    var range: Range<Int> { start..<start + period * count }
    var saving: Int { period * (count - 1) }
  }

  // MARK: - What makes two boxes equal

  /// A number for each box; equal boxes have equal numbers.
  private func labels(_ graph: OperatorGraph) -> [Int] {
    var numbers: [[String]: Int] = [:]
    return graph.items.enumerated().map { index, item in
      // Ends are equal to nothing.
      guard !item.content.isBoundary else { return -1 - index }
      var parts = item.rows.map { text(of: $0) }
      parts.append("\(item.repetitions.count + 1)")
      if case .scope = item.content { parts.append("scope") }
      for step in item.path {
        if case .fold(let number) = step { parts.append("fold \(number)") }
      }
      let number = numbers[parts] ?? numbers.count
      numbers[parts] = number
      return number
    }
  }

  private func text(of row: Int) -> String {
    let node = reader.node(row)
    let operation = reader.profile.operators[row]
    var text = operation.sourceType
    for (name, value) in node.attributes.all { text += ";\(name)=" + Self.text(value) }
    for (shape, type) in zip(operation.outputShapes, operation.outputTypes) {
      text += ">\(shape):\(type.rawValue)"
    }
    return text + "#\(operation.parameters)"
  }

  private static func text(_ value: AttributeValue) -> String {
    switch value {
    case .int(let value): "\(value)"
    case .float(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .string(let value): value
    case .ints(let values): "\(values)"
    case .floats(let values): "\(values)"
    case .strings(let values): "\(values)"
    case .type(let type): type.rawValue
    // Values may differ as weights do.
    case .tensor(let tensor): "\(tensor.type)\(tensor.sizes)"
    case .graph(let graph): "graph \(graph.index)"
    case .graphs(let graphs): "graphs \(graphs.map(\.index))"
    case .bytes(let bytes): "\(bytes.count) bytes"
    }
  }

  // MARK: - Folding

  private func apply(_ runs: [Run], to graph: inout OperatorGraph) {
    var isKept = Array(repeating: true, count: graph.items.count)
    // Where links of a dropped box go: to the same box of the first repetition.
    var standIn = Array(graph.items.indices)
    for run in runs {
      let number = graph.folds.count
      graph.folds.append(run.count)
      var paths: [[OperatorGraph.Step]] = []
      for place in run.range { paths.append(graph.items[place].path) }
      for offset in 0..<run.period {
        let first = run.start + offset
        for repetition in 1..<run.count {
          let place = first + repetition * run.period
          isKept[place] = false
          standIn[place] = first
          let item = graph.items[place]
          graph.items[first].repetitions.append(
            .init(rows: item.rows, absorbed: item.absorbed, path: item.path)
          )
          graph.items[first].repetitions += item.repetitions
        }
      }
      let shared = Self.commonPrefix(paths)
      for place in run.start..<run.start + run.period {
        let own = Self.relativePath(graph.items[place].path, shared, of: run, paths)
        graph.items[place].path = Array(paths[0].prefix(shared)) + [.fold(number)] + own
      }
    }
    graph.links = graph.links.compactMap { link in
      var moved = link
      moved.source = standIn[link.source]
      // What the further repetitions read, the first one reads too, or another repetition gives it.
      guard isKept[link.target] else { return nil }
      moved.target = link.target
      return moved
    }
    graph.keep(isKept)
    graph.tidyLinks()
  }

  private static func commonPrefix(_ paths: [[OperatorGraph.Step]]) -> Int {
    guard let first = paths.first else { return 0 }
    return paths.dropFirst().reduce(first.count) { shared, path in
      zip(first, path).prefix(shared).prefix { $0.0 == $0.1 }.count
    }
  }

  /// The scopes inside the block: the one that tells the repetitions apart (`layer.3`) goes.
  private static func relativePath(
    _ path: [OperatorGraph.Step],
    _ shared: Int,
    of run: Run,
    _ paths: [[OperatorGraph.Step]]
  ) -> [OperatorGraph.Step] {
    let own = Array(path.dropFirst(shared))
    let first = paths.prefix(run.period).map { Array($0.dropFirst(shared)) }
    guard let head = own.first, first.allSatisfy({ $0.first == head }) else { return own }
    return Array(own.dropFirst())
  }
}
