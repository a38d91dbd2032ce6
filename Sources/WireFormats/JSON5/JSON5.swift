import ByteIO

/// The reader for JSON5 and for strict JSON.
///
/// Layout of the text (json5.org, version 1.0.0; JSON: RFC 8259):
/// 1. One value, with white space and comments around it and between all parts.
/// 2. `null`, `true`, `false`; a number; text in quotes; `[…]` and `{…}`, where a comma may follow
///    the last element.
/// 3. Keys are text in quotes or ECMAScript 5.1 identifiers.
///
/// Stricter than the specification where it leaves a trap: a key that stands twice in an object,
/// control characters in text, halves of surrogate pairs and numbers outside the range of a double
/// are errors.
package enum JSON5 {
  /// Reads one value.
  ///
  /// - Parameters:
  ///   - bytes: The whole text, in UTF-8.
  ///   - options: What is accepted, how much of it, and the code of errors.
  /// - Returns: The tree; every node knows its place.
  /// - Throws: The options' code for text that does not parse, `LIMIT_EXCEEDED` for too much of it.
  /// - Complexity: O(byte count).
  package static func parse(
    _ bytes: Bytes,
    options: JSON5Options
  ) throws(JSON5Error) -> JSON5Node {
    guard bytes.count <= options.maximumBytes else {
      throw JSON5Error(
        .limitExceeded,
        "the text has \(bytes.count) bytes, more than \(options.maximumBytes)",
        at: JSON5Position(offset: bytes.offset, line: 1, column: 1)
      )
    }
    var parser = JSON5Parser(bytes, options: options)
    return try parser.document()
  }

  /// Reads one value and gives it for strict decoding; errors have the options' code.
  ///
  /// - Throws: As `parse`.
  package static func decode(
    _ bytes: Bytes,
    options: JSON5Options
  ) throws(JSON5Error) -> JSON5Element {
    JSON5Element(try parse(bytes, options: options), code: options.code)
  }
}

/// What the reader accepts, and the code of its errors.
package struct JSON5Options: Sendable, Equatable {
  /// The two grammars.
  package enum Syntax: Sendable {
    case json5
    /// RFC 8259: no comments, no trailing commas, double quotes only, decimal numbers only.
    case json
  }

  /// The grammar.
  package var syntax: Syntax
  /// Whether `NaN`, `Infinity` and `-Infinity` are numbers, as in JSON5 and as Python writes them.
  package var allowsNonFinite: Bool
  /// The longest text that is read.
  package var maximumBytes: Int
  /// The most lists and objects inside each other.
  package var maximumDepth: Int
  /// The code of errors.
  package var code: ErrorCode

  /// The depth that is never exceeded, so that recursion is bounded.
  package static let deepest = 100

  /// Creates options.
  package init(
    syntax: Syntax = .json5,
    allowsNonFinite: Bool = false,
    maximumBytes: Int = 1 << 20,
    maximumDepth: Int = JSON5Options.deepest,
    code: ErrorCode
  ) {
    self.syntax = syntax
    self.allowsNonFinite = allowsNonFinite
    // Positions are kept in 32 bits.
    self.maximumBytes = min(max(maximumBytes, 0), Int(Int32.max))
    self.maximumDepth = min(max(maximumDepth, 0), Self.deepest)
    self.code = code
  }

  /// A gate policy: JSON5 up to 1 MiB, finite numbers.
  package static let policy = JSON5Options(code: .policyInvalid)
  /// A rule file: JSON5 up to 1 MiB, finite numbers.
  package static let rules = JSON5Options(code: .rulesInvalid)
  /// JSON as Python's `json` module writes it: NaN and infinities stand as words.
  package static func python(maximumBytes: Int, code: ErrorCode = .modelInvalid) -> JSON5Options {
    JSON5Options(syntax: .json, allowsNonFinite: true, maximumBytes: maximumBytes, code: code)
  }
}
