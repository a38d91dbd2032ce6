import ByteIO
import ModelIR
import WireFormats

/// Reads a rule file: `rules/README.md` is its grammar.
///
/// It remembers which sources were named, because a fact without one, and a source without a fact,
/// are errors.
struct RuleDecoder {
  /// The sources of the file, with the place of each key.
  var sources: [RuleSource] = []
  /// The names that operators can have, by format; no format, no check.
  let knownNames: [ModelFormat: Set<String>]
  private var usedSources: Set<String> = []

  private init(knownNames: [ModelFormat: Set<String>]) { self.knownNames = knownNames }

  /// The value of a schema's own version.
  static let schema = "analyze.target/1"

  /// Decodes a whole file.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - knownNames: The names that operators can have, by format; others have to be declared
  ///     unmapped. Names of formats that are not here are not looked at.
  /// - Returns: The target.
  /// - Throws: `RULES_INVALID` with the place.
  static func decode(_ bytes: Bytes, knownNames: [ModelFormat: Set<String>] = [:])
    throws(JSON5Error) -> DeploymentTarget
  {
    var decoder = RuleDecoder(knownNames: knownNames)
    return try decoder.target(try JSON5.decode(bytes, options: .rules))
  }

  private mutating func target(_ element: JSON5Element) throws(JSON5Error) -> DeploymentTarget {
    var object = try element.object("target")
    let schema = try object.required("schema")
    guard try schema.string() == Self.schema else {
      throw schema.mismatch("the schema \"\(Self.schema)\"")
    }
    let name = try Self.name(try object.required("name"))
    let title = try Self.line(try object.required("title"))
    let version = try Self.line(try object.required("version"))
    let runtime = try Self.line(try object.required("runtime"))
    let formats = try self.formats(try object.required("formats"))
    let isComplete = try object.required("complete").bool()
    let sourcesElement = try object.required("sources")
    sources = try Self.sources(sourcesElement)
    let partition = try object.optional("partition").map { (part) throws(JSON5Error) in
      try self.partition(part)
    }
    let operators = try self.operators(&object)
    let memory = try object.optional("memory").map { (part) throws(JSON5Error) in
      try self.memory(part)
    }
    let arithmetic = try object.optional("arithmetic").map { (part) throws(JSON5Error) in
      try self.arithmetic(part)
    }
    let bandwidth = try object.optional("bandwidth").map { (part) throws(JSON5Error) in
      try self.bandwidth(part)
    }
    let overhead = try object.optional("overhead").map { (part) throws(JSON5Error) in
      try self.overhead(part)
    }
    var compression: [CompressionRule] = []
    for part in try object.optional("compression")?.array() ?? [] {
      compression.append(try self.compression(part))
    }
    try object.finish()
    try refuseUnusedSources(sourcesElement)
    return DeploymentTarget(
      name: name,
      title: title,
      version: version,
      runtime: runtime,
      formats: formats,
      isComplete: isComplete,
      sources: sources,
      operators: operators,
      partition: partition ?? PartitionRule(kind: .whole, fallback: nil),
      memory: memory,
      arithmetic: arithmetic,
      bandwidth: bandwidth,
      overhead: overhead,
      compression: compression
    )
  }

  // MARK: - Names and sources

