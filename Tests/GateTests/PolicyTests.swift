import ByteIO
import Gate
import Testing
import WireFormats

@Suite struct PolicyTests {
  static func policy(_ text: String) throws(JSON5Error) -> Policy {
    try Policy(ByteSource(Array(text.utf8)).bytes)
  }

  private static func limits(_ text: String) -> String {
    #"{ schema: "analyze.policy/1", budgets: [{ models: "a.tflite", "# + text + "}] }"
  }

  @Test func `every part of a policy is read`() throws {
    let policy = try Self.policy(
      """
      { // a comment
        schema: "analyze.policy/1",
        pinned: "pinned.json",
        budgets: [
          { models: ["models/*.tflite", "b.onnx"],
            fileBytes: { max: "5 MB", growth: "2 %", minimumDelta: "1 kB", floor: "64 KiB" },
            macs: { max: "300 M", drift: "5 k" },
            arena: [{ planner: "tflite-micro", max: "256 KiB" }, { planner: "tflite", max: "1 MiB" }],
            unsupported: { target: "ethos-u55", max: 0, level: "warn" },
            findings: { code: "W01", severity: "warning", max: 0 },
            sparsity: { min: "50 %", drop: "1 %" },
            latency: { target: "host", max: "50 ms", onUnknown: "warn" },
            layers: { conv5: { weightBytes: { max: "10 kB" } } },
            total: { fileBytes: { max: "20 MB" } } },
        ],
      }
      """
    )
    let budget = policy.budgets[0]
    #expect(policy.pinned == "pinned.json")
    #expect(budget.patterns == ["models/*.tflite", "b.onnx"])
    #expect(budget.constraints.count == 9)
    #expect(budget.totals.count == 1)
    let size = try #require(budget.constraints.first { $0.figure == .fileBytes })
    #expect(size.maximum == 5_000_000)
    #expect(size.growth == .relative(200))
    #expect(size.minimumDelta == 1_000)
    #expect(size.floor == 65_536)
    #expect(!size.needsBaseline == false)
    let macs = try #require(budget.constraints.first { $0.figure == .macs })
    #expect(macs.drift == .absolute(5_000))
    let sparsity = try #require(budget.constraints.first { $0.figure == .sparsity })
    #expect(sparsity.minimum == 5_000)
    // Points, not a share of a share.
    #expect(sparsity.drop == .absolute(100))
    #expect(policy.planners == ["tflite", "tflite-micro"])
    #expect(policy.targets == ["ethos-u55", "host"])
    #expect(budget.constraints.last?.scope.layer == "conv5")
  }

