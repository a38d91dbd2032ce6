import ByteIO

/// Text of strangers made harmless in Markdown.
enum MarkdownText {
  /// Text outside code: nothing of it is markup, a link, a mention or a new row of a table.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in escapedForTerminal(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "@": result += "&#64;"
      case "\\", "`", "*", "_", "[", "]", "|", "~", "#", "!":
        result += "\\"
        result.unicodeScalars.append(scalar)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A code span with a fence longer than any run of backticks inside; pipes would end a table cell.
  static func code(_ text: String) -> String {
    let safe = escapedForTerminal(text).replacing("|", with: "\\|")
    var longest = 0
    var run = 0
    for scalar in safe.unicodeScalars {
      run = scalar == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: longest + 1)
    let pad = longest > 0 || safe.isEmpty ? " " : ""
    return fence + pad + safe + pad + fence
  }
}

extension String {
  /// The text with every occurrence of a character replaced.
  fileprivate func replacing(_ character: Unicode.Scalar, with text: String) -> String {
    var result = ""
    for scalar in unicodeScalars {
      if scalar == character { result += text } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }
}
