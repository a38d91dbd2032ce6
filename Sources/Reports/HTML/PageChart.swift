import Profiling

/// A chart of points: the curves of a sensitivity analysis, the front of a plan.
package struct PageChart: Sendable {
  /// A point with what it stands for.
  package struct Point: Sendable {
    package var x: Double
    package var y: Double
    /// What is said of it where it is chosen.
    package var label: String

    package init(x: Double, y: Double, label: String) {
      self.x = x
      self.y = y
      self.label = label
    }
  }

  /// Points that belong together.
  package struct Series: Sendable {
    package var name: String
    package var points: [Point]
    package var isJoined: Bool

    package init(name: String, points: [Point], isJoined: Bool = true) {
      self.name = name
      self.points = points
      self.isJoined = isJoined
    }
  }

  /// Ours: `sensitivity`, `front`.
  package var id: String
  package var title: String
  package var xTitle: String
  package var yTitle: String
  package var series: [Series]

  package init(id: String, title: String, xTitle: String, yTitle: String, series: [Series]) {
    self.id = id
    self.title = title
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.series = series
  }

  private static let frame = Treemap.Frame(x: 76, y: 16, width: 860, height: 300)

  /// The section; `nil` where there is no finite point to draw.
  package var section: PageSection? {
    let drawn = series.map { line in
      line.points.filter { $0.x.isFinite && $0.y.isFinite }
    }
    let all = drawn.flatMap { $0 }
    guard let x = Axis(all.map(\.x)), let y = Axis(all.map(\.y)) else { return nil }
    var text = """
      <div class="picture" tabindex="0" role="region" aria-label="\(XMLText.escaped(title))">
      <svg viewBox="0 0 960 372" role="group" aria-label="\(XMLText.escaped(title))">

      """
    text += axes(x, y)
    for (index, (line, points)) in zip(series, drawn).enumerated() {
      text += curve(line, points, index % 8, x, y)
    }
    text += "</svg></div>\n<p class=\"legend\">"
    for (index, line) in series.enumerated() {
      text +=
        "<span><svg class=\"key\" viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect class=\"part"
        + "\(index % 8)\" width=\"12\" height=\"12\"/></svg> \(XMLText.escaped(line.name))</span> "
    }
    text += "</p>\n<p class=\"choice\" role=\"status\" aria-live=\"polite\"></p>"
    return .html(id, title, text)
  }

  private func place(_ point: Point, _ x: Axis, _ y: Axis) -> (x: Double, y: Double) {
    let frame = Self.frame
    return (
      frame.x + frame.width * x.share(point.x), frame.y + frame.height * (1 - y.share(point.y))
    )
  }

  private func axes(_ x: Axis, _ y: Axis) -> String {
    let frame = Self.frame
    var text = ""
    for tick in 0...4 {
      let share = Double(tick) / 4
      let (left, top) = (frame.x + frame.width * share, frame.y + frame.height * (1 - share))
      text += """
        <line class="s-frame" x1="\(n(frame.x))" x2="\(n(frame.x + frame.width))" y1="\(n(top))" \
        y2="\(n(top))"/><text class="f-faint" x="\(n(frame.x - 8))" y="\(n(top + 4))" \
        text-anchor="end">\(Quantity.significant(y.value(share)))</text>\
        <text class="f-faint" x="\(n(left))" y="\(n(frame.y + frame.height + 18))" \
        text-anchor="middle">\(Quantity.significant(x.value(share)))</text>

        """
    }
    let middle = frame.x + frame.width / 2
    return text + """
      <text class="f-ink" x="\(n(middle))" y="360" text-anchor="middle">\(XMLText.escaped(xTitle))\
      </text><text class="f-ink" transform="translate(14 \(n(frame.y + frame.height / 2))) \
      rotate(-90)" text-anchor="middle">\(XMLText.escaped(yTitle))</text>

      """
  }

  private func curve(_ line: Series, _ points: [Point], _ kind: Int, _ x: Axis, _ y: Axis)
    -> String
  {
    let places = points.map { place($0, x, y) }
    var text = ""
    if line.isJoined, places.count > 1 {
      let corners = places.map { "\(n($0.x)),\(n($0.y))" }.joined(separator: " ")
      text += "<polyline class=\"line\(kind)\" points=\"\(corners)\"/>\n"
    }
    for (point, place) in zip(points, places) {
      let label = XMLText.escaped(line.name + ": " + Columns.shortened(point.label, to: 200))
      text += """
        <circle class="part\(kind) point" cx="\(n(place.x))" cy="\(n(place.y))" r="6" tabindex="0" \
        role="button" aria-label="\(label)"><title>\(label)</title></circle>

        """
    }
    return text
  }

  private func n(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  /// The range of an axis, never empty.
  private struct Axis {
    var least: Double
    var most: Double

    init?(_ values: [Double]) {
      guard let least = values.min(), let most = values.max() else { return nil }
      self.least = least
      self.most = most > least ? most : least + max(abs(least), 1)
    }

    func share(_ value: Double) -> Double { value / (most - least) - least / (most - least) }
    func value(_ share: Double) -> Double { least + share * (most - least) }
  }
}
