import ByteIO

/// Text of strangers made harmless in XML and HTML.
enum XMLText {
  /// Fit for text and for attribute values in either kind of quotes.
  static func escaped(_ text: String) -> String {
    var result = ""
    // What XML 1.0 cannot hold at all becomes visible text first.
    for scalar in escapedForTerminal(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case _ where scalar.value & 0xFFFE == 0xFFFE: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
