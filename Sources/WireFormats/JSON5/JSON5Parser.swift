import ByteIO

/// Reads values by descent; its depth has a limit, so the stack has one too.
struct JSON5Parser {
  var scanner: JSON5Scanner
  let options: JSON5Options
  private var depth = 0

  init(_ bytes: Bytes, options: JSON5Options) {
    scanner = JSON5Scanner(bytes)
    self.options = options
  }

  var isStrict: Bool { options.syntax == .json }

  /// The one value of a text.
  mutating func document() throws(JSON5Error) -> JSON5Node {
    try skipBlank()
    guard !scanner.isAtEnd else { throw error("the text is empty") }
    let root = try value()
    try skipBlank()
    guard scanner.isAtEnd else {
      throw error("\(try nextThing()) stands after the end of the value")
    }
    return root
  }

  private mutating func value() throws(JSON5Error) -> JSON5Node {
    let position = scanner.position
    guard let byte = scanner.byte else { throw error("a value is missing at the end of the text") }
    switch byte {
    case UInt8(ascii: "{"):
      return JSON5Node(
        .object(try nested { parser throws(JSON5Error) in try parser.members() }),
        at: position
      )
    case UInt8(ascii: "["):
      return JSON5Node(
        .array(try nested { parser throws(JSON5Error) in try parser.elements() }),
        at: position
      )
    case UInt8(ascii: "\""):
      return JSON5Node(.string(try string(quote: byte)), at: position)
    case UInt8(ascii: "'") where !isStrict:
      return JSON5Node(.string(try string(quote: byte)), at: position)
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."):
      return JSON5Node(try number(), at: position)
    default:
      return JSON5Node(try word(), at: position)
    }
  }

  /// Reads a list or an object, one level deeper.
  private mutating func nested<Result>(
    _ body: (inout JSON5Parser) throws(JSON5Error) -> Result
  ) throws(JSON5Error) -> Result {
    guard depth < options.maximumDepth else {
      throw JSON5Error(
        .limitExceeded,
        "lists and objects are nested deeper than \(options.maximumDepth) levels",
        at: scanner.position
      )
    }
    depth += 1
    scanner.skip()
    let result = try body(&self)
    depth -= 1
    return result
  }

  private mutating func elements() throws(JSON5Error) -> [JSON5Node] {
    var elements: [JSON5Node] = []
    while try !ends(UInt8(ascii: "]"), isFirst: elements.isEmpty, "a list") {
      do throws(JSON5Error) {
        elements.append(try value())
      } catch {
        throw error.inside("[\(elements.count)]")
      }
    }
    return elements
  }

  private mutating func members() throws(JSON5Error) -> [JSON5Node.Member] {
    var members: [JSON5Node.Member] = []
    var names = MemberNames()
    while try !ends(UInt8(ascii: "}"), isFirst: members.isEmpty, "an object") {
      let position = scanner.position
      let name = try key()
      if let first = names.insert(name, at: position, after: members) {
        throw JSON5Error(
          options.code,
          "the key \(quotedForMessage(name)) stands twice in one object",
          at: position,
          path: JSON5Path.component(name),
          hint: "it is also in line \(first.line)"
        )
      }
      do throws(JSON5Error) {
        try skipBlank()
        guard scanner.byte == UInt8(ascii: ":") else {
          throw error("a colon is missing after the key \(quotedForMessage(name))")
        }
        scanner.skip()
        try skipBlank()
        members.append(JSON5Node.Member(name: name, position: position, value: try value()))
      } catch {
        throw error.inside(JSON5Path.component(name))
      }
    }
    return members
  }

  /// Moves to the next element, or behind the closing bracket and says so.
  private mutating func ends(
    _ bracket: UInt8,
    isFirst: Bool,
    _ what: StaticString
  ) throws(JSON5Error) -> Bool {
    try skipBlank()
    if !isFirst, scanner.byte != bracket {
      guard scanner.byte == UInt8(ascii: ",") else { throw try unended(bracket, what) }
      let comma = scanner.position
      scanner.skip()
      try skipBlank()
      if isStrict, scanner.byte == bracket {
        throw JSON5Error(options.code, "a comma stands after the last element", at: comma)
      }
    }
    guard let next = scanner.byte else { throw try unended(bracket, what) }
    guard next != UInt8(ascii: ",") else {
      throw error("a value is missing before a comma")
    }
    guard next == bracket else { return false }
    scanner.skip()
    return true
  }

