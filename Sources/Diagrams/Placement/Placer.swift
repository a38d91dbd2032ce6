/// Finds a place for everything of a diagram.
package struct Placer {
  private let limits: ChildLimits

  package init(limits: ChildLimits = ChildLimits()) { self.limits = limits }

  private static let gutter = 44.0
  private static let lane = 9.0
  private static let margin = 14.0

  /// The places; each column by the best way that finishes in time.
  package func place(_ diagram: Diagram) -> Placement {
    let sizes = diagram.nodes.map(NodeMetrics.size(of:))
    let parts = ColumnProblems(diagram, sizes: sizes)
    return stitched(diagram, parts, solved(parts.problems), sizes)
  }

  /// Curves, then straight lines, then rows by ourselves.
  private func solved(_ problems: [ColumnProblem]) -> [ColumnLayout] {
    // Without any time no process is worth its start.
    guard limits.milliseconds > 0 else { return problems.map(LayeredLayout.layout) }
    // Both tries together keep to the limit.
    var most = limits
    most.milliseconds = limits.milliseconds / 10 * 6
    let first = GraphvizLayout(limits: most).layouts(of: problems, straight: false)
    let missing = first.indices.filter { first[$0] == nil }
    var rest = limits
    rest.milliseconds = limits.milliseconds / 10 * 3
    let second =
      missing.isEmpty
      ? [] : GraphvizLayout(limits: rest).layouts(of: missing.map { problems[$0] }, straight: true)
    var result = first
    for (place, index) in missing.enumerated() { result[index] = second[place] }
    return result.enumerated().map { $1 ?? LayeredLayout.layout(of: problems[$0]) }
  }

  // MARK: - Putting columns side by side

  /// A tensor on its way from one column to the next.
  private struct Crossing: Hashable {
    var column: Int
    var node: Int
  }

  private func stitched(
    _ diagram: Diagram,
    _ parts: ColumnProblems,
    _ layouts: [ColumnLayout],
    _ sizes: [Size]
  ) -> Placement {
    let lanes = self.lanes(parts)
    var offsets: [Point] = []
    var x = Self.margin
    let mostLanes = lanes.values.map { $0 + 1 }.max() ?? 0
    // Lines to the next column run below and above the columns.
    let top = Self.margin + (mostLanes > 0 ? 8 + Double(mostLanes) * Self.lane : 0)
    var right = x
    var bottom = 0.0
    for (column, layout) in layouts.enumerated() {
      offsets.append(Point(x, top))
      right = x + layout.size.width
      let crossing = lanes.keys.count { $0.column == column }
      x = right + Self.gutter + Double(crossing) * Self.lane
      bottom = max(bottom, top + layout.size.height)
    }
    bottom += top
    var nodes = Array(repeating: Rectangle(Point(0, 0), Size(0, 0)), count: diagram.nodes.count)
    var ports: [Crossing: (exit: Point?, entry: Point?)] = [:]
    var clusters: [Placement.ClusterFrame] = []
    for (column, problem) in parts.problems.enumerated() {
      for (vertex, center) in zip(problem.vertices, layouts[column].centers) {
        let place = center.moved(by: offsets[column])
        switch vertex.kind {
        case .node(let node):
          nodes[node] = Rectangle(
            Point(place.x - sizes[node].width / 2, place.y - sizes[node].height / 2),
            sizes[node]
          )
        case .exit(let node):
          ports[Crossing(column: column, node: node), default: (nil, nil)].exit = place
        case .entry(let node):
          ports[Crossing(column: column - 1, node: node), default: (nil, nil)].entry = place
        }
      }
      for (frame, rectangle) in layouts[column].frames
      where problem.frames.indices.contains(frame) {
        clusters.append(
          .init(
            cluster: problem.frames[frame].cluster,
            frame: rectangle.moved(by: offsets[column])
          )
        )
      }
    }
    let connectors = ports.mapValues { _ in [Point]() }.merging(
      ports.compactMap { key, port -> (Crossing, [Point])? in
        guard let exit = port.exit, let entry = port.entry else { return nil }
        let lane = Double(lanes[key] ?? 0)
        let columnRight = offsets[key.column].x + layouts[key.column].size.width
        let gutterX = columnRight + Self.gutter / 2 + (lane + 0.5) * Self.lane
        return (key, Self.connector(from: exit, to: entry, gutterX, 6 + (lane + 0.5) * Self.lane))
      }
    ) { $1 }
    return Placement(
      size: Size(right + Self.margin, bottom),
      nodes: nodes,
      edges: edges(diagram, parts, layouts, offsets, nodes) { column, node in
        connectors[Crossing(column: column, node: node)] ?? []
      },
      clusters: clusters,
      quality: layouts.map(\.quality).max() ?? .layered
    )
  }

  /// The lane of each crossing tensor in the gutter behind its column.
  private func lanes(_ parts: ColumnProblems) -> [Crossing: Int] {
    var lanes: [Crossing: Int] = [:]
    for (column, problem) in parts.problems.enumerated() {
      var used = 0
      for vertex in problem.vertices {
        guard case .exit(let node) = vertex.kind else { continue }
        lanes[Crossing(column: column, node: node)] = used
        used += 1
      }
    }
    return lanes
  }

  /// Down, to the right, up through the gutter, and down into the next column, with round corners.
  private static func connector(from exit: Point, to entry: Point, _ x: Double, _ drop: Double)
    -> [Point]
  {
    let low = exit.y + drop
    let high = entry.y - drop
    return RoundedWay.points([
      exit, Point(exit.x, low), Point(x, low), Point(x, high), Point(entry.x, high), entry,
    ])
  }

  private func edges(
    _ diagram: Diagram,
    _ parts: ColumnProblems,
    _ layouts: [ColumnLayout],
    _ offsets: [Point],
    _ nodes: [Rectangle],
    connector: (_ column: Int, _ node: Int) -> [Point]
  ) -> [[Point]] {
    var edges: [[Point]] = Array(repeating: [], count: diagram.edges.count)
    var leaving: [Int: [Point]] = [:]
    var passing: [Crossing: [Point]] = [:]
    var arriving: [Int: [Point]] = [:]
    for (column, problem) in parts.problems.enumerated() {
      for line in problem.lines {
        let way = layouts[column].ways[line.id].map { $0.moved(by: offsets[column]) }
        switch parts.pieces[column][line.id] {
        case .whole(let edge): edges[edge] = way
        case .leaving(let node): leaving[node] = way
        case .passing(let node): passing[Crossing(column: column, node: node)] = way
        case .arriving(let edge): arriving[edge] = way
        }
      }
    }
    for (index, end) in arriving {
      let source = diagram.edges[index].source
      let from = parts.plan.columnOf[source]
      let to = parts.plan.columnOf[diagram.edges[index].target]
      var way = leaving[source] ?? []
      for column in from..<to {
        if column > from {
          way = Self.joined(way, passing[Crossing(column: column, node: source)] ?? [])
        }
        way = Self.joined(way, connector(column, source))
      }
      edges[index] = Self.joined(way, end)
    }
    for index in parts.backward {
      let (source, target) = (
        nodes[diagram.edges[index].source], nodes[diagram.edges[index].target]
      )
      edges[index] = LayeredLayout.way(
        from: source.center,
        source.size,
        to: target.center,
        target.size
      )
    }
    return edges
  }

  /// One way after another; what is between them is bridged by a straight line.
  private static func joined(_ first: [Point], _ second: [Point]) -> [Point] {
    guard let end = first.last, let start = second.first else { return first + second }
    return first + [end, start, start] + second.dropFirst()
  }
}

/// Ways of straight lines with round corners, as Bézier curves.
enum RoundedWay {
  private static let radius = 7.0

  static func points(_ corners: [Point]) -> [Point] {
    guard corners.count > 2, let first = corners.first, let last = corners.last else {
      return corners.count == 2 ? [corners[0], corners[0], corners[1], corners[1]] : corners
    }
    var result = [first]
    for index in 1..<corners.count - 1 {
      let (before, corner, after) = (corners[index - 1], corners[index], corners[index + 1])
      let start = toward(before, from: corner)
      let end = toward(after, from: corner)
      let here = result[result.count - 1]
      result += [here, start, start]
      // The corner as both control points is close to an arc.
      result += [corner, corner, end]
    }
    let here = result[result.count - 1]
    return result + [here, last, last]
  }

  /// The point on the way to a neighbour where the corner's curve begins.
  private static func toward(_ neighbour: Point, from corner: Point) -> Point {
    let dx = neighbour.x - corner.x
    let dy = neighbour.y - corner.y
    let length = (dx * dx + dy * dy).squareRoot()
    guard length > 0 else { return corner }
    let share = min(radius, length / 2) / length
    return Point(corner.x + dx * share, corner.y + dy * share)
  }
}
