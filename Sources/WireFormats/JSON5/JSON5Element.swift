import ByteIO

/// A node on its way into a value of the program: it knows its path and the code of errors.
///
/// ```swift
/// var budget = try element.object("budget")
/// let name = try budget.required("name").string()
/// let limit = try budget.optional("max")?.byteCount()
/// try budget.finish()
/// ```
package struct JSON5Element: Sendable {
  /// The node.
  package let node: JSON5Node
  /// The way to it from the root.
  package let path: JSON5Path
  /// The code of errors.
  package let code: ErrorCode

  /// The root of a text.
  package init(_ node: JSON5Node, code: ErrorCode) {
    self.init(node, at: .root, code: code)
  }

  init(_ node: JSON5Node, at path: JSON5Path, code: ErrorCode) {
    self.node = node
    self.path = path
    self.code = code
  }

  /// Where it begins.
  package var position: JSON5Position { node.position }

  /// Its path for the beginning of a sentence.
  var subject: String {
    let text = path.description
    return text.isEmpty ? "the document" : text
  }

  /// An error at this place, for what the caller knows to be wrong.
  package func error(_ message: String, hint: String? = nil) -> JSON5Error {
    JSON5Error(code, message, at: position, path: path.description, hint: hint)
  }

  /// The error for a value of another kind than `wanted`, such as `a list`.
  package func mismatch(_ wanted: String, hint: String? = nil) -> JSON5Error {
    error("\(subject) should be \(wanted) and is \(node.summary)", hint: hint)
  }
}

/// What the schema says that it is; another kind of value is an error that names both.
extension JSON5Element {
  /// Whether it is `null`.
  package var isNull: Bool { node.value == .null }

  /// Text.
  package func string() throws(JSON5Error) -> String {
    guard case .string(let value) = node.value else { throw mismatch("text in quotes") }
    return value
  }

  /// One of the words that the schema has.
  package func string(oneOf choices: [String]) throws(JSON5Error) -> String {
    let list = choices.map { "\"\($0)\"" }.joined(separator: ", ")
    guard case .string(let value) = node.value else { throw mismatch("one of " + list) }
    guard choices.contains(value) else {
      throw mismatch(
        "one of " + list,
        hint: nearestName(to: value, in: choices).map { "did you mean \"\($0)\"?" }
      )
    }
    return value
  }

  /// One of the cases of an enumeration.
  package func choice<Choice: RawRepresentable<String> & CaseIterable>(
    of type: Choice.Type = Choice.self
  ) throws(JSON5Error) -> Choice {
    let text = try string(oneOf: Choice.allCases.map(\.rawValue))
    guard let choice = Choice(rawValue: text) else { throw mismatch("a known word") }
    return choice
  }

  /// `true` or `false`.
  package func bool() throws(JSON5Error) -> Bool {
    guard case .bool(let value) = node.value else { throw mismatch("true or false") }
    return value
  }

  /// A whole number, also where it is written with a fraction of zero or an exponent.
  package func int() throws(JSON5Error) -> Int {
    switch node.value {
    case .int(let value): return value
    case .double(let value):
      // Beyond 2^53 the literal may have been rounded.
      guard abs(value) <= 0x1p53, let whole = Int(exactly: value) else {
        throw mismatch("a whole number")
      }
      return whole
    default: throw mismatch("a whole number")
    }
  }

  /// A whole number between two limits, both inclusive.
  package func int(in range: ClosedRange<Int>) throws(JSON5Error) -> Int {
    let value = try int()
    guard range.contains(value) else {
      let wanted =
        range.upperBound == .max
        ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      throw mismatch("a whole number, " + wanted)
    }
    return value
  }

  /// A number.
  package func double() throws(JSON5Error) -> Double {
    switch node.value {
    case .int(let value): return Double(value)
    case .double(let value): return value
    default: throw mismatch("a number")
    }
  }

  /// A list.
  package func array() throws(JSON5Error) -> [JSON5Element] {
    guard case .array(let nodes) = node.value else { throw mismatch("a list") }
    return nodes.enumerated().map { index, node in
      JSON5Element(node, at: .element(path, index), code: code)
    }
  }

  /// A list, each element decoded.
  package func array<Decoded>(
    _ decode: (JSON5Element) throws(JSON5Error) -> Decoded
  ) throws(JSON5Error) -> [Decoded] {
    var result: [Decoded] = []
    for element in try array() { result.append(try decode(element)) }
    return result
  }

  /// An object whose keys are names of the user's and not of the schema, in the order of the text.
  package func entries(
    _ what: StaticString = "entries"
  ) throws(JSON5Error) -> [(name: String, value: JSON5Element)] {
    guard case .object(let members) = node.value else { throw mismatch("an object (\(what))") }
    return members.map { member in
      (member.name, JSON5Element(member.value, at: .member(path, member.name), code: code))
    }
  }

  /// An object of the schema.
  ///
  /// - Parameter what: What it describes, for messages: `budget`.
  /// - Returns: The decoder of its members.
  /// - Throws: for another kind of value.
  package func object(_ what: StaticString) throws(JSON5Error) -> JSON5Object {
    guard case .object(let members) = node.value else { throw mismatch("an object (\(what))") }
    return JSON5Object(self, members)
  }
}

/// Quantities: text with a unit.
extension JSON5Element {
  /// A size in bytes: `"5 MB"`, `"256 KiB"`.
  package func byteCount() throws(JSON5Error) -> Int { try quantity(.byteCount) }

  /// A count: `"300 M"`.
  ///
  /// - Parameter acceptsNumbers: Whether a whole number without quotes is accepted, too.
  /// - Returns: The count, 0 or more.
  /// - Throws: for anything else.
  package func count(acceptsNumbers: Bool = false) throws(JSON5Error) -> Int {
    if acceptsNumbers, case .int(let value) = node.value, value >= 0 { return value }
    return try quantity(.count)
  }

  /// A share or a growth in hundredths of a percent: `"2 %"` is 200.
  package func hundredthsOfPercent() throws(JSON5Error) -> Int { try quantity(.percentage) }

  /// A time in nanoseconds: `"50 ms"`.
  package func nanoseconds() throws(JSON5Error) -> Int { try quantity(.duration) }

  /// A whole number of the base units of a kind of quantity.
  package func quantity(_ kind: DecodedQuantity.Kind) throws(JSON5Error) -> Int {
    guard case .string(let text) = node.value else { throw mismatch(kind.wanted) }
    do throws(DecodedQuantity.Failure) {
      return try DecodedQuantity.parse(text, as: kind)
    } catch {
      throw self.error("\(subject): \(error.message)", hint: error.hint)
    }
  }
}
