/// A place in a text.
package struct JSON5Position: Sendable, Equatable {
  // 32 bits keep a node at 32 bytes; `JSON5Options` bounds the text accordingly.
  private let storedOffset: UInt32
  private let storedLine: UInt32
  private let storedColumn: UInt32

  /// Creates a position; numbers beyond 32 bits stay at the largest.
  package init(offset: Int, line: Int, column: Int) {
    storedOffset = UInt32(clamping: offset)
    storedLine = UInt32(clamping: line)
    storedColumn = UInt32(clamping: column)
  }

  /// The byte in the source, from 0.
  package var offset: Int { Int(storedOffset) }
  /// The line, from 1; it ends with a line feed, a carriage return or both.
  package var line: Int { Int(storedLine) }
  /// The character in the line, from 1, counted in Unicode scalars.
  package var column: Int { Int(storedColumn) }
}

/// A value of a JSON5 text and where it stands.
package struct JSON5Node: Sendable, Equatable {
  /// A value; objects keep the order of their members.
  package enum Value: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number written without fraction and exponent that fits.
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSON5Node])
    case object([Member])
  }

  /// A key and its value.
  package struct Member: Sendable, Equatable {
    package let name: String
    /// Where the key stands.
    package let position: JSON5Position
    package let value: JSON5Node

    package init(name: String, position: JSON5Position, value: JSON5Node) {
      self.name = name
      self.position = position
      self.value = value
    }
  }

  /// What it is.
  package let value: Value
  /// Where it begins.
  package let position: JSON5Position

  package init(_ value: Value, at position: JSON5Position) {
    self.value = value
    self.position = position
  }

  /// The value of a key, or `nil` where this is no object or has no such key.
  package subscript(name: String) -> JSON5Node? {
    guard case .object(let members) = value else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The same value without positions; numbers that are not finite become null.
  package var jsonValue: JSONValue {
    switch value {
    case .null: .null
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .double(let value): JSONValue(Optional(value))
    case .string(let value): .string(value)
    case .array(let elements): .array(elements.map(\.jsonValue))
    case .object(let members):
      .object(members.map { JSONValue.Member($0.name, $0.value.jsonValue) })
    }
  }

  /// What it is, for messages: `the number 5`, `a list of 3`.
  package var summary: String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "the number \(value)"
    case .double(let value): "the number \(value)"
    case .string(let value): "the text " + quotedForMessage(value)
    case .array(let elements): elements.isEmpty ? "an empty list" : "a list of \(elements.count)"
    case .object(let members): members.isEmpty ? "an empty object" : "an object"
    }
  }
}
