import Profiling

/// The ranking of the sites with each action's cost in colours: as a table of a page and as a picture.
package struct SensitivityHeat {
  private let curves: SensitivityCurves

  /// Rows beyond this are left out and counted.
  private static let rowLimit = 200
  /// The ramp of the layer graphs at seven even steps, and whether texts on it are black.
  static let colours = [
    "#ffffd9", "#ceecb4", "#94d5ba", "#54bcc2", "#2a9ec2", "#1f7eb7", "#225ea8",
  ]
  private static let scale = [
    "< 0.00018", "0.001", "0.0056", "0.032", "0.18", "1", "≥ 1",
  ]

  package init(_ curves: SensitivityCurves) {
    self.curves = curves
  }

  /// The kinds of sites with anything measured.
  private var kinds: [String] {
    ["weights", "activations", "channels"].filter { !curves.actions($0).isEmpty }
  }

  /// A section for each kind of sites.
  package func sections() -> [PageSection] {
    kinds.map { kind in
      let ranking = curves.ranking(kind)
      let cut = ranking.count - Self.rowLimit
      let more = cut > 0 ? " \(cut) more rows are in the JSON document." : ""
      return .html(
        "ranking-" + kind,
        kind == "weights" ? "Ranking" : "Ranking of " + kind,
        note: "Divergence of each action at each layer, the layers that lose most first; e marks"
          + " estimates." + more,
        legend() + table(kind, Array(ranking.prefix(Self.rowLimit)))
      )
    }
  }

  private func legend() -> String {
    var text = "<p class=\"legend\">"
    for (step, label) in Self.scale.enumerated() {
      text +=
        "<span><svg class=\"key\" viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect class=\"heat\(step)\""
        + " width=\"12\" height=\"12\"/></svg> \(step == 0 || step == 6 ? "" : "to ")"
        + "\(XMLText.escaped(label))</span> "
    }
    return text + "</p>\n"
  }

  private func cells(_ kind: String) -> [Int: [String: SensitivityCurves.Cell]] {
    var cells: [Int: [String: SensitivityCurves.Cell]] = [:]
    for cell in curves.cells where curves.sites[cell.site].kind == kind {
      cells[cell.site, default: [:]][cell.action] = cell
    }
    return cells
  }

  private func table(_ kind: String, _ ranking: [Int]) -> String {
    let actions = curves.actions(kind)
    let cells = cells(kind)
    var text = """
      <div class="wide" tabindex="0" role="region" aria-label="Ranking of \(kind)"><table class="heat">
      <thead><tr><th scope="col">layer</th><th scope="col" class="number">size</th>
      """
    for action in actions {
      text += "<th scope=\"col\" class=\"number\">\(XMLText.escaped(action))</th>"
    }
    text += "</tr></thead>\n<tbody>\n"
    for place in ranking {
      let site = curves.sites[place]
      let label = XMLText.escaped(Columns.shortened(site.label, to: 60))
      var name = "<th scope=\"row\">\(label)"
      if let index = site.operatorIndex {
        name =
          "<th scope=\"row\"><button type=\"button\" class=\"link\" data-operator=\"\(index)\">"
          + "\(label)</button>"
      }
      text += "<tr>\(name)</th><td class=\"number\">\(Quantity.bytes(site.bytes))</td>"
      for action in actions {
        guard let cell = cells[place]?[action] else {
          text += "<td class=\"number\">–</td>"
          continue
        }
        let words = XMLText.escaped(SensitivityCurves.words(cell, of: site))
        text +=
          "<td class=\"number heat\(SensitivityCurves.heat(cell.mean))\" title=\"\(words)\">"
          + "\(Quantity.significant(cell.mean))\(cell.isEstimate ? " e" : "")</td>"
      }
      text += "</tr>\n"
    }
    return text + "</tbody></table></div>"
  }

  // MARK: - Picture

  /// The ranking of the weights as a picture; `nil` where nothing was measured.
  package func svg(title: String) -> String? {
    guard let kind = kinds.first else { return nil }
    let actions = curves.actions(kind)
    let ranking = curves.ranking(kind).prefix(Self.rowLimit)
    let cells = cells(kind)
    let (left, top, wide, high) = (240, 150, 66, 22)
    let width = max(640, left + wide * actions.count + 24)
    let height = top + high * ranking.count + 56
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" \
      height="\(height)" role="img" aria-label="\(XMLText.escaped(title))" \
      font-family="Helvetica, Arial, sans-serif" font-size="12">
      <style>\(ChartDrawing.style)</style>
      <rect class="f-ground" width="100%" height="100%"/>
      <text class="f-ink" x="16" y="26" font-size="16" font-weight="bold">\
      \(XMLText.escaped(Columns.shortened(title, to: 90)))</text>

      """
    for (column, action) in actions.enumerated() {
      let x = left + wide * column + wide / 2
      text += """
        <text class="f-faint" transform="translate(\(x) \(top - 8)) rotate(-50)">\
        \(XMLText.escaped(Columns.shortened(action, to: 24)))</text>

        """
    }
    for (row, place) in ranking.enumerated() {
      let site = curves.sites[place]
      let y = top + high * row
      text += """
        <text class="f-ink" x="\(left - 10)" y="\(y + 15)" text-anchor="end">\
        \(XMLText.escaped(Columns.shortened(site.label, to: 34)))</text>

        """
      for (column, action) in actions.enumerated() {
        guard let cell = cells[place]?[action] else { continue }
        let step = SensitivityCurves.heat(cell.mean)
        let words = XMLText.escaped(
          site.label + ": " + SensitivityCurves.words(cell, of: site)
        )
        text += """
          <rect x="\(left + wide * column)" y="\(y)" width="\(wide - 2)" height="\(high - 2)" \
          fill="\(Self.colours[step])"><title>\(words)</title></rect>\
          <text x="\(left + wide * column + wide / 2 - 1)" y="\(y + 14)" text-anchor="middle" \
          font-size="11" fill="\(step > 5 ? "#ffffff" : "#000000")">\
          \(Quantity.significant(cell.mean, digits: 2))</text>

          """
      }
    }
    for (step, label) in Self.scale.enumerated() {
      let x = 16 + 86 * step
      text += """
        <rect x="\(x)" y="\(height - 30)" width="12" height="12" fill="\(Self.colours[step])"/>\
        <text class="f-faint" x="\(x + 17)" y="\(height - 20)">\
        \(XMLText.escaped(step == 0 || step == 6 ? label : "to " + label))</text>

        """
    }
    return text + "</svg>\n"
  }
}
