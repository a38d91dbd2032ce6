import ModelIR
import Profiling
import TargetRules

/// The report in GitHub-flavoured Markdown: for merge requests, wikis and model cards.
package struct MarkdownReport {
  private let profile: ModelProfile
  private let report: TextReport

  /// - Parameters:
  ///   - profile: What to say.
  ///   - top: Rows of the table of operators.
  ///   - order: By what they are sorted.
  package init(_ profile: ModelProfile, top: Int = 10, order: TextReport.Order = .macs) {
    self.profile = profile
    report = TextReport(profile, options: .init(top: top, order: order))
  }

  /// The text; it ends in a newline.
  package func text() -> String {
    let model = profile.model
    var text = "## \(MarkdownText.code(Columns.shortened(model.path, to: 200)))\n\n"
    let facts = [
      model.format.title + (report.weightKind.map { ", \($0)" } ?? ""),
      Quantity.bytes(model.fileBytes), report.plural(profile.totals.operators, "operator"),
    ]
    text += escaped(facts.joined(separator: " · ")) + "\n\n"
    text += figures() + diagram() + hotspots() + targets() + findings() + outlook()
    return text
  }

  private func escaped(_ text: String) -> String { MarkdownText.escaped(text) }

  private func code(_ text: String, _ limit: Int = 60) -> String {
    MarkdownText.code(Columns.shortened(text, to: limit))
  }

  private func figures() -> String {
    var text = "| | | |\n|---|---|---|\n"
    for figure in report.figures() {
      let parts = figure.parts.joined(separator: " · ")
      text +=
        "| \(escaped(figure.label)) | **\(escaped(figure.answer))** | \(escaped(parts)) |\n"
    }
    for target in profile.targets {
      text += "| Runs on \(code(target.name, 32)) | \(escaped(report.answer(target))) | |\n"
    }
    return text + "\n"
  }

  /// More lines would not be small any more.
  private static let mostBars = 24
  private static let barColumns = 24

  /// The operators that multiply, in their order, with bars for their shares.
  private func diagram() -> String {
    let total = profile.totals.countedMultiplyAdds
    let rows = profile.operators.filter { ($0.multiplyAdds ?? 0) > 0 }
    let most = rows.compactMap(\.multiplyAdds).max() ?? 0
    guard total > 0, most > 0 else { return "" }
    // The greatest ones, in the order in which they run.
    let shown = HotspotTable.order(rows, by: .macs).prefix(Self.mostBars).sorted()
    var text = "MACs in the order of execution:\n\n```text\n"
    for place in shown {
      let row = rows[place]
      let macs = row.multiplyAdds ?? 0
      let title = unfenced(Columns.shortened(row.title, to: 32))
      text +=
        trimmed(
          Columns.right(String(row.index), 5) + "  " + Columns.left(title, 33)
            + Columns.left(unfenced(Columns.shortened(row.sourceType, to: 20)), 21)
            + Columns.right(Quantity.percent(Double(macs) / Double(total)), 8) + "  "
            + Columns.bar(Double(macs) / Double(most), Self.barColumns)
        ) + "\n"
    }
    if rows.count > shown.count {
      text += "       … \(Quantity.grouped(rows.count - shown.count)) operators with fewer\n"
    }
    return text + "```\n\n"
  }

  /// No name can end the block of code around it.
  private func unfenced(_ text: String) -> String {
    String(text.map { $0 == "`" ? "'" : $0 })
  }

  private func hotspots() -> String {
    let isMeasured = profile.measurement != nil
    let places = HotspotTable.order(profile.operators, by: report.options.order)
      .prefix(report.options.top)
    guard !places.isEmpty else { return "" }
    var text =
      "| # | operator | layer | MACs | weights | memory alive |" + (isMeasured ? " time |" : "")
    text += "\n|---:|---|---|---:|---:|---:|" + (isMeasured ? "---:|" : "") + "\n"
    for place in places {
      let row = profile.operators[place]
      text +=
        "| \(row.index) | \(code(row.sourceType, 40)) | \(code(row.title))"
        + " | \(Quantity.count(row.multiplyAdds)) | \(Quantity.bytes(row.weightBytes))"
        + " | \(Quantity.bytes(row.liveBytes)) |"
      if isMeasured {
        let time = row.time?.medianMicroseconds.map { Quantity.time(microseconds: $0) }
        text += " \(time ?? "–") |"
      }
      text += "\n"
    }
    let rest = profile.operators.count - places.count
    if rest > 0 { text += "\n… \(Quantity.grouped(rest)) more operators.\n" }
    return text + "\n"
  }

  private static let mostFindings = 50

  private func targets() -> String {
    var text = ""
    for target in profile.targets where !target.findings.isEmpty {
      text += "### \(escaped(Columns.shortened(target.title, to: 60)))\n\n"
      text += lines(
        target.findings.map { ($0.severity, $0.rule, $0.message, $0.fix) }
      )
    }
    return text
  }

  private func findings() -> String {
    guard !profile.findings.isEmpty else { return "" }
    return "### Findings\n\n"
      + lines(profile.findings.map { ($0.severity, $0.code, $0.message, report.fix($0)) })
  }

  private func lines(_ findings: [(Diagnostic.Severity, String, String, String?)]) -> String {
    var text = ""
    for (severity, code, message, fix) in findings.prefix(Self.mostFindings) {
      text += "- **\(severity.rawValue)** \(self.code(code)) "
      text += escaped(Columns.shortened(message, to: 600))
      if let fix { text += " Fix: " + escaped(Columns.shortened(fix, to: 600)) }
      text += "\n"
    }
    let rest = findings.count - Self.mostFindings
    if rest > 0 { text += "- … \(Quantity.grouped(rest)) more\n" }
    return text + "\n"
  }

  private func outlook() -> String {
    guard let original = profile.outlook.first(where: { $0.mode == .original }) else { return "" }
    var text = "### What compression would bring\n\n"
    text += "| way | file | change | gzip | arena |\n|---|---:|---:|---:|---:|\n"
    for entry in profile.outlook {
      var change = ""
      if let before = original.fileBytes, let after = entry.fileBytes, before != after {
        change = FigureText.change(from: before, to: after)
      }
      let sizes = [entry.fileBytes, entry.gzipBytes, entry.arenaBytes].map { bytes in
        bytes.map { Quantity.bytes($0) } ?? "–"
      }
      text += "| \(entry.mode.rawValue) | \(sizes[0]) | \(change) | \(sizes[1]) | \(sizes[2]) |\n"
    }
    let missing = profile.missingCompression.map { " For \($0)." } ?? ""
    return text + "\nFrom the file alone, without data.\(missing)\n"
  }
}
