import ByteIO
import Testing
import WireFormats

@Suite struct JSON5ElementTests {
  private func root(_ text: String) throws(JSON5Error) -> JSON5Element {
    try JSON5.decode(ByteSource(Array(text.utf8)).bytes, options: .policy)
  }

  private struct Budget: Equatable {
    var models: String
    var maximum: Int?
    var level: Level

    enum Level: String, CaseIterable { case off, warn, error }
  }

  private func policy(_ text: String) throws(JSON5Error) -> [Budget] {
    var object = try root(text).object("policy")
    let budgets = try object.required("budgets").array { element throws(JSON5Error) in
      try budget(element)
    }
    try object.finish()
    return budgets
  }

  private func budget(_ element: JSON5Element) throws(JSON5Error) -> Budget {
    var object = try element.object("budget")
    let models = try object.required("models").string()
    var maximum: Int?
    if var file = try object.optional("fileBytes")?.object("limit") {
      maximum = try file.optional("max")?.byteCount()
      try file.finish()
    }
    let level: Budget.Level = try object.optional("level")?.choice() ?? .error
    try object.finish()
    return Budget(models: models, maximum: maximum, level: level)
  }

  @Test func `a good text decodes`() throws {
    let budgets = try policy(
      "{ budgets: [ { models: '*.tflite', fileBytes: { max: '5 MB' } }, { models: 'a', level: 'warn' } ] }"
    )
    #expect(
      budgets == [
        Budget(models: "*.tflite", maximum: 5_000_000, level: .error),
        Budget(models: "a", maximum: nil, level: .warn),
      ]
    )
  }

  /// Each with the line that the command prints.
  @Test(arguments: [
    (
      "{ budgets: [\n  { models: 'a',\n      fileByte: { max: '5 MB' } } ] }",
      #"3:7: POLICY_INVALID: unknown key "fileByte"; did you mean "fileBytes"?"#,
      "budgets[0].fileByte"
    ),
    (
      "{ budgets: [ { models: 'a', fileBytes: { mx: '5 MB' } } ] }",
      #"1:42: POLICY_INVALID: unknown key "mx"; did you mean "max"?"#, "budgets[0].fileBytes.mx"
    ),
    (
      "{ budgets: [], 'a b': 1 }",
      #"1:16: POLICY_INVALID: unknown key "a b"; known keys: "budgets""#, #"["a b"]"#
    ),
    (
      "{ budgets: [ { level: 'warn' } ] }",
      #"1:14: POLICY_INVALID: budgets[0] has no "models""#, "budgets[0]"
    ),
    (
      "{\n budgets: [\n {\n model: 'a' } ] }",
      #"3:2: POLICY_INVALID: budgets[0] has no "models"; is "model" in line 4 meant?"#, "budgets[0]"
    ),
    (
      "{ }", #"1:1: POLICY_INVALID: the document has no "budgets""#, ""
    ),
    (
      "[1]", "1:1: POLICY_INVALID: the document should be an object (policy) and is a list of 1", ""
    ),
    (
      "{ budgets: {} }",
      "1:12: POLICY_INVALID: budgets should be a list and is an empty object", "budgets"
    ),
    (
      "{ budgets: [ null ] }",
      "1:14: POLICY_INVALID: budgets[0] should be an object (budget) and is null", "budgets[0]"
    ),
    (
      "{ budgets: [ { models: 5 } ] }",
      "1:24: POLICY_INVALID: budgets[0].models should be text in quotes and is the number 5",
      "budgets[0].models"
    ),
    (
      "{ budgets: [ { models: 'a', fileBytes: { max: 5000000 } } ] }",
      "1:47: POLICY_INVALID: budgets[0].fileBytes.max should be a size with a unit, such as "
        + #""5 MB" and is the number 5000000"#,
      "budgets[0].fileBytes.max"
    ),
    (
      "{ budgets: [ { models: 'a', fileBytes: { max: '5 mb' } } ] }",
      #"1:47: POLICY_INVALID: budgets[0].fileBytes.max: "5 mb" has the unknown unit "mb"; "#
        + "did you mean MB?",
      "budgets[0].fileBytes.max"
    ),
    (
      "{ budgets: [ { models: 'a', level: 'wran' } ] }",
      #"1:36: POLICY_INVALID: budgets[0].level should be one of "off", "warn", "error" "#
        + #"and is the text "wran"; did you mean "warn"?"#,
      "budgets[0].level"
    ),
  ])
  func `a bad text is an error with place and hint`(text: String, line: String, path: String) {
    let error = #expect(throws: JSON5Error.self) { try policy(text) }
    #expect(error?.text(file: "budgets.json5") == "budgets.json5:" + line)
    #expect(error?.path == path)
  }

  @Test func `numbers decode where they are what is wanted`() throws {
    let list = try root("[1, 1.0, 1e3, 1.5, 'x', 9007199254740994.0, -3]").array()
    #expect(try list[0].int() == 1)
    #expect(try list[1].int() == 1)
    #expect(try list[2].int() == 1_000)
    #expect(try list[0].double() == 1)
    #expect(try list[3].double() == 1.5)
    #expect(try list[0].int(in: 0...1) == 1)
    for index in [3, 4, 5] {
      #expect(throws: JSON5Error.self) { try list[index].int() }
    }
    #expect(throws: JSON5Error.self) { try list[4].double() }
    #expect(throws: JSON5Error.self) { try list[3].bool() }
    let error = #expect(throws: JSON5Error.self) { try list[6].int(in: 0...(.max)) }
    #expect(
      error?.message == "[6] should be a whole number, at least 0 and is the number -3"
    )
  }

  @Test func `counts take bare numbers only where the schema says so`() throws {
    let list = try root("[0, 300, '300 M', -1]").array()
    #expect(try list[1].count(acceptsNumbers: true) == 300)
    #expect(try list[2].count() == 300_000_000)
    #expect(throws: JSON5Error.self) { try list[0].count() }
    #expect(throws: JSON5Error.self) { try list[3].count(acceptsNumbers: true) }
  }

  @Test func `objects keyed by the user keep their order`() throws {
    let entries = try root("{b: 1, 'a b': 2}").entries()
    #expect(entries.map(\.name) == ["b", "a b"])
    #expect(entries[1].value.path.description == #"["a b"]"#)
    #expect(throws: JSON5Error.self) { try root("[]").entries("operators") }
  }

  @Test func `long and unruly text from a file is cut and escaped`() {
    let key = String(repeating: "k", count: 500)
    let error = #expect(throws: JSON5Error.self) {
      try policy("{ budgets: [], '\(key)\\u001b': 1 }")
    }
    #expect(error?.message == #"unknown key "\#(key.prefix(64))…""#)
    let other = #expect(throws: JSON5Error.self) {
      try policy(#"{ budgets: [], '\u001b[31m': 1 }"#)
    }
    #expect(other?.message == #"unknown key "\u001b[31m""#)
  }

  @Test(arguments: [
    ("fileByte", "fileBytes" as String?), ("filebytes", "fileBytes"), ("flieBytes", "fileBytes"),
    ("mx", "max"), ("man", "max"), ("mn", "min"), ("maximum", nil), ("growthh", "growth"),
    ("", nil), ("fileBytesOfTheModel", nil), (String(repeating: "fileBytes", count: 1_000), nil),
  ])
  func `the nearest name is near`(name: String, nearest: String?) {
    #expect(nearestName(to: name, in: ["fileBytes", "max", "min", "growth"]) == nearest)
  }
}
