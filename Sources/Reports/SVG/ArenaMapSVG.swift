import Profiling

/// The picture of an arena: bytes upward, steps to the right, a rectangle for each buffer.
package struct ArenaMapSVG {
  private let plan: MemoryPlan
  private let title: String

  private static let width = 960.0
  private static let height = 540.0
  private static let left = 84.0
  private static let top = 56.0
  private static let right = 16.0
  private static let bottom = 74.0

  package init(_ plan: MemoryPlan, title: String) {
    self.plan = plan
    self.title = title
  }

  /// The document; it ends in a newline.
  package func text() -> String {
    let map = plan.map
    let steps = max(1, map.operators.count)
    let bytes = max(1, map.arenaBytes)
    let plotWidth = Self.width - Self.left - Self.right
    let plotHeight = Self.height - Self.top - Self.bottom
    func x(_ step: Int) -> Double { Self.left + plotWidth * Double(step) / Double(steps) }
    func y(_ offset: Int) -> Double {
      Self.top + plotHeight * (1 - Double(offset) / Double(bytes))
    }
    var lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(n(Self.width)) \(n(Self.height))" \
      width="\(n(Self.width))" height="\(n(Self.height))" font-family="sans-serif" font-size="12">
      """,
      ##"<rect width="100%" height="100%" fill="#ffffff"/>"##,
      """
      <text x="\(n(Self.left))" y="22" font-size="15" fill="#1a1a1a">\(escaped(title))</text>
      """,
      """
      <text x="\(n(Self.left))" y="42" fill="#555555">\(escaped(plan.planner.title)): arena \
      \(Quantity.bytes(plan.arenaBytes)), lower bound \(Quantity.bytes(plan.lowerBoundBytes))</text>
      """,
    ]
    for tick in 0...4 {
      let offset = bytes * tick / 4
      lines.append(
        """
        <line x1="\(n(Self.left))" x2="\(n(Self.width - Self.right))" y1="\(n(y(offset)))" \
        y2="\(n(y(offset)))" stroke="#e2e2e2"/>\
        <text x="\(n(Self.left - 8))" y="\(n(y(offset) + 4))" text-anchor="end" fill="#555555">\
        \(Quantity.bytes(offset))</text>
        """
      )
    }
    let interval = max(1, (steps + 11) / 12)
    for step in stride(from: 0, to: steps, by: interval) {
      let label = map.operators[safe: step].flatMap { $0 }.map(String.init) ?? "–"
      lines.append(
        """
        <text x="\(n((x(step) + x(step + 1)) / 2))" y="\(n(Self.top + plotHeight + 16))" \
        text-anchor="middle" fill="#555555">\(label)</text>
        """
      )
    }
    if let peak = map.peakStep {
      lines.append(
        """
        <rect x="\(n(x(peak)))" y="\(n(Self.top - 4))" width="\(n(x(peak + 1) - x(peak)))" \
        height="\(n(plotHeight + 8))" fill="#fff1cc"/>
        """
      )
    }
    for buffer in map.buffers {
      let width = x(buffer.last + 1) - x(buffer.first)
      let height = y(buffer.offset) - y(buffer.end)
      let life = "steps \(buffer.first) to \(buffer.last)"
      lines.append(
        """
        <rect x="\(n(x(buffer.first)))" y="\(n(y(buffer.end)))" width="\(n(width))" \
        height="\(n(height))" fill="\(color(buffer.kind))" fill-opacity="0.85" stroke="#ffffff" \
        stroke-width="0.7"><title>\(escaped(buffer.name)): \(Quantity.grouped(buffer.bytes)) bytes \
        at \(Quantity.grouped(buffer.offset)), \(life)</title></rect>
        """
      )
      if width > 60, height > 14 {
        let room = Int(width / 6.6)
        lines.append(
          """
          <text x="\(n(x(buffer.first) + 4))" y="\(n((y(buffer.offset) + y(buffer.end)) / 2 + 4))" \
          font-size="11" fill="#ffffff">\(escaped(Columns.shortened(buffer.name, to: room)))</text>
          """
        )
      }
    }
    var place = Self.left
    let legend = Self.height - 20
    for kind in ArenaMap.Kind.allCases where map.buffers.contains(where: { $0.kind == kind }) {
      lines.append(
        """
        <rect x="\(n(place))" y="\(n(legend - 10))" width="12" height="12" fill="\(color(kind))"/>\
        <text x="\(n(place + 17))" y="\(n(legend))" fill="#333333">\(kind.rawValue)</text>
        """
      )
      place += 30 + 8 * Double(kind.rawValue.count)
    }
    lines.append(
      """
      <text x="\(n(Self.width - Self.right))" y="\(n(legend))" text-anchor="end" fill="#555555">\
      operators in execution order; the peak is shaded</text>
      """
    )
    lines.append("</svg>")
    return lines.joined(separator: "\n") + "\n"
  }

  private func color(_ kind: ArenaMap.Kind) -> String {
    switch kind {
    case .input: "#2a7f62"
    case .output: "#8a4fbe"
    case .activation: "#3c6fb4"
    case .variable: "#7a6a2f"
    case .temporary: "#c0622d"
    }
  }

  private func n(_ value: Double) -> String { Quantity.fixed(value, digits: 2) }

  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in Columns.shortened(text, to: 120).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? {
    indices.contains(index) ? self[index] : nil
  }
}
