/// Draws a diagram whose parts have places.
package struct DrawingBuilder {
  private let diagram: Diagram
  private let placement: Placement
  private let theme: Drawing.Theme
  private var shapes: [Drawing.Shape] = []

  package init(_ diagram: Diagram, _ placement: Placement, theme: Drawing.Theme = .init(.automatic))
  {
    self.diagram = diagram
    self.placement = placement
    self.theme = theme
  }

  /// The picture: head and legend above, the graph below.
  package static func drawing(
    _ diagram: Diagram,
    _ placement: Placement,
    theme: Drawing.Theme = .init(.automatic)
  ) -> Drawing {
    var builder = DrawingBuilder(diagram, placement, theme: theme)
    return builder.build()
  }

  private mutating func build() -> Drawing {
    let head = HeadDrawing(diagram, width: max(placement.size.width, 480))
    let width = max(placement.size.width, head.size.width)
    let height = head.size.height + placement.size.height
    shapes.append(
      .rectangle(
        Rectangle(Point(0, 0), Size(width, height)),
        radius: 0,
        .init(fill: .themed(.ground))
      )
    )
    shapes += head.shapes
    let offset = Point(((width - placement.size.width) / 2).rounded(), head.size.height)
    drawClusters(offset)
    drawEdges(offset)
    drawNodes(offset)
    drawLabels(offset)
    let counts =
      "\(diagram.nodes.count) boxes, \(diagram.edges.count) lines, coloured by \(diagram.legend.title)"
    return Drawing(
      size: Size(width, height),
      shapes: shapes,
      title: diagram.title,
      summary: ([diagram.title] + diagram.subtitle + [counts]).joined(separator: "; "),
      theme: theme
    )
  }

  // MARK: - Frames

  private mutating func drawClusters(_ offset: Point) {
    for (index, place) in placement.clusters.enumerated() {
      let cluster = diagram.clusters[place.cluster]
      let frame = place.frame.moved(by: offset)
      let isFold = cluster.repetitions > 1
      shapes.append(
        .begin(
          .init(
            id: "cluster\(place.cluster)-\(index)",
            name: "cluster",
            details: [cluster.details],
            data: isFold ? [.init("repetitions", String(cluster.repetitions))] : []
          )
        )
      )
      if isFold {
        // Sheets behind the frame: what is drawn once is there several times.
        for distance in [6.0, 3.0] {
          shapes.append(
            .rectangle(
              frame.moved(by: Point(distance, distance)),
              radius: 8,
              .init(fill: .themed(.panel), stroke: .themed(.line), width: 0.8)
            )
          )
        }
      }
      shapes.append(
        .rectangle(
          frame,
          radius: 8,
          .init(
            fill: .themed(.panel),
            stroke: .themed(isFold ? .line : .frame),
            width: isFold ? 1.4 : 1
          )
        )
      )
      let isContinued = placement.clusters[..<index].contains { $0.cluster == place.cluster }
      let label = TextMetrics.shortened(
        NodeMetrics.shownLabel(cluster) + (isContinued ? " (continued)" : ""),
        to: frame.size.width - 16,
        size: isFold ? 12 : NodeMetrics.frameLabelSize,
        isBold: true
      )
      shapes.append(
        .text(
          .init(
            text: label,
            place: Point(frame.minX + 8, frame.minY + 14),
            size: isFold ? 12 : NodeMetrics.frameLabelSize,
            anchor: .start,
            isBold: true,
            paint: .themed(isFold ? .ink : .faint),
            hasHalo: false
          )
        )
      )
      shapes.append(.end)
    }
  }

  // MARK: - Boxes

  private mutating func drawNodes(_ offset: Point) {
    for (node, place) in zip(diagram.nodes, placement.nodes) {
      let frame = place.moved(by: offset)
      let data = [Diagram.DataField("kind", node.kind.rawValue)] + node.data
      shapes.append(.begin(.init(id: node.id, name: "node", details: node.details, data: data)))
      shapes.append(
        .rectangle(
          frame,
          radius: node.kind == .operation ? 5 : min(frame.size.height / 2, 16),
          style(of: node)
        )
      )
      let paint: Drawing.Paint
      if case .colour(let colour) = node.fill {
        paint = .fixed(colour.legibleText)
      } else {
        paint = .themed(.ink)
      }
      for (index, line) in NodeMetrics.shownLines(node).enumerated() {
        let isHeading = index == 0
        let baseline =
          frame.minY + NodeMetrics.padding.height
          + (isHeading
            ? 11 : NodeMetrics.headingHeight + NodeMetrics.lineHeight * Double(index) - 3)
        shapes.append(
          .text(
            .init(
              text: line,
              place: Point(frame.center.x, baseline),
              size: isHeading ? NodeMetrics.headingSize : NodeMetrics.textSize,
              anchor: .middle,
              isBold: isHeading,
              paint: paint,
              hasHalo: false
            )
          )
        )
      }
      shapes.append(.end)
    }
  }

  private func style(of node: Diagram.Node) -> Drawing.Style {
    var style: Drawing.Style
    switch node.fill {
    case .plain: style = .init(fill: .themed(.plain), stroke: .themed(.line))
    case .unknown: style = .init(fill: .themed(.unknown), stroke: .themed(.line), dash: 3)
    case .colour(let colour):
      style = .init(fill: .fixed(colour), stroke: .fixed(colour.mixed(with: .ink, 0.45)))
    }
    if let mark = node.mark {
      style.stroke = .fixed(mark.colour)
      style.width = 2.5
      style.dash = mark.isDashed ? 4 : 0
    }
    return style
  }

  // MARK: - Lines

  private mutating func drawEdges(_ offset: Point) {
    for (index, edge) in diagram.edges.enumerated() {
      let way = placement.edges[index].map { $0.moved(by: offset) }
      guard way.count >= 4 else { continue }
      shapes.append(
        .begin(
          .init(
            id: "edge\(index)",
            name: "edge",
            details: [edge.details],
            data: [
              .init("source", diagram.nodes[edge.source].id),
              .init("target", diagram.nodes[edge.target].id),
            ]
          )
        )
      )
      let paint: Drawing.Paint = edge.colour.map { .fixed($0) } ?? .themed(.line)
      let arrow = Arrow(at: way, width: edge.width)
      shapes.append(
        .path(
          arrow.shortened,
          .init(stroke: paint, width: edge.width, dash: edge.style == .data ? 0 : 4)
        )
      )
      shapes.append(.path(arrow.head, .init(fill: paint)))
      shapes.append(.end)
    }
  }

  /// Shapes and types: each once at the box that gives the tensor, to the right of its lines.
  private mutating func drawLabels(_ offset: Point) {
    var starts: [Int: [(way: [Point], edge: Int)]] = [:]
    for (index, edge) in diagram.edges.enumerated() where placement.edges[index].count >= 4 {
      starts[edge.source, default: []].append((placement.edges[index], index))
    }
    for node in diagram.nodes.indices {
      guard let ways = starts[node] else { continue }
      let labels = ways.map { diagram.edges[$0.edge].label }.filter { !$0.isEmpty }
      guard !labels.isEmpty else { continue }
      let height = 11.0
      let x = ways.map { Self.place(on: $0.way, below: height).x }.max() ?? 0
      let widest = ways.map { diagram.edges[$0.edge].width }.max() ?? 1
      let top = placement.nodes[node].maxY
      // Beside a single line that leads to the right there is more room on its left.
      let isLeft =
        ways.count == 1 && ways[0].way[3].x > ways[0].way[0].x + 12
      let left = ways[0].way[0].x
      for (line, label) in labels.prefix(2).enumerated() {
        shapes.append(
          .text(
            .init(
              text: label,
              place: Point(
                (isLeft ? left - widest / 2 - 1 : x + widest / 2 + 4) + offset.x,
                top + height + 1 + Double(line) * 9 + offset.y
              ),
              size: 8.5,
              anchor: isLeft ? .end : .start,
              isBold: false,
              paint: .themed(.faint),
              hasHalo: true
            )
          )
        )
      }
    }
  }

  /// The point of a way that lies a little below its start.
  private static func place(on way: [Point], below distance: Double) -> Point {
    guard way.count >= 4 else { return way.first ?? Point(0, 0) }
    var best = way[0]
    for step in 1...10 {
      let point = Bezier.point(way[0], way[1], way[2], way[3], Double(step) / 10)
      if point.x > best.x { best = point }
      if point.y - way[0].y >= distance { break }
    }
    return best
  }
}

