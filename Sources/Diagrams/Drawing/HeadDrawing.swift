/// The head of a picture: what it is, what the colours and widths mean, what is not shown.
struct HeadDrawing {
  private(set) var shapes: [Drawing.Shape] = []
  private(set) var size: Size

  private static let margin = 16.0
  private static let gap = 36.0
  private static let titleSize = 16.0
  private static let textSize = 10.0
  private static let line = 14.0
  private static let barWidth = 180.0

  /// - Parameters:
  ///   - diagram: The diagram.
  ///   - width: The width to stay within, where the parts do.
  init(_ diagram: Diagram, width: Double) {
    size = Size(0, 0)
    var x = Self.margin
    var y = Self.margin
    var rowHeight = 0.0
    var right = 0.0
    for part in [
      title(diagram), scale(diagram.legend), widths(diagram.legend), notes(diagram.legend),
    ]
    where part.size.width > 0 {
      if x > Self.margin, x + part.size.width + Self.margin > width {
        x = Self.margin
        y += rowHeight + 12
        rowHeight = 0
      }
      shapes += part.shapes.map { $0.moved(by: Point(x, y)) }
      right = max(right, x + part.size.width)
      x += part.size.width + Self.gap
      rowHeight = max(rowHeight, part.size.height)
    }
    size = Size(right + Self.margin, y + rowHeight + 10)
    shapes = [.begin(.init(id: "", name: "legend", details: [], data: []))] + shapes + [.end]
  }

  private struct Part {
    var shapes: [Drawing.Shape] = []
    var size = Size(0, 0)

    mutating func add(
      _ text: String,
      _ x: Double,
      _ baseline: Double,
      size textSize: Double = HeadDrawing.textSize,
      isBold: Bool = false,
      role: Drawing.Role = .ink,
      anchor: Drawing.Text.Anchor = .start
    ) {
      shapes.append(
        .text(
          .init(
            text: text,
            place: Point(x, baseline),
            size: textSize,
            anchor: anchor,
            isBold: isBold,
            paint: .themed(role),
            hasHalo: false
          )
        )
      )
      let width = TextMetrics.width(text, size: textSize, isBold: isBold)
      let right =
        switch anchor {
        case .start: x + width
        case .middle: x + width / 2
        case .end: x
        }
      size = Size(max(size.width, right), max(size.height, baseline + 4))
    }

    mutating func add(_ rectangle: Rectangle, radius: Double, _ style: Drawing.Style) {
      shapes.append(.rectangle(rectangle, radius: radius, style))
      size = Size(max(size.width, rectangle.maxX), max(size.height, rectangle.maxY))
    }
  }

  private func title(_ diagram: Diagram) -> Part {
    var part = Part()
    part.add(diagram.title, 0, Self.titleSize, size: Self.titleSize, isBold: true)
    for (index, text) in diagram.subtitle.enumerated() {
      part.add(text, 0, Self.titleSize + 18 + Double(index) * Self.line, role: .faint)
    }
    return part
  }

  private func scale(_ legend: Diagram.Legend) -> Part {
    var part = Part()
    part.add(legend.title, 0, 12, isBold: true)
    switch legend.scale {
    case .ramp(let ticks):
      let steps = 36
      let step = Self.barWidth / Double(steps)
      for index in 0..<steps {
        // The strips overlap a little, so that no light shines through between them.
        part.add(
          Rectangle(
            Point(Double(index) * step, 20),
            Size(step + (index < steps - 1 ? 0.6 : 0), 10)
          ),
          radius: 0,
          .init(fill: .fixed(ColourRamp.colour(at: (Double(index) + 0.5) / Double(steps))))
        )
      }
      part.add(
        Rectangle(Point(0, 20), Size(Self.barWidth, 10)),
        radius: 0,
        .init(stroke: .themed(.line), width: 0.7)
      )
      for (index, tick) in ticks.enumerated() {
        let share = Double(index) / Double(max(ticks.count - 1, 1))
        let anchor: Drawing.Text.Anchor =
          index == 0 ? .start : index == ticks.count - 1 ? .end : .middle
        part.add(tick, share * Self.barWidth, 43, role: .faint, anchor: anchor)
      }
      if legend.hasUnknown { addSwatch("unknown", .unknown, at: Point(0, 50), to: &part) }
    case .categories(let known):
      let unknown = Diagram.Legend.Category("unknown", .unknown)
      let categories = known + (legend.hasUnknown && !known.contains(unknown) ? [unknown] : [])
      for (index, category) in categories.enumerated() {
        let place = Point(Double(index / 3) * 110, 19 + Double(index % 3) * Self.line)
        addSwatch(category.label, category.fill, at: place, to: &part)
      }
    }
    return part
  }

  private func addSwatch(
    _ label: String,
    _ fill: Diagram.Fill,
    at place: Point,
    to part: inout Part
  ) {
    let style: Drawing.Style =
      switch fill {
      case .plain: .init(fill: .themed(.plain), stroke: .themed(.line))
      case .unknown: .init(fill: .themed(.unknown), stroke: .themed(.line), dash: 3)
      case .colour(let colour): .init(fill: .fixed(colour), stroke: .themed(.line), width: 0.7)
      }
    part.add(Rectangle(place, Size(14, 10)), radius: 2, style)
    part.add(pictureText(label, limit: 40), place.x + 20, place.y + 9, role: .faint)
  }

  private func widths(_ legend: Diagram.Legend) -> Part {
    guard !legend.edgeWidths.isEmpty else { return Part() }
    var part = Part()
    part.add("line width: bytes of the tensor", 0, 12, isBold: true)
    for (index, entry) in legend.edgeWidths.enumerated() {
      let y = 25 + Double(index) * Self.line
      let (start, end) = (Point(0, y), Point(28, y))
      part.shapes.append(
        .path([start, start, end, end], .init(stroke: .themed(.line), width: entry.width))
      )
      part.add(entry.label, 36, y + 3.5, role: .faint)
    }
    return part
  }

  private func notes(_ legend: Diagram.Legend) -> Part {
    var part = Part()
    for (index, note) in legend.notes.enumerated() {
      part.add(note, 0, 12 + Double(index) * Self.line, role: .faint)
    }
    return part
  }
}

extension Drawing.Shape {
  func moved(by offset: Point) -> Drawing.Shape {
    switch self {
    case .rectangle(let rectangle, let radius, let style):
      return .rectangle(rectangle.moved(by: offset), radius: radius, style)
    case .path(let points, let style):
      return .path(points.map { $0.moved(by: offset) }, style)
    case .text(var text):
      text.place = text.place.moved(by: offset)
      return .text(text)
    case .begin, .end: return self
    }
  }
}
