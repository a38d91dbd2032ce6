import ByteIO
import Testing
import WireFormats

@Suite struct JSON5ReadingTests {
  private func parse(
    _ text: String,
    _ options: JSON5Options = .policy
  ) throws(JSON5Error) -> JSON5Node {
    try JSON5.parse(ByteSource(Array(text.utf8)).bytes, options: options)
  }

  /// The example of the specification's introduction (spec.json5.org, section 1.2).
  @Test func `the example of the specification reads as it says`() throws {
    let root = try parse(
      #"""
      {
        // comments
        unquoted: 'and you can quote me on that',
        singleQuotes: 'I can use "double quotes" here',
        lineBreaks: "Look, Mom! \
      No \\n's!",
        hexadecimal: 0xdecaf,
        leadingDecimalPoint: .8675309, andTrailing: 8675309.,
        positiveSign: +1,
        trailingComma: 'in objects', andIn: ['arrays',],
        "backwardsCompatible": "with JSON",
      }
      """#
    )
    #expect(
      root.jsonValue == [
        "unquoted": "and you can quote me on that",
        "singleQuotes": "I can use \"double quotes\" here",
        "lineBreaks": #"Look, Mom! No \n's!"#,
        "hexadecimal": 912_559,
        "leadingDecimalPoint": .double(0.8675309), "andTrailing": .double(8675309),
        "positiveSign": 1,
        "trailingComma": "in objects", "andIn": ["arrays"],
        "backwardsCompatible": "with JSON",
      ]
    )
  }

  @Test func `positions count lines, characters and bytes`() throws {
    // "é" is two bytes and one character; a carriage return and a line feed end one line.
    let root = try parse("// é\r\n{ \"é\": 1,\r  b: [\n2, 'x'] }")
    guard case .object(let members) = root.value, case .array(let list) = members[1].value.value
    else {
      Issue.record("not an object with a list")
      return
    }
    func place(_ position: JSON5Position) -> [Int] {
      [position.line, position.column, position.offset]
    }
    #expect(place(root.position) == [2, 1, 7])
    #expect(place(members[0].position) == [2, 3, 9])
    #expect(place(members[0].value.position) == [2, 8, 15])
    #expect(place(members[1].position) == [3, 3, 20])
    #expect(place(members[1].value.position) == [3, 6, 23])
    #expect(place(list[0].position) == [4, 1, 25])
    #expect(place(list[1].position) == [4, 4, 28])
  }

  @Test func `offsets are those of the file that the text is part of`() throws {
    let bytes = try ByteSource(Array("xxxx{a:?}".utf8)).bytes.suffix(from: 4)
    let error = #expect(throws: JSON5Error.self) {
      try JSON5.parse(bytes, options: .python(maximumBytes: 100))
    }
    #expect(error?.position.offset == 5)
    #expect(error?.readError.offset == 5)
    #expect(error?.readError.code == .modelInvalid)
  }

  @Test func `numbers that are not finite are for those who ask`() throws {
    for text in ["NaN", "Infinity", "-Infinity"] {
      let error = #expect(throws: JSON5Error.self) { try parse("[" + text + "]") }
      #expect(error?.code == .policyInvalid)
      #expect(error?.message.hasSuffix("is no finite number") == true)
      guard case .array(let list) = try parse("[\(text)]", .python(maximumBytes: 100)).value,
        case .double(let value) = list[0].value
      else {
        Issue.record("\(text) is no list of a number")
        continue
      }
      #expect(value.isFinite == false)
    }
  }

  @Test(arguments: [
    "{a: 1}", "{'a': 1}", "['a']", "[1,]", "{\"a\": 1,}", "[+1]", "[.5]", "[5.]", "[0x1]",
    "[1] // c", "/* c */ 1", "[\"\\x41\"]", "[\"\\v\"]", "[\"a\\\nb\"]", "[\"\t\"]", "\u{A0}1",
    "\u{FEFF}1", "\u{C}1", "[-NaN]", "[undefined]", "[-]", "[01]", "[1.e1]",
  ])
  func `JSON is strict`(text: String) {
    #expect(throws: JSON5Error.self) { try parse(text, .python(maximumBytes: 100)) }
  }

  @Test func `JSON reads what JSON has`() throws {
    let text = #" {"a": [1, -2.5e3, "x\u00e9\n\/", true, false, null, {}], "": -0} "#
    let root = try parse(text, .python(maximumBytes: 100))
    #expect(
      root.jsonValue == [
        "a": [1, .double(-2500), "xé\n/", true, false, nil, [:]], "": 0,
      ]
    )
  }

  @Test func `a hundred levels are read and no more`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try parse(nested(100))
    for depth in [101, 20_000] {
      let error = #expect(throws: JSON5Error.self) { try parse(nested(depth)) }
      #expect(error?.code == .limitExceeded)
      #expect(error?.column == 101)
    }
  }

  @Test func `text longer than the limit is not read`() throws {
    let options = JSON5Options(maximumBytes: 4, code: .rulesInvalid)
    _ = try parse("[12]", options)
    #expect(throws: JSON5Error.self) { try parse("[123]", options) }
    let long = String(repeating: " ", count: 1 << 20) + "1"
    let error = #expect(throws: JSON5Error.self) { try parse(long) }
    #expect(error?.code == .limitExceeded)
  }

  /// An element takes two bytes of text at least: `1,`.
  @Test func `a node takes little memory`() {
    #expect(MemoryLayout<JSON5Node>.stride <= 32)
  }

  @Test func `many keys are checked against each other, too`() throws {
    let members = (0..<5_000).map { "k\($0): \($0)" }
    _ = try parse("{" + members.joined(separator: ",") + "}")
    let error = #expect(throws: JSON5Error.self) {
      try parse("{" + members.joined(separator: ",\n") + ", k17: 1}")
    }
    #expect(error?.hint == "it is also in line 18")
    #expect(error?.path == "k17")
  }

  @Test func `a value without positions keeps order and types`() throws {
    let root = try parse(
      "{b: 1, a: [1.0, NaN, 'x']}",
      JSON5Options(allowsNonFinite: true, code: .policyInvalid)
    )
    #expect(root.jsonValue == ["b": 1, "a": [.double(1), nil, "x"]])
    #expect(root["a"]?.position.column == 11)
    #expect(root["c"] == nil)
  }
}
