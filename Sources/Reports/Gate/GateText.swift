import ByteIO
import Gate

/// The gate's answer for a person at a terminal.
package struct GateText {
  private let result: GateResult
  private let policy: PolicyIdentity
  private let style: TextStyle

  package init(_ result: GateResult, policy: PolicyIdentity, style: TextStyle) {
    self.result = result
    self.policy = policy
    self.style = style
  }

  /// The text; it ends in a newline.
  package func text() -> String {
    let sentences = GateSentences(result: result)
    var lines = [style.paint(escapedForTerminal(sentences.headline), role(result.verdict))]
    for model in orderedModels {
      let checks = result.checks.filter { $0.model == model }
      lines.append("")
      if !model.isEmpty { lines.append("  " + style.paint(shortened(model), .strong)) }
      lines += table(checks)
      for explanation in result.explanations where explanation.model == model {
        lines += indented("why \(explanation.figure.title): " + GateSentences.why(explanation))
        if let way = GateSentences.wayBack(explanation) {
          lines += indented("cheapest way back: " + way)
        }
      }
    }
    lines.append("")
    lines.append(
      style.paint(
        "  policy \(shortened(policy.path)) · SHA-256 \(policy.sha256.prefix(12))",
        .faint
      )
    )
    return lines.joined(separator: "\n") + "\n"
  }

  private var orderedModels: [String] {
    var names: [String] = []
    for check in result.checks where !names.contains(check.model) { names.append(check.model) }
    return names
  }

  private func table(_ checks: [GateResult.Check]) -> [String] {
    let readable = checks.filter { $0.figure != nil && $0.value != nil }
    let width = readable.map { Columns.width(GateSentences.title($0)) }.max() ?? 0
    var lines: [String] = []
    for check in checks {
      let mark = style.paint(GateSentences.mark(check), role(check))
      guard let figure = check.figure, let value = check.value, check.verdict != .undecidable else {
        let text = indented(GateSentences.message(check))
        lines.append("  \(mark) " + (text.first.map { String($0.dropFirst(4)) } ?? ""))
        lines += text.dropFirst()
        continue
      }
      let isBinary = check.usesBinaryUnits
      var shown = FigureText.text(value, figure.unit, isBinary: isBinary)
      if let limit = check.limit, check.verdict == .fail {
        shown = FigureText.pair(value, limit, figure.unit, isBinary: isBinary).0
      }
      var line =
        "  \(mark) " + Columns.left(GateSentences.title(check), width + 2)
        + Columns.right(shown, 14) + "   limit " + Columns.left(GateSentences.limit(check), 12)
      if let baseline = check.baseline {
        line +=
          "  was " + FigureText.text(baseline, figure.unit, isBinary: isBinary) + "  "
          + FigureText.change(from: baseline, to: value)
      }
      lines.append(trimmed(line))
    }
    return lines
  }

  private func shortened(_ text: String) -> String { Columns.shortened(text, to: style.width - 4) }

  private func indented(_ text: String) -> [String] {
    Columns.wrapped(escapedForTerminal(text), to: style.width - 4).map { "    " + $0 }
  }

  private func role(_ check: GateResult.Check) -> TextStyle.Role {
    check.isAdvisory && check.verdict != .pass ? .warning : role(check.verdict)
  }

  private func role(_ verdict: GateResult.Verdict) -> TextStyle.Role {
    switch verdict {
    case .pass: .good
    case .fail: .error
    case .undecidable: .error
    }
  }
}

/// Which policy judged.
package struct PolicyIdentity: Sendable, Equatable {
  package var path: String
  package var sha256: String

  /// The policy's folder as the platform knows files, ending in `/`, or empty.
  package var folder: String

  package init(path: String, sha256: String, folder: String) {
    self.path = path
    self.sha256 = sha256
    self.folder = folder
  }

  /// Where a model is for the platform.
  func location(of model: String) -> String { model.isEmpty ? path : folder + model }
}
