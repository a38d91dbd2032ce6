import ByteIO
import Differences
import Profiling

/// What changed, for a person: the totals, then the operators that explain them.
package struct DifferenceText {
  private let difference: ModelDifference
  private let top: Int

  /// - Parameters:
  ///   - difference: What changed.
  ///   - top: Rows of the table of operators.
  package init(_ difference: ModelDifference, top: Int = 20) {
    self.difference = difference
    self.top = top
  }

  private static let sizes: Set<String> = [
    "fileBytes", "weightBytes", "activationBytes", "peakActivationBytes", "peakLowerBoundBytes",
  ]
  private static let titles = [
    "fileBytes": "file size", "weightBytes": "weights", "parameters": "parameters", "macs": "MACs",
    "flops": "FLOPs", "operators": "operators", "uncountedOperators": "uncounted operators",
    "activationBytes": "activations", "peakActivationBytes": "peak activations",
    "peakLowerBoundBytes": "peak lower bound",
  ]

  // MARK: - Terminal

  /// For a terminal; it ends in a newline.
  package func text(_ style: TextStyle) -> String {
    let (old, new) = (difference.old, difference.new)
    var lines = [
      style.paint(Columns.shortened(old.path, to: style.width), .strong) + " → "
        + style.paint(Columns.shortened(new.path, to: style.width), .strong)
    ]
    guard !difference.isEmpty else {
      return lines[0] + "\n\n  no difference in anything that a report states\n"
    }
    lines.append("")
    for total in difference.totals where total.old != total.new || total.name == "fileBytes" {
      lines.append(trimmed(totalLine(total)))
    }
    lines += ledgerLines(style)
    lines += operatorLines(style)
    return lines.joined(separator: "\n") + "\n"
  }

  private func totalLine(_ total: ModelDifference.TotalChange) -> String {
    let title = Self.titles[total.name] ?? total.name
    return "  " + Columns.left(title, 20) + Columns.right(value(total.old, total.name), 14) + " → "
      + Columns.left(value(total.new, total.name), 14) + delta(total)
  }

  private func value(_ value: Int?, _ name: String) -> String {
    guard let value else { return "unknown" }
    return Self.sizes.contains(name) ? Quantity.bytes(value) : Quantity.count(value)
  }

  private func delta(_ total: ModelDifference.TotalChange) -> String {
    guard let delta = total.delta, let old = total.old, let new = total.new else { return "" }
    let amount = FigureText.signed(delta, Self.sizes.contains(total.name) ? .bytes : .count)
    return delta == 0 ? "±0" : amount + "  " + FigureText.change(from: old, to: new)
  }

  private func ledgerLines(_ style: TextStyle) -> [String] {
    let changed = difference.bytes.filter { $0.delta != 0 }
    guard !changed.isEmpty else { return [] }
    let parts = changed.map { "\($0.name) \(FigureText.signed($0.delta ?? 0, .bytes))" }
    return ["", style.paint("Where the bytes changed", .heading)]
      + Columns.wrapped(parts.joined(separator: " · "), to: style.width - 2).map { "  " + $0 }
  }

  /// What changed, the largest changes first.
  private var shown: [ModelDifference.OperatorChange] {
    let changed = difference.operators.filter { $0.status != .same }
    return changed.enumerated().sorted { left, right in
      let (a, b) = (left.element, right.element)
      let sizes = (b.deltaBytes.magnitude, (b.deltaMultiplyAdds ?? 0).magnitude)
      let others = (a.deltaBytes.magnitude, (a.deltaMultiplyAdds ?? 0).magnitude)
      return sizes == others ? left.offset < right.offset : sizes < others
    }.map(\.element)
  }

  private func operatorLines(_ style: TextStyle) -> [String] {
    let changes = shown
    let counts = ModelDifference.Status.allCases.map { status in
      "\(difference.operators.count { $0.status == status }) \(status.rawValue)"
    }
    var lines = [
      "",
      style.paint("Operators", .heading)
        + style.paint("  " + counts.joined(separator: " · "), .faint),
    ]
    guard !changes.isEmpty else { return lines }
    let titleColumns = max(16, min(40, style.width - 74))
    lines.append(
      style.paint(
        "    " + Columns.left("layer", titleColumns) + Columns.left("operator", 20)
          + Columns.right("bytes", 13) + Columns.right("MACs", 12) + "  what",
        .faint
      )
    )
    for change in changes.prefix(top) {
      guard let row = difference.summary(of: change) else { continue }
      let text =
        "  \(mark(change.status)) "
        + Columns.left(Columns.shortened(row.title, to: titleColumns - 1), titleColumns)
        + Columns.left(Columns.shortened(row.sourceType, to: 19), 20)
        + Columns.right(FigureText.signed(change.deltaBytes, .bytes), 13)
        + Columns.right(
          change.deltaMultiplyAdds.map { FigureText.signed($0, .count) } ?? "?",
          12
        ) + "  " + words(change)
      lines.append(style.paint(trimmed(text), role(change.status)))
    }
    if changes.count > top {
      let rest = changes.dropFirst(top).reduce(0) { $0 + $1.deltaBytes }
      lines.append("    … \(changes.count - top) more, \(FigureText.signed(rest, .bytes)) (--top)")
    }
    let others = difference.otherBytes.reduce(0) { $0 + ($1.delta ?? 0) }
    if others != 0 {
      lines.append("    bytes of no operator's weights: " + FigureText.signed(others, .bytes))
    }
    return lines
  }

  private func mark(_ status: ModelDifference.Status) -> String {
    switch status {
    case .added: "+"
    case .removed: "−"
    case .changed: "~"
    case .same: " "
    }
  }

  private func role(_ status: ModelDifference.Status) -> TextStyle.Role {
    switch status {
    case .added: .good
    case .removed: .error
    case .changed: .warning
    case .same: .faint
    }
  }

  /// What is different, in words.
  private func words(_ change: ModelDifference.OperatorChange) -> String {
    guard change.status == .changed else { return change.status.rawValue }
    return difference.remarks(on: change).map { Columns.shortened($0, to: 60) }
      .joined(separator: ", ")
  }

  // MARK: - Markdown

  /// For a merge request; it ends in a newline.
  package func markdown() -> String {
    let (old, new) = (difference.old, difference.new)
    var text = "### \(MarkdownText.code(old.path)) → \(MarkdownText.code(new.path))\n\n"
    guard !difference.isEmpty else {
      return text + "No difference in anything that a report states.\n"
    }
    text += "| figure | old | new | change |\n|---|---:|---:|---:|\n"
    for total in difference.totals where total.old != total.new || total.name == "fileBytes" {
      text +=
        "| \(Self.titles[total.name] ?? total.name) | \(value(total.old, total.name))"
        + " | \(value(total.new, total.name)) | \(delta(total)) |\n"
    }
    let changes = shown
    if !changes.isEmpty {
      text += "\n| | layer | operator | bytes | MACs | what |\n|---|---|---|---:|---:|---|\n"
    }
    for change in changes.prefix(top) {
      guard let row = difference.summary(of: change) else { continue }
      text +=
        "| \(mark(change.status)) | \(MarkdownText.code(row.title))"
        + " | \(MarkdownText.code(row.sourceType)) | \(FigureText.signed(change.deltaBytes, .bytes))"
        + " | \(change.deltaMultiplyAdds.map { FigureText.signed($0, .count) } ?? "?")"
        + " | \(MarkdownText.escaped(words(change))) |\n"
    }
    if changes.count > top { text += "\n… \(changes.count - top) more operators changed.\n" }
    return text
  }
}