/// The head of an arrow, and the line that ends at it.
struct Arrow {
  let shortened: [Point]
  /// The triangle as a closed path.
  let head: [Point]

  init(at way: [Point], width: Double) {
    let tip = way[way.count - 1]
    // The direction of arrival: from the nearest point that is not the tip itself.
    let before =
      way.dropLast().last { abs($0.x - tip.x) + abs($0.y - tip.y) > 0.5 } ?? Point(tip.x, tip.y - 1)
    let length = ((tip.x - before.x) * (tip.x - before.x) + (tip.y - before.y) * (tip.y - before.y))
      .squareRoot()
    let direction = Point((tip.x - before.x) / length, (tip.y - before.y) / length)
    let size = 5 + width * 0.9
    let base = Point(tip.x - direction.x * size, tip.y - direction.y * size)
    var line = way
    line[line.count - 1] = base
    // The last control point must not lie beyond the new end.
    if length < size { line[line.count - 2] = base }
    shortened = line
    let half = size * 0.45
    let left = Point(base.x - direction.y * half, base.y + direction.x * half)
    let right = Point(base.x + direction.y * half, base.y - direction.x * half)
    head = [tip, tip, left, left, left, right, right, right, tip, tip]
  }
}

/// Cubic Bézier curves.
enum Bezier {
  /// The point at `t` from 0 to 1.
  static func point(_ a: Point, _ b: Point, _ c: Point, _ d: Point, _ t: Double) -> Point {
    let s = 1 - t
    let (wa, wb, wc, wd) = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
    let x = wa * a.x + wb * b.x + wc * c.x + wd * d.x
    let y = wa * a.y + wb * b.y + wc * c.y + wd * d.y
    return Point(x, y)
  }
}
