/// White space, comments and unquoted keys.
extension JSON5Parser {
  /// Moves over white space and comments.
  mutating func skipBlank() throws(JSON5Error) {
    while let byte = scanner.byte {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"):
        scanner.skip()
      case UInt8(ascii: "/"):
        guard !isStrict else { throw error("JSON has no comments") }
        try skipComment()
      default:
        let scalar = try nextScalar()
        let isBlank =
          isStrict ? scalar.value == "\n" || scalar.value == "\r" : scalar.value.isJSON5Space
        guard isBlank else { return }
        scanner.advance(over: scalar)
      }
    }
  }

  private mutating func skipComment() throws(JSON5Error) {
    let start = scanner.position
    switch scanner.byte(ahead: 1) {
    case UInt8(ascii: "/"):
      while !scanner.isAtEnd {
        let scalar = try commentScalar()
        if scalar.value.endsLine { return }
        scanner.advance(over: scalar)
      }
    case UInt8(ascii: "*"):
      scanner.skip(2)
      while !scanner.has("*/") {
        guard !scanner.isAtEnd else {
          throw JSON5Error(
            options.code,
            "a comment does not end",
            at: start,
            hint: "\"*/\" is missing"
          )
        }
        scanner.advance(over: try commentScalar())
      }
      scanner.skip(2)
    default:
      throw error("a slash begins no comment", hint: "comments begin with // or /*")
    }
  }

  private func commentScalar() throws(JSON5Error) -> (value: Unicode.Scalar, byteCount: Int) {
    let scalar = try nextScalar()
    guard !scalar.value.isRefusedControl else { throw controlCharacter(scalar.value) }
    return scalar
  }

  /// An unquoted key or a word, or `nil` where none begins here.
  mutating func identifier() throws(JSON5Error) -> String? {
    var name = String.UnicodeScalarView()
    while !scanner.isAtEnd {
      let position = scanner.position
      let next = try nextScalar()
      let scalar: Unicode.Scalar
      if next.value == "\\", !isStrict {
        scanner.skip()
        guard scanner.byte == UInt8(ascii: "u") else {
          throw error("only \\u and four digits may stand in an unquoted key")
        }
        scanner.skip()
        scalar = try unicodeEscape(at: position)
        guard name.isEmpty ? scalar.beginsIdentifier : scalar.continuesIdentifier else {
          throw JSON5Error(
            options.code,
            "\(quotedForMessage(String(scalar))) may not stand in an unquoted key",
            at: position
          )
        }
      } else {
        scalar = next.value
        guard name.isEmpty ? scalar.beginsIdentifier : scalar.continuesIdentifier else { break }
        scanner.advance(over: next)
      }
      name.append(scalar)
    }
    return name.isEmpty ? nil : String(name)
  }

  func controlCharacter(_ scalar: Unicode.Scalar) -> JSON5Error {
    let code = String(scalar.value, radix: 16, uppercase: true)
    return error(
      "a control character (U+\(String(repeating: "0", count: max(0, 4 - code.utf8.count)))\(code))",
      hint: "write it as an escape"
    )
  }
}

extension Unicode.Scalar {
  /// Control characters other than the tab and those that JSON5 has as white space.
  var isRefusedControl: Bool {
    switch value {
    case 0..<0x09, 0x0E..<0x20, 0x7F...0x9F: true
    default: false
    }
  }
}
