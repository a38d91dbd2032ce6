import ModelIR
import Profiling

/// Explanations of findings, for a person.
package enum FindingText {
  /// One code with its meaning and its fix; ends in a newline.
  package static func explanation(_ entry: FindingExplanation, style: TextStyle) -> String {
    var lines = [style.paint(entry.code, .strong) + "  " + entry.severity.rawValue, ""]
    lines += indented(entry.meaning, style)
    lines.append("")
    lines += indented("Fix: " + entry.fix, style)
    return lines.joined(separator: "\n") + "\n"
  }

  /// All codes, one line each; ends in a newline.
  package static func list(_ entries: [FindingExplanation], style: TextStyle) -> String {
    let columns = entries.map(\.code.count).max() ?? 0
    let lines = entries.map { entry in
      let head = Columns.left(entry.code, columns) + "  " + Columns.left(entry.severity.rawValue, 7)
      let room = max(0, style.width - columns - 11)
      return trimmed(head + "  " + Columns.prefixed(firstSentence(entry.meaning), to: room))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func firstSentence(_ text: String) -> String {
    text.firstRange(of: ". ").map { String(text[..<$0.lowerBound]) + "." } ?? text
  }

  private static func indented(_ text: String, _ style: TextStyle) -> [String] {
    Columns.wrapped(text, to: min(style.width, 96) - 2).map { "  " + $0 }
  }
}

extension Columns {
  /// The text cut at its end to at most `limit` columns.
  fileprivate static func prefixed(_ text: String, to limit: Int) -> String {
    guard width(text) > limit else { return text }
    return (wrapped(text, to: max(1, limit - 2)).first ?? "") + " …"
  }
}
