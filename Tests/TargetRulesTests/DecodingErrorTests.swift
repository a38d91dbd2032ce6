import TargetRules
import Testing

@Suite struct DecodingErrorTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var text: String
    /// Where, in the text.
    var place: String
    /// A part of the message and the hint.
    var message: String

    init(_ description: String, _ text: String, _ place: String, _ message: String) {
      testDescription = description
      self.text = text
      self.place = place
      self.message = message
    }
  }

  static let conditions: [(String, String, String)] = [
    ("a misspelt test", #"{ on: "input 0", typs: ["int8"] }"#, "did you mean \"types\"?"),
    ("a misspelt type", #"{ on: "input 0", types: ["int08"] }"#, "did you mean \"int8\"?"),
    ("a misspelt tensor", #"{ on: "inptu 0", rank: 4 }"#, "is no operand or result"),
    ("two tests", #"{ on: "input 0", rank: 4, constant: true }"#, "unknown key \"constant\""),
    ("no test", #"{ on: "input 0" }"#, "nothing is asked of \"on\""),
    ("an empty range", #"{ on: "input 0", rank: {} }"#, "the range has no limit"),
    ("a range upside down", #"{ on: "all", rank: { min: 4, max: 1 } }"#, "no number is in"),
    ("an attribute without test", #"{ attribute: "strides" }"#, "nothing is asked of"),
    ("an empty list", #"{ attribute: "strides", oneOf: [] }"#, "the list is empty"),
    ("an empty choice", #"{ anyOf: [] }"#, "nothing to choose from"),
    ("no condition at all", #"{ fix: "none" }"#, "the condition says nothing"),
    ("a strange source", #"{ on: "all", rank: 4, source: "manul" }"#, "did you mean \"manual\"?"),
    ("an unknown likeness", #"{ on: "input 0", like: "input 1", in: ["sahpe"] }"#, "\"shape\"?"),
  ]

  static let entries: [(String, String, String)] = [
    ("a misspelt operator", #"{ names: ["CONV2D"] }"#, "did you mean \"CONV_2D\"?"),
    ("a name twice", #"{ names: ["ADD", "ADD"] }"#, "ADD stands here twice"),
    ("two rules for a version", #"{ names: ["ADD"] }, { names: ["ADD"] }"#, "already"),
    ("no reason", #"{ names: ["ADD"], supported: "no" }"#, "needs a reason"),
    ("a reason too many", #"{ names: ["ADD"], reason: "because" }"#, "is note meant?"),
    ("a misspelt answer", #"{ names: ["ADD"], supported: "unkown" }"#, "mean \"unknown\"?"),
    ("no version fits", #"{ names: ["ADD"], versions: { min: 3, max: 2 } }"#, "no version is in"),
    ("no name", #"{ names: [] }"#, "no operator is named"),
    ("a star inside", #"{ names: ["A*D"] }"#, "is no operator's name"),
  ]

  static let parts: [(String, String, String)] = [
    ("a bare size", #"memory: { source: "manual", flash: 5 }"#, "a size with a unit"),
    ("a strange unit", #"memory: { source: "manual", flash: "5 KB" }"#, "did you mean kB?"),
    ("a size of nothing", #"memory: { source: "manual", ram: "0 KiB" }"#, "leave it out"),
    ("no source", #"memory: { flash: "5 kB" }"#, "has no \"source\""),
    ("an unknown key", #"memory: { source: "manual", flush: "5 kB" }"#, "mean \"flash\"?"),
    (
      "a rate without clock",
      #"arithmetic: { source: "manual", rates: { int8: { perCycle: 2 } } }"#, "needs the clock"
    ),
    (
      "a rate by nothing",
      #"arithmetic: { source: "manual", clock: "1 GHz", rates: { int8: {} } }"#,
      "either perCycle or perSecond"
    ),
    (
      "a misspelt type of rate",
      #"arithmetic: { source: "manual", clock: "1 GHz", rates: { int88: { perCycle: 2 } } }"#,
      "did you mean \"int8\"?"
    ),
    ("an empty bandwidth", #"bandwidth: { source: "manual" }"#, "bandwidth says nothing"),
    ("an empty overhead", #"overhead: { source: "manual" }"#, "overhead says nothing"),
    (
      "a bare time", #"overhead: { source: "manual", perOperator: 3 }"#, "a time with a unit"
    ),
    (
      "a misspelt action",
      #"compression: [{ action: "int8", effect: "pays", reason: "r", source: "manual" }]"#,
      "does not know \"int8\""
    ),
    ("a key twice", #"memory: { source: "manual", ram: "1 kB", ram: "2 kB" }"#, "twice"),
    ("no fallback", #"partition: { kind: "islands", source: "manual" }"#, "needs the fallback"),
    (
      "a fallback too many",
      #"partition: { kind: "whole", fallback: "CPU", source: "manual" }"#, "has no fallback"
    ),
  ]

  @Test(arguments: conditions)
  func `a wrong condition is refused`(what: String, text: String, message: String) throws {
    let entry = "\n{ names: [\"CONV_2D\"], requires: [\(text)] }"
    let error = try #require(RuleText.error(RuleText.target(list: entry)))
    // The entry is on a line of its own.
    #expect(error.hasPrefix("9:"), "\(error)")
    #expect(error.contains(message), "\(error)")
  }

  @Test(arguments: entries)
  func `a wrong entry is refused`(what: String, text: String, message: String) throws {
    let error = try #require(RuleText.error(RuleText.target(list: "\n" + text)))
    #expect(error.hasPrefix("9:"), "\(error)")
    #expect(error.contains(message), "\(error)")
  }

  @Test(arguments: parts)
  func `a wrong part is refused`(what: String, text: String, message: String) throws {
    let error = try #require(RuleText.error(RuleText.target(extra: text)))
    #expect(error.hasPrefix("11:"), "\(error)")
    #expect(error.contains(message), "\(error)")
  }

  static let heads: [Case] = [
    Case("no schema", "{}", "1:1", "has no \"schema\""),
    Case("another schema", #"{ schema: "analyze.target/2" }"#, "1:11", "analyze.target/1"),
    Case("no object", "[]", "1:1", "an object (target)"),
    Case("no JSON5", "{ schema }", "1:10", "a colon is missing"),
    Case(
      "capital letters",
      #"{ schema: "analyze.target/1", name: "NPU" }"#,
      "1:37",
      "small letters"
    ),
    Case(
      "an unused source",
      RuleText.target().replacing(
        "sources: {",
        with: #"sources: { odd: { project: "p", file: "f", version: "v", date: "2025-01-31" },"#
      ),
      "4:",
      "nothing names the source \"odd\""
    ),
    Case(
      "a date of another form",
      RuleText.target().replacing("2025-01-31", with: "31.1.2025"),
      "4:",
      "2025-01-31"
    ),
    Case(
      "no operators",
      RuleText.target().replacing("operators:", with: "operatorsX:"),
      "1:1",
      "neither \"operators\" nor \"operatorsOf\""
    ),
    Case(
      "operators twice over",
      RuleText.target(extra: #"operatorsOf: { tflite: "tflite-micro" }"#),
      "11:",
      "not both"
    ),
  ]

  @Test(arguments: heads)
  func `a wrong file is refused`(sample: Case) throws {
    let error = try #require(RuleText.error(sample.text))
    #expect(error.hasPrefix(sample.place), "\(error)")
    #expect(error.contains(sample.message), "\(error)")
  }

  @Test func `strange names are accepted where they are declared`() throws {
    let text = RuleText.target(list: #"{ names: ["MyOp"] }"#)
      .replacing("list:", with: #"unmapped: ["MyOp"], list:"#)
    #expect(RuleText.error(text) == nil)
  }

  @Test func `every prefix of a file is refused`() {
    let text = Array(RuleText.target().utf8)
    for end in stride(from: 0, to: text.count - 1, by: 7) {
      #expect(RuleText.error(String(decoding: text[..<end], as: UTF8.self)) != nil)
    }
  }

  @Test func `figures are decoded with their units`() throws {
    let target = try RuleText.decode(
      RuleText.target(
        extra: """
          memory: { source: "manual", flash: "2 MiB", ram: "320 KiB", arenaPlanner: "tflite-micro",
                    arenaAlignment: "16 B" },
          arithmetic: { source: "manual", clock: "480 MHz", cores: 2,
                        rates: { int8: { perCycle: 4 }, float32: { perSecond: "1.5 G" } } },
          bandwidth: { source: "manual", all: "2 GB/s", weights: "100 MB/s", types: { int8: "1 GB/s" } },
          overhead: { source: "manual", perOperator: "5 us", operators: { CONV_2D: "20 us" } },
          """
      )
    )
    #expect(target.memory?.flashBytes == 2 << 20)
    #expect(target.memory?.ramBytes == 320 << 10)
    #expect(target.memory?.arenaPlanner == .tfliteMicro)
    #expect(target.arithmetic?.multiplyAddsPerSecond(.int8) == 4 * 480e6 * 2)
    #expect(target.arithmetic?.multiplyAddsPerSecond(.float32) == 1.5e9)
    #expect(target.arithmetic?.multiplyAddsPerSecond(.float16) == nil)
    #expect(target.bandwidth?.activationBytesPerSecond(.int8) == 1_000_000_000)
    #expect(target.bandwidth?.activationBytesPerSecond(.float32) == 2_000_000_000)
    #expect(target.bandwidth?.weightBytesPerSecond(.float32) == 100_000_000)
    #expect(target.overhead?.nanoseconds(operator: "CONV_2D") == 20_000)
    #expect(target.overhead?.nanoseconds(operator: "ADD") == 5_000)
  }
}