  @Test(arguments: [
    ("", "empty"),
    ("{}", "schema"),
    (#"{ schema: "analyze.policy/2", budgets: [] }"#, "analyze.policy/1"),
    (#"{ schema: "analyze.policy/1", budgets: [] }"#, "no budgets"),
    (#"{ schema: "analyze.policy/1", budgets: [{}] }"#, "models"),
    (#"{ schema: "analyze.policy/1", budgets: [{ models: "a" }] }"#, "limits nothing"),
    (#"{ schema: "analyze.policy/1", budgets: [{ models: [] , macs: {max: 1}}] }"#, "no models"),
    (#"{ schema: "analyze.policy/1", budgets: [{ models: "/a", macs: {max: 1}}] }"#, "pattern"),
    (#"{ schema: "analyze.policy/1", budgets: [{ models: "../a", macs: {max: 1}}] }"#, "pattern"),
    (limits(#"fileByte: { max: "5 MB" }"#), "fileByte"),
    (limits(#"fileBytes: { maximum: "5 MB" }"#), "maximum"),
    (limits(#"fileBytes: { max: 5000000 }"#), "size with a unit"),
    (limits(#"fileBytes: { max: "5" }"#), "unit"),
    (limits(#"fileBytes: { max: "5 mb" }"#), "unit"),
    (limits(#"fileBytes: { max: "-5 MB" }"#), "size"),
    (limits(#"fileBytes: { max: NaN }"#), "NaN"),
    (limits(#"fileBytes: { max: Infinity }"#), "Infinity"),
    (limits(#"fileBytes: { max: "1e400 MB" }"#), ""),
    (limits(#"fileBytes: { max: "5 MB", max: "6 MB" }"#), "twice"),
    (limits(#"fileBytes: {}"#), "no limit"),
    (limits(#"fileBytes: { max: "5 MB", min: "6 MB" }"#), "nothing can pass"),
    (limits(#"fileBytes: { max: "5 MB", floor: "1 kB" }"#), "growth"),
    (limits(#"fileBytes: { max: "5 MB", level: "fatal" }"#), "one of"),
    (limits(#"fileBytes: { max: "5 MB", drift: "1 %" }"#), "pinned"),
    (limits(#"arena: { max: "5 MB" }"#), "planner"),
    (limits(#"latency: { max: "5 ms" }"#), "target"),
    (limits(#"accuracy: { min: "90 %" }"#), "file"),
    (limits(#"layers: { a: { fileBytes: { max: "1 kB" } } }"#), "fileBytes"),
    (limits(#"layers: { a: { macs: { growth: "1 %" } } }"#), "absolute"),
    (limits(#"total: { arena: { planner: "tflite", max: "1 kB" } }"#), "arena"),
    (limits(#"macs: []"#), "limits nothing"),
    (limits(#"macs: { max: 1 } }] } { schema: "analyze.policy/1""#), ""),
  ]) func `a policy that would not hold is refused`(text: String, word: String) {
    let error = #expect(throws: JSON5Error.self) { try Self.policy(text) }
    #expect(error?.code == .policyInvalid)
    if let error, !word.isEmpty {
      #expect((error.message + (error.hint ?? "")).contains(word), "\(error.message)")
    }
  }

  @Test func `a misspelt key names the nearest one and its line`() {
    let error = #expect(throws: JSON5Error.self) {
      try Self.policy("{ schema: 'analyze.policy/1', budgets: [{ models: 'a',\n  fileByte: {} }] }")
    }
    #expect(error?.line == 2)
    #expect(error?.column == 3)
    #expect(error?.hint == "did you mean \"fileBytes\"?")
  }

  @Test func `more than a mebibyte is refused`() {
    let text = String(repeating: " ", count: 1 << 20) + "{}"
    let error = #expect(throws: JSON5Error.self) { try Self.policy(text) }
    #expect(error?.code == .limitExceeded)
  }
}

@Suite struct PathPatternTests {
  @Test(arguments: [
    ("a.tflite", "a.tflite", true), ("a.tflite", "b.tflite", false),
    ("*.tflite", "a.tflite", true), ("*.tflite", "m/a.tflite", false),
    ("*.tflite", "a.tflite.bak", false), ("m/*.tflite", "m/a.tflite", true),
    ("**/a.onnx", "a.onnx", true), ("**/a.onnx", "x/y/a.onnx", true),
    ("m/**", "m/x/y", true), ("m/**/z", "m/z", true), ("m/**/z", "m/x/y/z", true),
    ("m/**/z", "n/x/z", false), ("?.bin", "a.bin", true), ("?.bin", "ab.bin", false),
    ("?.bin", "é.bin", true), ("*a*b*c", "xaybzc", true), ("*a*b*c", "xaybz", false),
    ("*", ".hidden", false), (".*", ".hidden", true), ("**/x", ".git/x", false),
    ("a*", "a", true), ("a**b", "axxb", true),
  ]) func `patterns match whole paths`(pattern: String, path: String, fits: Bool) throws {
    #expect(try #require(PathPattern(pattern)).matches(path) == fits)
  }

  @Test(arguments: ["", "/a", "a//b", "a/", "./a", "a/..", "a\u{0}b"])
  func `what is no path from a folder is refused`(text: String) {
    #expect(PathPattern(text) == nil)
  }

  @Test func `a pattern of many stars ends in time`() throws {
    let pattern = try #require(PathPattern(String(repeating: "*a", count: 400)))
    #expect(!pattern.matches(String(repeating: "a", count: 390) + "b"))
  }

  @Test func `only folders that may hold a model are walked`() throws {
    let pattern = try #require(PathPattern("models/*/net.onnx"))
    #expect(pattern.mayMatch(inside: "models"))
    #expect(pattern.mayMatch(inside: "models/a"))
    #expect(!pattern.mayMatch(inside: "models/a/b"))
    #expect(!pattern.mayMatch(inside: "data"))
  }

  @Test(arguments: ["net.onnx", "*", "**", "models/net.onnx"])
  func `the folder that patterns start from may hold a model`(text: String) throws {
    #expect(try #require(PathPattern(text)).mayMatch(inside: ""))
  }
}
