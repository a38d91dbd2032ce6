import Profiling

/// The shapes of a chart, the same in a page and in a file of their own.
///
/// Colours are classes: a page's style gives them theirs, a file brings `style` along.
struct ChartDrawing {
  private let chart: PageChart
  private let x: ChartAxis
  private let y: ChartAxis
  /// The points of each series that can be drawn.
  private let points: [[PageChart.Point]]

  private static let frame = Treemap.Frame(x: 76, y: 16, width: 860, height: 300)

  /// `nil` where there is no finite point.
  init?(_ chart: PageChart) {
    points = chart.series.map { line in
      line.points.filter { $0.x.isFinite && $0.y.isFinite }
    }
    let all = points.flatMap { $0 }
    guard !all.isEmpty else { return nil }
    let rules = chart.rules.filter(\.value.isFinite)
    guard
      let x = ChartAxis(
        all.map(\.x) + rules.filter(\.isVertical).map(\.value),
        unit: chart.xUnit,
        ticks: chart.xTicks
      ),
      let y = ChartAxis(
        all.map(\.y) + rules.filter { !$0.isVertical }.map(\.value),
        scale: chart.yScale
      )
    else { return nil }
    self.chart = chart
    self.x = x
    self.y = y
  }

  /// Names with the number of their colour; faint series have none.
  var legend: [(name: String, kind: Int)] {
    var result: [(String, Int)] = []
    for (line, kept) in zip(chart.series, points) where !line.isFaint && !kept.isEmpty {
      result.append((line.name, result.count % 8))
    }
    return result
  }

  /// The shapes; points can be chosen where it `isInteractive`.
  func elements(isInteractive: Bool) -> String {
    var text = axes() + rules()
    var kind = 0
    // Faint series first: they lie behind.
    for (line, kept) in zip(chart.series, points) where line.isFaint {
      text += curve(line, kept, "faint", isInteractive)
    }
    for (line, kept) in zip(chart.series, points) where !line.isFaint && !kept.isEmpty {
      text += curve(line, kept, "\(kind % 8)", isInteractive)
      kind += 1
    }
    return text
  }

  private func place(_ xValue: Double, _ yValue: Double) -> (x: Double, y: Double) {
    let share = chart.isXReversed ? 1 - x.share(xValue) : x.share(xValue)
    return (
      Self.frame.x + Self.frame.width * share,
      Self.frame.y + Self.frame.height * (1 - y.share(yValue))
    )
  }

  private func axes() -> String {
    let frame = Self.frame
    let (right, bottom) = (frame.x + frame.width, frame.y + frame.height)
    var text = ""
    for tick in y.ticks {
      let top = place(x.least, tick).y
      text += """
        <line class="s-frame" x1="\(n(frame.x))" x2="\(n(right))" y1="\(n(top))" y2="\(n(top))"/>\
        <text class="f-faint" x="\(n(frame.x - 8))" y="\(n(top + 4))" text-anchor="end">\
        \(y.text(tick))</text>

        """
    }
    for tick in x.ticks {
      let left = place(tick, y.least).x
      text += """
        <line class="s-frame" x1="\(n(left))" x2="\(n(left))" y1="\(n(bottom))" \
        y2="\(n(bottom + 5))"/><text class="f-faint" x="\(n(left))" y="\(n(bottom + 20))" \
        text-anchor="middle">\(x.text(tick))</text>

        """
    }
    return text + """
      <text class="f-ink" x="\(n(frame.x + frame.width / 2))" y="360" text-anchor="middle">\
      \(XMLText.escaped(chart.xTitle))</text><text class="f-ink" transform="translate(14 \
      \(n(frame.y + frame.height / 2))) rotate(-90)" text-anchor="middle">\
      \(XMLText.escaped(chart.yTitle))</text>

      """
  }

