import ByteIO

/// Why a JSON5 text, or what it says, was refused, and where.
package struct JSON5Error: Error, Equatable, Sendable {
  /// The stable code of the error line.
  package var code: ErrorCode
  /// What is wrong: lower case, no full stop.
  package var message: String
  /// Where in the text.
  package var position: JSON5Position
  /// Where in the structure: `budgets[0].fileBytes.max`; empty at the top.
  package var path: String
  /// What to do about it.
  package var hint: String?

  /// Creates an error.
  package init(
    _ code: ErrorCode,
    _ message: String,
    at position: JSON5Position,
    path: String = "",
    hint: String? = nil
  ) {
    self.code = code
    self.message = message
    self.position = position
    self.path = path
    self.hint = hint
  }

  /// The line, from 1.
  package var line: Int { position.line }
  /// The character in the line, from 1.
  package var column: Int { position.column }

  /// `FILE:LINE:COL: CODE: message; hint`, as editors and CI systems link it.
  package func text(file: String) -> String {
    "\(file):\(line):\(column): \(code.rawValue): \(message)" + (hint.map { "; " + $0 } ?? "")
  }

  /// The same error for text that is part of a model file, where the byte says more than the line.
  package var readError: ReadError {
    ReadError(
      code,
      "line \(line), column \(column): \(message)",
      at: position.offset,
      path: path,
      hint: hint
    )
  }

  /// The same error, one level further out.
  func inside(_ component: String) -> JSON5Error {
    var copy = self
    copy.path = JSON5Path.joined(component, path)
    return copy
  }
}

/// A way from the root of a text to one of its nodes.
package indirect enum JSON5Path: Sendable, Equatable, CustomStringConvertible {
  case root
  case member(JSON5Path, String)
  case element(JSON5Path, Int)

  /// `budgets[0].fileBytes`; keys that are no plain words stand in brackets and quotes.
  package var description: String {
    switch self {
    case .root: ""
    case .member(let parent, let name):
      Self.joined(parent.description, Self.component(name))
    case .element(let parent, let index): parent.description + "[\(index)]"
    }
  }

  static func joined(_ outer: String, _ inner: String) -> String {
    if outer.isEmpty { return inner }
    if inner.isEmpty { return outer }
    return inner.hasPrefix("[") ? outer + inner : outer + "." + inner
  }

  static func component(_ name: String) -> String {
    let isPlain =
      !name.isEmpty && name.utf8.count <= 64
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
    return isPlain ? name : "[" + quotedForMessage(name) + "]"
  }
}

/// Text from a file for a message: in quotes, escaped, and cut after 64 characters.
func quotedForMessage(_ text: String) -> String {
  let scalars = text.unicodeScalars
  guard let end = scalars.index(scalars.startIndex, offsetBy: 64, limitedBy: scalars.endIndex),
    end < scalars.endIndex
  else { return jsonQuoted(text) }
  return jsonQuoted(String(scalars[..<end]) + "…")
}
