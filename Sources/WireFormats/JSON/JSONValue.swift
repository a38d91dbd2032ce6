import ByteIO

/// A JSON value whose objects keep the order of their members.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// A name and a value.
  package struct Member: Sendable, Equatable {
    package var name: String
    package var value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .int(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(nilLiteral: ()) { self = .null }

  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }

  /// A number, or null where it is unknown.
  package init(_ value: Int?) { self = value.map(JSONValue.int) ?? .null }

  /// A number, or null where it is unknown or not finite: JSON has no NaN.
  package init(_ value: Double?) {
    self = value.flatMap { $0.isFinite ? JSONValue.double($0) : nil } ?? .null
  }

  /// A text, or null.
  package init(_ value: String?) { self = value.map(JSONValue.string) ?? .null }

  /// A list of numbers.
  package init(_ values: [Int]) { self = .array(values.map(JSONValue.int)) }

  /// A list of texts.
  package init(_ values: [String]) { self = .array(values.map(JSONValue.string)) }
}

extension JSONValue {
  /// The text: members on lines of their own, short lists of scalars on one, ends in a newline.
  package func serialized() -> [UInt8] {
    var output: [UInt8] = []
    write(to: &output, indentation: 0)
    output.append(UInt8(ascii: "\n"))
    return output
  }

  private var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private func write(to output: inout [UInt8], indentation: Int) {
    switch self {
    case .null: output += "null".utf8
    case .bool(let value): output += (value ? "true" : "false").utf8
    case .int(let value): output += String(value).utf8
    case .double(let value): output += Self.text(value).utf8
    case .string(let value): output += jsonQuoted(value).utf8
    case .array(let values):
      Self.writeList(
        values,
        "[",
        "]",
        onOneLine: values.allSatisfy(\.isScalar),
        to: &output,
        indentation
      ) { value, output in value.write(to: &output, indentation: indentation + 1) }
    case .object(let members):
      Self.writeList(members, "{", "}", onOneLine: false, to: &output, indentation) {
        member,
        output in
        output += jsonQuoted(member.name).utf8
        output += ": ".utf8
        member.value.write(to: &output, indentation: indentation + 1)
      }
    }
  }

  private static func writeList<Element>(
    _ elements: [Element],
    _ opening: String,
    _ closing: String,
    onOneLine: Bool,
    to output: inout [UInt8],
    _ indentation: Int,
    _ write: (Element, inout [UInt8]) -> Void
  ) {
    output += opening.utf8
    for (index, element) in elements.enumerated() {
      if index > 0 { output += (onOneLine ? ", " : ",").utf8 }
      if !onOneLine { newLine(indentation + 1, to: &output) }
      write(element, &output)
    }
    if !onOneLine, !elements.isEmpty { newLine(indentation, to: &output) }
    output += closing.utf8
  }

  private static func newLine(_ indentation: Int, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * indentation))
  }

  /// The shortest digits that give the same double again; whole numbers without a fraction.
  private static func text(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    // The magnitude of the double: the least integer has none that is an integer.
    if value.magnitude < 0x1p53, let whole = Int(exactly: value) { return String(whole) }
    return "\(value)"
  }
}