  private func rules() -> String {
    let frame = Self.frame
    var text = ""
    for rule in chart.rules where rule.value.isFinite {
      let at = place(rule.isVertical ? rule.value : x.least, rule.isVertical ? y.least : rule.value)
      let label = XMLText.escaped(Columns.shortened(rule.label, to: 60))
      if rule.isVertical {
        let isLeft = at.x < frame.x + frame.width * 0.8
        text += """
          <line class="rule" x1="\(n(at.x))" x2="\(n(at.x))" y1="\(n(frame.y))" \
          y2="\(n(frame.y + frame.height))"/><text class="f-faint" x="\(n(at.x + (isLeft ? 5 : -5)))" \
          y="\(n(frame.y + 11))" text-anchor="\(isLeft ? "start" : "end")">\(label)</text>

          """
      } else {
        text += """
          <line class="rule" x1="\(n(frame.x))" x2="\(n(frame.x + frame.width))" y1="\(n(at.y))" \
          y2="\(n(at.y))"/><text class="f-faint" x="\(n(frame.x + frame.width - 4))" \
          y="\(n(at.y - 5))" text-anchor="end">\(label)</text>

          """
      }
    }
    return text
  }

  private func curve(
    _ line: PageChart.Series,
    _ points: [PageChart.Point],
    _ kind: String,
    _ isInteractive: Bool
  ) -> String {
    let places = points.map { place($0.x, $0.y) }
    var text = ""
    if line.isJoined, places.count > 1 {
      let corners = places.map { "\(n($0.x)),\(n($0.y))" }.joined(separator: " ")
      text += "<polyline class=\"line\(kind)\" points=\"\(corners)\"/>\n"
    }
    for (point, place) in zip(points, places) {
      let label = XMLText.escaped(line.name + ": " + Columns.shortened(point.label, to: 200))
      var role = ""
      if isInteractive {
        role = " tabindex=\"0\" role=\"button\" aria-label=\"\(label)\""
        if let plan = point.plan { role += " data-plan=\"\(plan)\"" }
      }
      let shape =
        line.isMark
        ? "path class=\"dot\(kind) point\" d=\"M\(n(place.x)) \(n(place.y - 9))l9 9l-9 9l-9-9z\""
        : "circle class=\"dot\(kind) point\" cx=\"\(n(place.x))\" cy=\"\(n(place.y))\""
          + " r=\"\(line.isFaint ? 3.5 : 5.5)\""
      text += "<\(shape)\(role)><title>\(label)</title></\(line.isMark ? "path" : "circle")>\n"
    }
    return text
  }

  private func n(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  /// What a page's style says of the classes, for a file of its own: Okabe's and Ito's colours, and
  /// lighter ones for readers whose system is dark.
  static let style: String = {
    let light = [
      "#0072b2", "#d98c00", "#009e73", "#b5578e", "#d55e00", "#3f94cf", "#7d7300", "#5d6b78",
    ]
    let dark = [
      "#5cb3f0", "#f3c46b", "#5fd3ae", "#e3a8c8", "#f2a77c", "#9cd0f5", "#f0e98a", "#c3cbd3",
    ]
    func rules(
      _ colours: [String],
      _ ground: String,
      _ ink: String,
      _ faint: String,
      _ frame: String
    )
      -> String
    {
      var text =
        ".f-ground{fill:\(ground)}.f-ink{fill:\(ink)}.f-faint{fill:\(faint)}.s-frame{stroke:\(frame)}"
        + ".rule{stroke:\(faint);stroke-dasharray:5 4}.point{stroke:\(ground)}"
        + ".linefaint{stroke:\(frame)}.dotfaint{fill:\(frame)}"
      for (kind, colour) in colours.enumerated() {
        text += ".line\(kind){stroke:\(colour)}.dot\(kind){fill:\(colour)}"
      }
      return text
    }
    return "polyline{fill:none;stroke-width:2}polyline.linefaint{stroke-width:1}"
      + rules(light, "#ffffff", "#1b2733", "#5a6875", "#c3cbd3")
      + "@media(prefers-color-scheme:dark){"
      + rules(dark, "#11171d", "#e8edf2", "#a3b0bc", "#46525d") + "}"
  }()
}