  private mutating func unended(
    _ bracket: UInt8,
    _ what: StaticString
  ) throws(JSON5Error) -> JSON5Error {
    let closing = quotedForMessage(String(Unicode.Scalar(bracket)))
    guard !scanner.isAtEnd else {
      return error("the text ends inside of \(what)", hint: "\(closing) is missing")
    }
    return error("a comma or \(closing) should stand here and not \(try nextThing())")
  }

  private mutating func key() throws(JSON5Error) -> String {
    if let byte = scanner.byte {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") && !isStrict {
        return try string(quote: byte)
      }
      if !isStrict, let name = try identifier() { return name }
    }
    throw error(
      "a key should stand here and not \(try nextThing())",
      hint: isStrict ? "keys of JSON stand in double quotes" : "such a key needs quotes"
    )
  }

  /// `null`, `true`, `false`, `NaN` or `Infinity`.
  private mutating func word() throws(JSON5Error) -> JSON5Node.Value {
    let position = scanner.position
    let start = scanner.offset
    let first = try nextThing()
    guard let name = try identifier() else {
      throw JSON5Error(options.code, "a value should stand here and not \(first)", at: position)
    }
    // With escapes in it, a word is no literal.
    let isPlain = scanner.bytes(since: start).elementsEqual(name.utf8)
    switch isPlain ? name : "" {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "NaN", "Infinity":
      return .double(try nonFinite(name == "NaN" ? .nan : .infinity, at: position))
    default:
      let nearest = nearestName(to: name.lowercased(), in: ["null", "true", "false"])
      throw JSON5Error(
        options.code,
        "the word \(quotedForMessage(name)) is no value",
        at: position,
        hint: nearest.map { "did you mean \($0)?" } ?? "text needs quotes"
      )
    }
  }

  /// A number that is not finite, where the options take it.
  func nonFinite(_ value: Double, at position: JSON5Position) throws(JSON5Error) -> Double {
    guard options.allowsNonFinite else {
      throw JSON5Error(
        options.code,
        value.isNaN ? "NaN is no finite number" : "Infinity is no finite number",
        at: position
      )
    }
    return value
  }

  /// An error at the cursor.
  func error(_ message: String, hint: String? = nil) -> JSON5Error {
    JSON5Error(options.code, message, at: scanner.position, hint: hint)
  }

  /// What stands at the cursor, for messages.
  ///
  /// - Throws: where it is no UTF-8.
  func nextThing() throws(JSON5Error) -> String {
    guard !scanner.isAtEnd else { return "the end of the text" }
    return quotedForMessage(String(try nextScalar().value))
  }

  /// The scalar at the cursor, which is not at the end.
  func nextScalar() throws(JSON5Error) -> (value: Unicode.Scalar, byteCount: Int) {
    guard let scalar = scanner.scalar() else {
      throw error(
        scanner.isAtEnd ? "the text ends too early" : "a byte is no UTF-8",
        hint: scanner.isAtEnd ? nil : "save the file as UTF-8"
      )
    }
    return scalar
  }
}

/// Finds keys that stand twice; only objects with many keys need a table.
private struct MemberNames {
  private var table: [String: JSON5Position] = [:]

  /// Where the name stood before, or `nil` where it is new.
  mutating func insert(
    _ name: String,
    at position: JSON5Position,
    after members: [JSON5Node.Member]
  ) -> JSON5Position? {
    if members.count < 8 { return members.first { $0.name == name }?.position }
    if table.isEmpty {
      for member in members { table[member.name] = member.position }
    }
    if let first = table[name] { return first }
    table[name] = position
    return nil
  }
}