  /// Names that stand on a command line and in file names.
  private static func name(_ element: JSON5Element) throws(JSON5Error) -> String {
    let name = try element.string()
    let isPlain =
      (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
          true
        default: false
        }
      }
    guard isPlain else {
      throw element.error(
        "a target's name is of small letters, digits, \"-\", \".\" and \"_\", at most 64"
      )
    }
    return name
  }

  /// Text for people: something, and not a page.
  static func line(_ element: JSON5Element) throws(JSON5Error) -> String {
    let text = try element.string()
    guard (1...400).contains(text.utf8.count) else {
      throw element.error("a text of 1 to 400 bytes should stand here")
    }
    return text
  }

  private static func sources(_ element: JSON5Element) throws(JSON5Error) -> [RuleSource] {
    var result: [RuleSource] = []
    for (key, value) in try element.entries("sources") {
      var object = try value.object("source")
      let project = try line(try object.required("project"))
      let file = try line(try object.required("file"))
      let version = try line(try object.required("version"))
      let dateElement = try object.required("date")
      let date = try dateElement.string()
      try object.finish()
      guard isDate(date) else {
        throw dateElement.error("a date is written like \"2025-01-31\"")
      }
      result.append(
        RuleSource(key: key, project: project, file: file, version: version, date: date)
      )
    }
    guard !result.isEmpty else {
      throw element.error(
        "no source is given",
        hint: "state project, file, version and date of what the facts were read from"
      )
    }
    return result
  }

  private static func isDate(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2],
      parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let month = Int(parts[1]), let day = Int(parts[2])
    else { return false }
    return (1...12).contains(month) && (1...31).contains(day)
  }

  /// The key of a source that the file has.
  mutating func source(_ element: JSON5Element) throws(JSON5Error) -> String {
    let key = try element.string()
    guard sources.contains(where: { $0.key == key }) else {
      throw element.error(
        "\"\(key)\" is no source of this file",
        hint: Self.hint(for: key, in: sources.map(\.key))
      )
    }
    usedSources.insert(key)
    return key
  }

  private func refuseUnusedSources(_ element: JSON5Element) throws(JSON5Error) {
    for (key, value) in try element.entries("sources") where !usedSources.contains(key) {
      throw value.error("nothing names the source \"\(key)\"")
    }
  }

  // MARK: - Words

  private func formats(_ element: JSON5Element) throws(JSON5Error) -> [ModelFormat] {
    var result: [ModelFormat] = []
    for part in try element.array() {
      let format: ModelFormat = try Self.word(part)
      guard !result.contains(format) else { throw part.error("the format stands here twice") }
      result.append(format)
    }
    guard !result.isEmpty else { throw element.error("a target takes at least one format") }
    return result
  }

  /// A word of a fixed list.
  static func word<Word: RawRepresentable & CaseIterable>(_ element: JSON5Element)
    throws(JSON5Error) -> Word where Word.RawValue == String
  {
    let text = try element.string()
    guard let word = Word(rawValue: text) else {
      throw element.error(
        "\(element.path.description) does not know \"\(text)\"",
        hint: hint(for: text, in: Word.allCases.map(\.rawValue))
      )
    }
    return word
  }

  /// Words of a fixed list, at least one, each once.
  static func words<Word: RawRepresentable & CaseIterable & Equatable>(_ element: JSON5Element)
    throws(JSON5Error) -> [Word] where Word.RawValue == String
  {
    var result: [Word] = []
    for part in try element.array() {
      let word: Word = try Self.word(part)
      guard !result.contains(word) else {
        throw part.error("\"\(word.rawValue)\" stands here twice")
      }
      result.append(word)
    }
    guard !result.isEmpty else { throw element.error("the list is empty") }
    return result
  }

  /// An element type that a tensor can have.
  static func elementType(_ element: JSON5Element) throws(JSON5Error) -> ElementType {
    try elementType(try element.string(), element)
  }

  /// An element type that stands in `element`.
  static func elementType(_ text: String, _ element: JSON5Element) throws(JSON5Error)
    -> ElementType
  {
    guard let type = ElementType(rawValue: text), type != .unknown else {
      throw element.error(
        "\"\(text)\" is no element type",
        hint: hint(for: text, in: ElementType.allCases.map(\.rawValue))
      )
    }
    return type
  }

  /// What is meant, or what there is to choose from.
  static func hint(for text: String, in known: [String]) -> String {
    if let nearest = nearestName(to: text, in: known) { return "did you mean \"\(nearest)\"?" }
    return "known: " + known.prefix(24).map { "\"\($0)\"" }.joined(separator: ", ")
  }
}
