/// Text in quotes (JSON5, section 5; JSON: RFC 8259, section 7).
extension JSON5Parser {
  /// The text between two quotes; the cursor is at the first of them.
  mutating func string(quote: UInt8) throws(JSON5Error) -> String {
    let start = scanner.position
    scanner.skip()
    var text: [UInt8] = []
    while true {
      text += scanner.run { (0x20..<0x7F).contains($0) && $0 != quote && $0 != UInt8(ascii: "\\") }
      guard let byte = scanner.byte else { throw unended(at: start) }
      switch byte {
      case quote:
        scanner.skip()
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        try escape(into: &text)
      case UInt8(ascii: "\t") where !isStrict:
        scanner.skip()
        text.append(byte)
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        throw unended(at: start)
      default:
        let scalar = try nextScalar()
        // RFC 8259 takes DEL and C1 as they are.
        guard isStrict ? scalar.value.value >= 0x20 : !isControl(scalar.value) else {
          throw controlCharacter(scalar.value)
        }
        scanner.advance(over: scalar)
        text += scalar.value.utf8
      }
    }
  }

  private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || scalar.isRefusedControl
  }

  private func unended(at start: JSON5Position) -> JSON5Error {
    JSON5Error(
      options.code,
      "the text in quotes does not end in its line",
      at: start,
      hint: "a quote is missing"
    )
  }

  /// One escape; the cursor is at its backslash.
  private mutating func escape(into text: inout [UInt8]) throws(JSON5Error) {
    let position = scanner.position
    scanner.skip()
    guard !scanner.isAtEnd else { throw error("the text ends inside of an escape") }
    let next = try nextScalar()
    let simple: Unicode.Scalar
    switch next.value {
    case "\"", "\\", "/": simple = next.value
    case "b": simple = "\u{8}"
    case "f": simple = "\u{C}"
    case "n": simple = "\n"
    case "r": simple = "\r"
    case "t": simple = "\t"
    case "u":
      scanner.skip()
      text += (try unicodeEscape(at: position)).utf8
      return
    case _ where isStrict:
      throw unknownEscape(next.value, at: position)
    case "v": simple = "\u{B}"
    case "0":
      if let digit = scanner.byte(ahead: 1), Self.isDigit(digit) {
        throw unknownEscape(next.value, at: position)
      }
      simple = "\0"
    case "x":
      scanner.skip()
      let value = try hexadecimal(digits: 2, at: position)
      text += (Unicode.Scalar(UInt8(truncatingIfNeeded: value))).utf8
      return
    case "1"..."9":
      throw unknownEscape(next.value, at: position)
    case _ where next.value.endsLine:
      // The line goes on in the next one: neither the backslash nor the line end is part of it.
      scanner.advance(over: next)
      if next.value == "\r", scanner.byte == UInt8(ascii: "\n") {
        scanner.advance(over: try nextScalar())
      }
      return
    case _ where isControl(next.value):
      throw controlCharacter(next.value)
    default: simple = next.value
    }
    scanner.advance(over: next)
    text += simple.utf8
  }

  private func unknownEscape(_ scalar: Unicode.Scalar, at position: JSON5Position) -> JSON5Error {
    JSON5Error(
      options.code,
      "there is no escape \\" + jsonQuotedBody(String(scalar)),
      at: position,
      hint: "a backslash is written \\\\"
    )
  }

  /// The scalar of `\uXXXX`, or of two that are a surrogate pair; the cursor is behind the `u`.
  mutating func unicodeEscape(at position: JSON5Position) throws(JSON5Error) -> Unicode.Scalar {
    let first = try hexadecimal(digits: 4, at: position)
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, scanner.has("\\u") else { throw loneSurrogate(at: position) }
    scanner.skip(2)
    let second = try hexadecimal(digits: 4, at: position)
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x1_0000 + (first & 0x3FF) << 10 + (second & 0x3FF))
    else { throw loneSurrogate(at: position) }
    return scalar
  }

  private func loneSurrogate(at position: JSON5Position) -> JSON5Error {
    JSON5Error(options.code, "an escape is half of a surrogate pair", at: position)
  }

  private mutating func hexadecimal(
    digits: Int,
    at position: JSON5Position
  ) throws(JSON5Error) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let byte = scanner.byte, let digit = Self.hexadecimalDigit(byte) else {
        throw JSON5Error(
          options.code,
          "an escape needs \(digits) hexadecimal digits",
          at: position,
          hint: "a backslash is written \\\\"
        )
      }
      value = value << 4 | UInt32(digit)
      scanner.skip()
    }
    return value
  }

  private func jsonQuotedBody(_ text: String) -> String {
    String(quotedForMessage(text).dropFirst().dropLast())
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
