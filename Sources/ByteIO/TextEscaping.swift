/// Text from a file, made harmless for a terminal and fit for one line.
///
/// Control characters (C0, DEL, C1), bidirectional overrides, zero-width characters and the byte
/// order mark are shown as `\n`, `\t`, `\xNN` or `\u{NNNN}` (CWE-150); the rest stays.
package func escapedForTerminal(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isUnsafeOnTerminal) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\n": result += #"\n"#
    case "\r": result += #"\r"#
    case "\t": result += #"\t"#
    case _ where !isUnsafeOnTerminal(scalar): result.unicodeScalars.append(scalar)
    case _ where scalar.value <= 0x9F: result += #"\x"# + hexadecimal(scalar.value, digits: 2)
    default: result += #"\u{"# + hexadecimal(scalar.value, digits: 4) + "}"
    }
  }
  return result
}

private func isUnsafeOnTerminal(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: true
  default: false
  }
}

/// A JSON string literal with its quotes (RFC 8259, section 7).
package func jsonQuoted(_ text: String) -> String {
  var result = "\""
  result.reserveCapacity(text.utf8.count + 2)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += #"\""#
    case "\\": result += #"\\"#
    case "\n": result += #"\n"#
    case "\r": result += #"\r"#
    case "\t": result += #"\t"#
    // U+2028 and U+2029 end lines in older JavaScript; DEL and C1 upset terminals.
    case _ where isUnsafeOnTerminal(scalar):
      result += #"\u"# + hexadecimal(scalar.value, digits: 4)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

private func hexadecimal(_ value: UInt32, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}
