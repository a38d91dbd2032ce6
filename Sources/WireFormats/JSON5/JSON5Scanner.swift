import ByteIO

/// A cursor over text in UTF-8 that knows its line and column.
struct JSON5Scanner {
  private let text: [UInt8]
  /// Where the text begins in its source.
  private let base: Int
  /// The next byte.
  private(set) var offset = 0
  private var line = 1
  private var lineStart = 0
  /// The bytes since the line began that do not begin a scalar.
  private var continuationBytes = 0

  init(_ bytes: Bytes) {
    text = bytes.array
    base = bytes.offset
  }

  /// Whether nothing is left.
  var isAtEnd: Bool { offset >= text.count }

  /// The next byte, or `nil` at the end.
  var byte: UInt8? { offset < text.count ? text[offset] : nil }

  /// The byte that follows the next one by `distance`, or `nil` past the end.
  func byte(ahead distance: Int) -> UInt8? {
    distance < text.count - offset ? text[offset + distance] : nil
  }

  /// Where the next byte stands.
  var position: JSON5Position {
    JSON5Position(
      offset: base + offset,
      line: line,
      column: offset - lineStart - continuationBytes + 1
    )
  }

  /// Moves over bytes that the caller has seen to be ASCII and no line ends.
  mutating func skip(_ byteCount: Int = 1) {
    offset = min(offset + byteCount, text.count)
  }

  /// Whether the next bytes are those of `word`.
  func has(_ word: StaticString) -> Bool {
    guard word.utf8CodeUnitCount <= text.count - offset else { return false }
    return (0..<word.utf8CodeUnitCount).allSatisfy { text[offset + $0] == word.utf8Start[$0] }
  }

  /// The bytes since `start`.
  func bytes(since start: Int) -> ArraySlice<UInt8> {
    text[min(max(start, 0), offset)..<offset]
  }

  /// Moves over the longest run of bytes for which `isPart` is true, which must refuse everything
  /// but ASCII without line ends, and returns it.
  mutating func run(where isPart: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    let start = offset
    while offset < text.count, isPart(text[offset]) { offset += 1 }
    return text[start..<offset]
  }

  /// The next scalar and the number of its bytes, or `nil` where the bytes are no UTF-8.
  ///
  /// Source: RFC 3629, section 4: the shortest form only, no surrogates, at most U+10FFFF.
  func scalar() -> (value: Unicode.Scalar, byteCount: Int)? {
    guard let first = byte else { return nil }
    let byteCount: Int
    let smallest: UInt32
    var value: UInt32
    switch first {
    case 0..<0x80: return (Unicode.Scalar(first), 1)
    case 0xC2...0xDF: (byteCount, smallest, value) = (2, 0x80, UInt32(first & 0x1F))
    case 0xE0...0xEF: (byteCount, smallest, value) = (3, 0x800, UInt32(first & 0x0F))
    case 0xF0...0xF4: (byteCount, smallest, value) = (4, 0x1_0000, UInt32(first & 0x07))
    default: return nil
    }
    for index in 1..<byteCount {
      guard let next = byte(ahead: index), next & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(next & 0x3F)
    }
    guard value >= smallest, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, byteCount)
  }

  /// Moves over a scalar that `scalar()` gave.
  mutating func advance(over scalar: (value: Unicode.Scalar, byteCount: Int)) {
    offset += scalar.byteCount
    continuationBytes += scalar.byteCount - 1
    // A carriage return before a line feed ends no line of its own.
    if scalar.value == "\n" || scalar.value == "\r" && byte != UInt8(ascii: "\n") {
      line += 1
      lineStart = offset
      continuationBytes = 0
    }
  }
}

extension Unicode.Scalar {
  /// What ends a line in JSON5 (section 8).
  var endsLine: Bool {
    self == "\n" || self == "\r" || value == 0x2028 || value == 0x2029
  }

  /// White space in JSON5 (section 8): the ends of lines, too.
  var isJSON5Space: Bool {
    switch value {
    case 0x09...0x0D, 0x20, 0xA0, 0xFEFF, 0x2028, 0x2029: true
    case 0..<0x80: false
    default: properties.generalCategory == .spaceSeparator
    }
  }

  /// What may begin an unquoted key (ECMAScript 5.1, section 7.6).
  var beginsIdentifier: Bool {
    if isASCII { return self == "$" || self == "_" || properties.isAlphabetic }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .letterNumber:
      return true
    default: return false
    }
  }

  /// What may stand further on in an unquoted key (ECMAScript 5.1, section 7.6).
  var continuesIdentifier: Bool {
    if beginsIdentifier { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation: return true
    default: return value == 0x200C || value == 0x200D
    }
  }
}
