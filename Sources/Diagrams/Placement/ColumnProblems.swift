/// The columns of a diagram as separate problems, and how their lines make up the edges.
struct ColumnProblems {
  /// What a line of a column draws.
  enum Piece: Equatable {
    /// An edge within the column.
    case whole(Int)
    /// From a node to its exit.
    case leaving(Int)
    /// From an entry to its exit: the node whose tensor passes.
    case passing(Int)
    /// From an entry to the edge's target.
    case arriving(Int)
  }

  let plan: ColumnPlan
  private(set) var problems: [ColumnProblem]
  /// What each line of each column draws, by the line's `id`.
  private(set) var pieces: [[Piece]]
  /// Edges that lead back to an earlier column; they are drawn straight.
  private(set) var backward: [Int] = []

  init(_ diagram: Diagram, sizes: [Size]) {
    plan = ColumnPlan(diagram, sizes: sizes)
    problems = plan.columns.map { _ in ColumnProblem() }
    pieces = plan.columns.map { _ in [] }
    var vertex = Array(repeating: 0, count: diagram.nodes.count)
    for (column, nodes) in plan.columns.enumerated() {
      for node in nodes {
        vertex[node] = problems[column].vertices.count
        problems[column].vertices.append(.init(kind: .node(node), size: sizes[node], cluster: nil))
      }
    }
    var entries: [Key: Int] = [:]
    var exits: [Key: Int] = [:]
    for (index, edge) in diagram.edges.enumerated() {
      let (from, to) = (plan.columnOf[edge.source], plan.columnOf[edge.target])
      guard from <= to else {
        backward.append(index)
        continue
      }
      guard from < to else {
        add(.whole(index), vertex[edge.source], vertex[edge.target], from)
        continue
      }
      let source = edge.source
      for column in from..<to {
        let isFirst = column == from
        guard exits[Key(column, source)] == nil else { continue }
        let exit = port(.exit(source), column)
        exits[Key(column, source)] = exit
        add(
          isFirst ? .leaving(source) : .passing(source),
          isFirst ? vertex[source] : entries[Key(column, source)] ?? 0,
          exit,
          column
        )
        if entries[Key(column + 1, source)] == nil {
          entries[Key(column + 1, source)] = port(.entry(source), column + 1)
        }
      }
      add(.arriving(index), entries[Key(to, source)] ?? 0, vertex[edge.target], to)
    }
    addFrames(diagram)
  }

  private struct Key: Hashable {
    var column: Int
    var node: Int

    init(_ column: Int, _ node: Int) {
      self.column = column
      self.node = node
    }
  }

  private mutating func port(_ kind: ColumnProblem.Vertex.Kind, _ column: Int) -> Int {
    problems[column].vertices.append(.init(kind: kind, size: Size(1, 1), cluster: nil))
    return problems[column].vertices.count - 1
  }

  private mutating func add(_ piece: Piece, _ source: Int, _ target: Int, _ column: Int) {
    problems[column].lines.append(.init(source: source, target: target, id: pieces[column].count))
    pieces[column].append(piece)
  }

  /// Frames only stand around several boxes of a column.
  private mutating func addFrames(_ diagram: Diagram) {
    for (column, nodes) in plan.columns.enumerated() {
      var counts: [Int: Int] = [:]
      for node in nodes {
        var cluster = diagram.nodes[node].cluster
        while let index = cluster {
          counts[index, default: 0] += 1
          cluster = diagram.clusters[index].parent
        }
      }
      let shown = counts.keys.sorted().filter { index in
        (counts[index] ?? 0) > 1 || diagram.clusters[index].repetitions > 1
      }
      var frameOf: [Int: Int] = [:]
      // Parents have smaller numbers than their children.
      for cluster in shown {
        frameOf[cluster] = problems[column].frames.count
        problems[column].frames.append(
          .init(
            cluster: cluster,
            parent: diagram.clusters[cluster].parent.flatMap { frameOf[$0] },
            labelWidth: TextMetrics.width(
              NodeMetrics.shownLabel(diagram.clusters[cluster]),
              size: NodeMetrics.frameLabelSize,
              isBold: true
            )
          )
        )
      }
      for index in problems[column].vertices.indices {
        guard case .node(let node) = problems[column].vertices[index].kind else { continue }
        var cluster = diagram.nodes[node].cluster
        while let candidate = cluster, frameOf[candidate] == nil {
          cluster = diagram.clusters[candidate].parent
        }
        problems[column].vertices[index].cluster = cluster.flatMap { frameOf[$0] }
      }
    }
  }
}
