import Profiling

/// A chart of points: the curves of a sensitivity analysis, the front of a plan.
package struct PageChart: Sendable {
  /// A point with what it stands for.
  package struct Point: Sendable {
    package var x: Double
    package var y: Double
    /// What is said of it where it is chosen.
    package var label: String
    /// The plan that it stands for, by its place in the page's data.
    package var plan: Int?

    package init(x: Double, y: Double, label: String, plan: Int? = nil) {
      self.x = x
      self.y = y
      self.label = label
      self.plan = plan
    }
  }

  /// Points that belong together.
  package struct Series: Sendable {
    package var name: String
    package var points: [Point]
    package var isJoined: Bool
    /// Drawn in grey behind the others, and not in the legend.
    package var isFaint = false
    /// The points are diamonds: what is apart from the curves.
    package var isMark = false

    package init(name: String, points: [Point], isJoined: Bool = true) {
      self.name = name
      self.points = points
      self.isJoined = isJoined
    }
  }

  /// A line across the chart, such as a budget.
  package struct Rule: Sendable {
    package var value: Double
    package var isVertical: Bool
    package var label: String
  }

  /// Ours: `sensitivity`, `front`.
  package var id: String
  package var title: String
  package var xTitle: String
  package var yTitle: String
  package var series: [Series]
  /// A sentence below the heading.
  package var note = ""
  package var rules: [Rule] = []
  var xUnit = ChartAxis.Unit.number
  var yScale = ChartAxis.Scale.linear
  /// Marks of the x axis where they are given.
  var xTicks: [Double]?
  /// Greater numbers stand on the left.
  var isXReversed = false

  package init(id: String, title: String, xTitle: String, yTitle: String, series: [Series]) {
    self.id = id
    self.title = title
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.series = series
  }

  /// The section; `nil` where there is no finite point to draw.
  package var section: PageSection? {
    guard let body else { return nil }
    return .html(id, title, note: note, body)
  }

  /// What stands in the section: the picture, the legend, and where a chosen point is told.
  var body: String? {
    guard let drawing = ChartDrawing(self) else { return nil }
    var text = """
      <div class="picture" tabindex="0" role="region" aria-label="\(XMLText.escaped(title))">
      <svg viewBox="0 0 960 372" role="group" aria-label="\(XMLText.escaped(title))">

      """
    text += drawing.elements(isInteractive: true)
    text += "</svg></div>\n<p class=\"legend\">"
    for (line, kind) in drawing.legend {
      text +=
        "<span><svg class=\"key\" viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect class=\"dot"
        + "\(kind)\" width=\"12\" height=\"12\"/></svg> \(XMLText.escaped(line))</span> "
    }
    return text + "</p>\n<p class=\"choice\" role=\"status\" aria-live=\"polite\"></p>"
  }

  /// A file of its own, for documents and slides; `nil` where there is no finite point to draw.
  package func svg() -> String? {
    guard let drawing = ChartDrawing(self) else { return nil }
    let legend = drawing.legend
    let rows = (legend.count + 2) / 3
    let height = 412 + 20 * rows
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 \(height)" width="960" \
      height="\(height)" role="img" aria-label="\(XMLText.escaped(title))" \
      font-family="Helvetica, Arial, sans-serif" font-size="12">
      <style>\(ChartDrawing.style)</style>
      <rect class="f-ground" width="100%" height="100%"/>
      <text class="f-ink" x="16" y="26" font-size="16" font-weight="bold">\
      \(XMLText.escaped(Columns.shortened(title, to: 100)))</text>
      <g transform="translate(0 36)">

      """
    text += drawing.elements(isInteractive: false) + "</g>\n"
    for (place, (line, kind)) in legend.enumerated() {
      let (x, y) = (76 + 290 * (place % 3), 422 + 20 * (place / 3))
      text += """
        <rect class="dot\(kind)" x="\(x)" y="\(y - 10)" width="11" height="11"/>\
        <text class="f-ink" x="\(x + 17)" y="\(y)">\
        \(XMLText.escaped(Columns.shortened(line, to: 40)))</text>

        """
    }
    return text + "</svg>\n"
  }
}
