import ModelIR
import Profiling
import TargetRules

extension ModelPage {
  /// What matters, the graver first.
  func findings() -> [PageSection] {
    guard !profile.findings.isEmpty else { return [] }
    let items = profile.findings.map { finding in
      item(
        finding.severity,
        finding.code,
        finding.message,
        fix: report.fix(finding),
        operatorIndex: finding.operatorIndex
      )
    }
    return [.html("findings", "Findings", list(items))]
  }

  /// What targets make of the model.
  func targets() -> [PageSection] {
    guard !profile.targets.isEmpty else { return [] }
    let columns = [
      PageColumn("target"), PageColumn("runs"), PageColumn("supported", isNumeric: true),
      PageColumn("unsupported", isNumeric: true), PageColumn("unknown", isNumeric: true),
      PageColumn("partitions", isNumeric: true), PageColumn("bytes crossing", isNumeric: true),
      PageColumn("estimate", isNumeric: true),
    ]
    let rows = profile.targets.map { target in
      [
        Columns.shortened(target.title, to: 60), report.answer(target),
        Quantity.grouped(target.supported),
        Quantity.grouped(target.unsupported), Quantity.grouped(target.unknown),
        target.partitions.map { Quantity.grouped($0) } ?? "–",
        target.boundaryBytes.map { Quantity.bytes($0) } ?? "–",
        target.estimatedMilliseconds.map { Quantity.significant($0) + " ms" } ?? "–",
      ]
    }
    var text = PageSection.staticTable(columns, rows, caption: "Targets")
    for target in profile.targets where !target.findings.isEmpty {
      let shown = target.findings.prefix(Self.mostTargetFindings)
      let items = shown.map { finding in
        item(
          finding.severity,
          finding.rule,
          finding.message,
          fix: finding.fix,
          operatorIndex: finding.operatorIndex
        )
      }
      text +=
        "\n<h3>\(XMLText.escaped(Columns.shortened(target.name, to: 60)))</h3>\n" + list(items)
      let rest = target.findings.count - shown.count
      if rest > 0 {
        text += "<p class=\"note\">\(Quantity.grouped(rest)) more; --format json has them all.</p>"
      }
    }
    return [.html("targets", "Targets", text)]
  }

  private static let mostTargetFindings = 200

  private func list(_ items: [String]) -> String {
    "<ul class=\"findings\">\n" + items.joined() + "</ul>"
  }

  private func item(
    _ severity: Diagnostic.Severity,
    _ code: String,
    _ message: String,
    fix: String?,
    operatorIndex: Int?
  ) -> String {
    var text = "<li class=\"\(severity.rawValue)\"><b>\(severity.rawValue)</b> "
    text += "<code>\(XMLText.escaped(Columns.shortened(code, to: 60)))</code> "
    text += XMLText.escaped(Columns.shortened(message, to: 600))
    if let operatorIndex {
      text +=
        " <button type=\"button\" class=\"link\" data-operator=\"\(operatorIndex)\">"
        + "show operator \(operatorIndex)</button>"
    }
    if let fix {
      text +=
        "<br><span class=\"fix\">Fix: \(XMLText.escaped(Columns.shortened(fix, to: 600)))</span>"
    }
    return text + "</li>\n"
  }

  /// What standard compression would bring.
  func outlook() -> [PageSection] {
    guard let original = profile.outlook.first(where: { $0.mode == .original }) else { return [] }
    let columns = [
      PageColumn("way"), PageColumn("file", isNumeric: true), PageColumn("change", isNumeric: true),
      PageColumn("gzip", isNumeric: true), PageColumn("arena", isNumeric: true),
      PageColumn("what is assumed"),
    ]
    let rows = profile.outlook.map { entry in
      let effects = entry.effects.map { "\($0.effect) on \($0.target): \($0.reason)" }
      return [
        entry.mode.rawValue, entry.fileBytes.map { Quantity.bytes($0) } ?? "–",
        change(entry, original),
        entry.gzipBytes.map { Quantity.bytes($0) } ?? "–",
        entry.arenaBytes.map { Quantity.bytes($0) } ?? "–",
        Columns.shortened(([entry.note] + effects).joined(separator: "; "), to: 400),
      ]
    }
    return [
      .rows(
        "outlook",
        "What compression would bring",
        note: "Computed from the file alone, without data."
          + (profile.missingCompression.map { " For \($0)." } ?? ""),
        columns: columns,
        rows
      )
    ]
  }

  private func change(_ entry: OutlookEntry, _ original: OutlookEntry) -> String {
    guard let before = original.fileBytes, let after = entry.fileBytes, before != after else {
      return ""
    }
    return FigureText.change(from: before, to: after)
  }
}
