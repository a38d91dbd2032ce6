import ByteIO

/// How a report is written for a terminal, a pipe or a file.
package struct TextStyle: Sendable {
  /// Columns to stay within.
  package var width: Int
  package var usesColor: Bool

  package init(width: Int = 100, usesColor: Bool = false) {
    // Below 60 columns the tables cannot keep their numbers.
    self.width = min(max(width, 60), 200)
    self.usesColor = usesColor
  }

  /// What a piece of text is.
  package enum Role: Sendable {
    case heading, strong, faint, error, warning, good, bar

    // ECMA-48 SGR codes; the sixteen base colours follow the user's palette.
    fileprivate var code: String {
      switch self {
      case .heading, .strong: "1"
      case .faint: "2"
      case .error: "1;31"
      case .warning: "33"
      case .good: "32"
      case .bar: "36"
      }
    }
  }

  /// The text in the role's colour, where colours are used.
  package func paint(_ text: String, _ role: Role) -> String {
    usesColor && !text.isEmpty ? "\u{1B}[\(role.code)m\(text)\u{1B}[0m" : text
  }
}

/// Text measured in terminal columns.
package enum Columns {
  /// The columns that a text takes: wide East Asian characters two, combining marks none.
  package static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  // Unicode Standard Annex #11, the ranges that fonts draw wide.
  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x300...0x36F, 0xFE00...0xFE0F: 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      2
    default: 1
    }
  }

  /// The text made safe for a terminal and cut in the middle to at most `limit` columns.
  package static func shortened(_ text: String, to limit: Int) -> String {
    let safe = escapedForTerminal(text)
    guard width(safe) > limit else { return safe }
    guard limit > 1 else { return limit == 1 ? "…" : "" }
    let scalars = Array(safe.unicodeScalars)
    let headColumns = (limit - 1) / 2
    let tailColumns = limit - 1 - headColumns
    let head = prefix(scalars, columns: headColumns)
    let tail = prefix(scalars.reversed(), columns: tailColumns).reversed()
    return string(head) + "…" + string(tail)
  }

  private static func prefix(
    _ scalars: some Sequence<Unicode.Scalar>,
    columns: Int
  ) -> [Unicode.Scalar] {
    var used = 0
    var result: [Unicode.Scalar] = []
    for scalar in scalars {
      used += width(scalar)
      guard used <= columns else { break }
      result.append(scalar)
    }
    return result
  }

  private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var text = ""
    text.unicodeScalars.append(contentsOf: scalars)
    return text
  }

  /// The text with spaces after it, up to `columns`.
  package static func left(_ text: String, _ columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - width(text)))
  }

  /// The text with spaces before it, up to `columns`.
  package static func right(_ text: String, _ columns: Int) -> String {
    String(repeating: " ", count: max(0, columns - width(text))) + text
  }

  /// A bar whose length is a share of `columns`, in eighths of a column.
  package static func bar(_ share: Double, _ columns: Int) -> String {
    guard share.isFinite, share > 0 else { return "" }
    let eighths = Int((min(share, 1) * Double(columns) * 8).rounded())
    guard eighths > 0 else { return "▏" }
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + partial[eighths % 8]
  }

  /// Breaks a text into lines of at most `columns`, at spaces.
  package static func wrapped(_ text: String, to columns: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: true) {
      var rest = String(word)
      if !line.isEmpty, width(line) + 1 + width(rest) > columns {
        lines.append(line)
        line = ""
      }
      while width(rest) > columns, columns > 0 {
        let head = string(prefix(Array(rest.unicodeScalars), columns: columns))
        guard !head.isEmpty else { break }
        lines.append(head)
        rest = String(rest.unicodeScalars.dropFirst(head.unicodeScalars.count))
      }
      line += line.isEmpty ? rest : " " + rest
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }
}
