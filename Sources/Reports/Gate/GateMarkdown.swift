import Gate

/// The gate's answer as a comment on a merge request.
package struct GateMarkdown {
  private let result: GateResult
  private let policy: PolicyIdentity

  package init(_ result: GateResult, policy: PolicyIdentity) {
    self.result = result
    self.policy = policy
  }

  /// Comments are cut by the platforms at 64 KiB; this leaves room for a footer.
  private static let mostBytes = 60_000

  /// The text; it ends in a newline.
  package func text() -> String {
    let sentences = GateSentences(result: result)
    var text = "### " + MarkdownText.escaped(sentences.headline) + "\n"
    var omitted = 0
    for model in models {
      let section = self.section(model)
      if text.utf8.count + section.utf8.count > Self.mostBytes {
        omitted += 1
      } else {
        text += section
      }
    }
    if omitted > 0 { text += "\n… and \(omitted) more models; the JSON report has them all.\n" }
    return text
      + "\n<sub>policy \(MarkdownText.code(policy.path)) · SHA-256 `\(policy.sha256.prefix(12))`</sub>\n"
  }

  private var models: [String] {
    var names: [String] = []
    for check in result.checks where !names.contains(check.model) { names.append(check.model) }
    // What needs attention first.
    func needs(_ name: String) -> Bool {
      result.checks.contains { $0.model == name && $0.verdict != .pass }
    }
    return names.filter(needs) + names.filter { !needs($0) }
  }

  private func section(_ model: String) -> String {
    let checks = result.checks.filter { $0.model == model }
    let judged = checks.filter { $0.figure != nil && $0.value != nil && $0.verdict != .undecidable }
    var text = model.isEmpty ? "\n" : "\n**" + MarkdownText.code(model) + "**\n\n"
    if !judged.isEmpty {
      text += "| budget | limit | baseline | this change |\n|---|---|---|---|\n"
      for check in judged { text += row(check) }
    }
    for check in checks where !judged.contains(check) {
      text +=
        "- \(GateSentences.mark(check)) " + MarkdownText.escaped(GateSentences.message(check))
        + "\n"
    }
    for explanation in result.explanations where explanation.model == model {
      text +=
        "\nWhy \(explanation.figure.title): "
        + GateSentences.why(explanation, show: MarkdownText.code) + ".\n"
      if let way = GateSentences.wayBack(explanation, show: MarkdownText.code) {
        text += "\nCheapest way back: " + way + ".\n"
      }
    }
    return text
  }

  private func row(_ check: GateResult.Check) -> String {
    guard let figure = check.figure, let value = check.value else { return "" }
    let isBinary = check.usesBinaryUnits
    var shown = FigureText.text(value, figure.unit, isBinary: isBinary)
    if let limit = check.limit, check.verdict == .fail {
      shown = FigureText.pair(value, limit, figure.unit, isBinary: isBinary).0
    }
    if check.verdict == .fail { shown = "**\(shown)**" }
    var cell = "\(shown) \(GateSentences.mark(check))"
    if let baseline = check.baseline, baseline != value {
      cell += " " + FigureText.change(from: baseline, to: value)
    }
    let before = check.baseline.map { FigureText.text($0, figure.unit, isBinary: isBinary) } ?? "–"
    return "| \(MarkdownText.escaped(GateSentences.title(check))) | \(GateSentences.limit(check))"
      + " | \(before) | \(cell) |\n"
  }
}
