import Foundation

#if canImport(FoundationXML)
import FoundationXML
#endif
import TestSupport
import Testing

/// The gate as CI runs it: exit codes, messages, and what it writes for others.
@Suite struct GateCommandTests {
  /// A folder with a model and a policy.
  private struct Place {
    let folder: TemporaryDirectory
    let policy: String
    let model: String

    init(_ limits: String = #"fileBytes: { max: "5 MB" }"#, model: String = "net.onnx") throws {
      folder = try TemporaryDirectory()
      self.model = try folder.write(Place.network(units: 8), to: model)
      policy = try folder.write(
        Array(#"{ schema: "analyze.policy/1", budgets: [{ models: "*", \#(limits) }] }"#.utf8),
        to: ".policy.json5"
      )
    }

    /// A matrix product and an activation.
    static func network(units: Int, name: String = "w") -> [UInt8] {
      let weights = (0..<(4 * units)).flatMap { index in
        withUnsafeBytes(of: Float(index).bitPattern.littleEndian) { Array($0) }
      }
      return ONNX.model([
        ONNX.node("MatMul", ["x", name], ["h"], name: "dense"),
        ONNX.node("Relu", ["h"], ["y"], name: "act"),
        ONNX.input("x", [1, 4]), ONNX.output("y"),
        ONNX.initializer(name, [ONNX.extents([4, units], type: 1), .bytes(9, weights)]),
      ])
    }

    func gate(_ arguments: [String] = [], environment: [String: String] = [:]) throws
      -> BuiltTool.Outcome
    {
      try BuiltTool.run(
        ["gate", "--policy", policy] + arguments,
        in: folder.path,
        environment: environment
      )
    }
  }

  @Test func `a model within its budget passes, one above fails`() throws {
    let within = try Place().gate()
    #expect(within.status == 0)
    #expect(within.text.hasPrefix("✓ net.onnx is within budget"))
    let over = try Place(#"fileBytes: { max: "10 B" }"#).gate()
    #expect(over.status == 1)
    #expect(over.text.hasPrefix("✗ net.onnx is over budget"))
    #expect(over.text.contains("dense"))
    #expect(over.errors.isEmpty)
  }

  @Test(arguments: [
    ("", "MODEL"), ("<html><body>404</body></html>", "MODEL_UNSUPPORTED"),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "MODEL_UNSUPPORTED"),
  ]) func `what is no model is no pass`(content: String, code: String) throws {
    let place = try Place()
    _ = try place.folder.write(Array(content.utf8), to: "bad.onnx")
    let outcome = try place.gate()
    #expect(outcome.status == 2)
    #expect(outcome.text.contains(code))
    // The others are judged all the same.
    #expect(outcome.text.contains("✓ file size"))
  }

  @Test(arguments: [("0.95", true, 0), ("0.89", true, 1), ("0.95", false, 2), ("", true, 2)])
  func `accuracy comes from a file about this very model`(
    accuracy: String,
    isOfModel: Bool,
    status: Int32
  ) throws {
    let place = try Place(#"accuracy: { file: ".s.json", min: "90 %" }"#)
    let report = try BuiltTool.run(
      ["report", "net.onnx", "--format", "json"],
      in: place.folder.path
    )
    let json = try JSONSerialization.jsonObject(with: Data(report.text.utf8)) as? [String: Any]
    let model = try #require(json?["model"] as? [String: Any])
    let hash = isOfModel ? try #require(model["sha256"] as? String) : "0123456789abcdef"
    if !accuracy.isEmpty {
      let text =
        #"{"schema": "analyze.sensitivity/1", "model": {"sha256": "\#(hash)"}, "status": "complete","#
        + #" "baseline": {"accuracy": \#(accuracy)}, "sites": [], "measurements": []}"#
      _ = try place.folder.write(Array(text.utf8), to: ".s.json")
    }
    let outcome = try place.gate()
    #expect(outcome.status == status, "\(outcome.text)")
    if !isOfModel { #expect(outcome.text.contains("another model was measured")) }
  }

  @Test func `a truncated model is no pass`() throws {
    let place = try Place()
    _ = try place.folder.write(Place.network(units: 8).dropLast(40), to: "cut.onnx")
    #expect(try place.gate().status == 2)
  }

  @Test func `patterns that find nothing are no pass`() throws {
    let place = try Place()
    try FileManager.default.removeItem(atPath: place.model)
    #expect(try place.gate().status == 2)
    #expect(try place.gate(["missing.onnx"]).status == 2)
  }

  @Test func `errors of the policy have a line, a column and the nearest key`() throws {
    let outcome = try Place(#"fileByte: { max: "5 MB" }"#).gate()
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains(".policy.json5:1:"))
    #expect(outcome.errors.contains("POLICY_INVALID: unknown key \"fileByte\""))
    #expect(outcome.errors.contains("did you mean \"fileBytes\"?"))
    #expect(try BuiltTool.run(["gate", "--policy", "missing.json5"]).status == 2)
    #expect(try BuiltTool.run(["gate"]).status == 2)
  }

  @Test func `a changed policy is noticed`() throws {
    let place = try Place()
    let digest = try #require(
      try (place.gate(["--format", "json"]).object()["policy"] as? [String: String])?["sha256"]
    )
    #expect(try place.gate(["--policy-sha256", digest]).status == 0)
    #expect(try place.gate(["--policy-sha256", String(digest.reversed())]).status == 2)
  }

  @Test func `a baseline is written, compared with, and updated aloud`() throws {
    let place = try Place(#"fileBytes: { growth: "2 %" }"#)
    let baseline = ["--baseline", place.folder.path + "/.baseline.json"]
    #expect(try place.gate(baseline).status == 2)
    #expect(try place.gate(baseline + ["--allow-missing-baseline"]).status == 0)
    #expect(try place.gate(baseline + ["--update-baseline"]).status == 0)
    #expect(try place.gate(baseline).status == 0)
    _ = try place.folder.write(Place.network(units: 80), to: "net.onnx")
    let grown = try place.gate(baseline)
    #expect(grown.status == 1)
    #expect(grown.text.contains("dense"))
    let update = try place.gate(baseline + ["--update-baseline"])
    #expect(update.status == 0)
    #expect(update.errors.contains("loosened: net.onnx: fileBytes from"))
    #expect(try place.gate(baseline).status == 0)
  }

  @Test(arguments: ["", "{}", "[1]", "{\"schema\": \"analyze.report/7\"}", "not json"])
  func `a baseline that is damaged is no pass`(content: String) throws {
    let place = try Place(#"fileBytes: { growth: "2 %" }"#)
    let baseline = try place.folder.write(Array(content.utf8), to: ".baseline.json")
    let outcome = try place.gate(["--baseline", baseline, "--allow-missing-baseline"])
    #expect(outcome.status == 2)
  }

  @Test func `a revision of git is a baseline`() throws {
    let place = try Place(#"fileBytes: { growth: "2 %" }"#)
    let commands = """
      git init -q . && git add net.onnx &&
      git -c user.name=a -c user.email=a@b commit -qm first
      """
    let setup = try BuiltTool.run(
      [],
      in: place.folder.path,
      environment: ["HOME": place.folder.path],
      shell: commands
    )
    try #require(setup.status == 0, "\(setup.errors)")
    #expect(try place.gate(["--baseline", "git:HEAD"]).status == 0)
    #expect(try place.gate(["--baseline", "git:HEAD:net.onnx"]).status == 0)
    _ = try place.folder.write(Place.network(units: 80), to: "net.onnx")
    #expect(try place.gate(["--baseline", "git:HEAD"]).status == 1)
    #expect(try place.gate(["--baseline", "git:HEAD:net.onnx"]).status == 1)
    #expect(try place.gate(["--baseline", "git:HEAD:gone.onnx"]).status == 2)
    #expect(try place.gate(["--baseline", "git:nowhere"]).status == 2)
    // What looks like an option is no revision.
    #expect(try place.gate(["--baseline", "git:--output=x:net.onnx"]).status == 2)
    #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/x"))
  }

  @Test func `--init writes a policy that the models pass`() throws {
    let place = try Place()
    let policy = place.folder.path + "/budgets.json5"
    let written = try BuiltTool.run(
      ["gate", place.model, "--init", "--headroom", "5%", "-o", policy]
    )
    #expect(written.status == 0)
    let judged = try BuiltTool.run(["gate", "--policy", policy])
    #expect(judged.status == 0)
    _ = try place.folder.write(Place.network(units: 80), to: "net.onnx")
    #expect(try BuiltTool.run(["gate", "--policy", policy]).status == 1)
    // Writing it again is looser, and said.
    let again = try BuiltTool.run(["gate", place.model, "--init", "-o", policy])
    #expect(again.status == 0)
    #expect(again.errors.contains("loosened: net.onnx: fileBytes"))
  }

  @Test func `every report is written, and one that cannot be is an error`() throws {
    let place = try Place(#"fileBytes: { max: "10 B" }"#)
    let out = try TemporaryDirectory()
    let kinds = ["json", "markdown", "sarif", "junit", "gitlab", "text"]
    let outcome = try place.gate(kinds.flatMap { ["--report", "\($0)=\(out.path)/\($0)"] })
    #expect(outcome.status == 1)
    for kind in kinds { #expect(FileManager.default.fileExists(atPath: "\(out.path)/\(kind)")) }
    let junit = XMLText(contentsOf: URL(fileURLWithPath: out.path + "/junit"))
    #expect(junit.elements["failure"] == 1)
    let sarif = try #require(
      JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(fileURLWithPath: out.path + "/sarif"))
      ) as? [String: Any]
    )
    #expect(sarif["version"] as? String == "2.1.0")
    #expect(try place.gate(["--report", "json=/nowhere/at/all.json"]).status == 2)
    let full = try place.gate(["-o", "/dev/full"])
    #expect(full.status == 2)
  }

  @Test func `lost output is never a pass`() throws {
    let place = try Place()
    let outcome = try BuiltTool.run(
      ["gate", "--policy", place.policy],
      in: place.folder.path,
      shell: #""$0" "$@" >&-"#
    )
    #expect(outcome.status == 2)
  }

  @Test func `GitHub gets annotations and a summary that names cannot forge`() throws {
    let name = "a::error::x%0A,b:c.onnx"
    let place = try Place(#"fileBytes: { max: "10 B" }"#, model: name)
    let summary = place.folder.path + "/.summary.md"
    let outcome = try place.gate(
      environment: ["GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary]
    )
    #expect(outcome.status == 1)
    let commands = outcome.text.split(separator: "\n").filter { $0.hasPrefix("::") }
    #expect(commands.count == 1)
    #expect(commands.first?.contains("file=a%3A%3Aerror%3A%3Ax%250A%2Cb%3Ac.onnx,") == true)
    #expect(try String(contentsOfFile: summary, encoding: .utf8).contains("| file size |"))
    let json = try place.gate(["--format", "json"], environment: ["GITHUB_ACTIONS": "true"])
    #expect(try json.object()["verdict"] as? String == "fail")
  }

  @Test func `other platforms get theirs`() throws {
    let place = try Place(#"fileBytes: { max: "10 B" }"#)
    let teamcity = try place.gate(environment: ["TEAMCITY_VERSION": "2026.1"])
    #expect(teamcity.text.contains("##teamcity[buildProblem description='net.onnx: file size"))
    let gitlab = try place.gate(environment: ["GITLAB_CI": "true"])
    #expect(gitlab.status == 1)
    let file = URL(fileURLWithPath: place.folder.path + "/gl-code-quality-report.json")
    let entries = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [[String: Any]]
    )
    #expect(entries.count == 1)
    #expect((entries[0]["fingerprint"] as? String)?.count == 32)
  }

  @Test(arguments: [("5 MB", 0), ("10 B", 1)])
  func `the step that CI templates share hands the verdict on`(limit: String, status: Int32) throws
  {
    let place = try Place(#"fileBytes: { max: "\#(limit)" }"#)
    let outcome = try BuiltTool.run(
      [],
      in: place.folder.path,
      environment: [
        "POLICY": place.policy, "GITHUB_OUTPUT": place.folder.path + "/.out",
        "SCRIPT": BuiltTool.packageRoot + "/ci/gate.sh", "SARIF": place.folder.path + "/.sarif",
      ],
      shell: #"ANALYZE="$0" bash "$SCRIPT""#
    )
    #expect(outcome.status == status, "\(outcome.errors)")
    let output = try String(contentsOfFile: place.folder.path + "/.out", encoding: .utf8)
    #expect(output == "exit-code=\(status)\n")
    #expect(FileManager.default.fileExists(atPath: place.folder.path + "/.sarif"))
  }

  @Test func `the same input gives the same bytes for any number of threads`() throws {
    let place = try Place()
    for index in 0..<20 {
      _ = try place.folder.write(Place.network(units: index + 1), to: "m\(index).onnx")
    }
    let first = try place.gate(["--threads", "1", "--format", "json"])
    #expect(first.status == 0)
    #expect(try place.gate(["--threads", "3", "--format", "json"]).output == first.output)
  }

  @Test func `the examples have a gate that passes and one that fails`() throws {
    let examples = "Examples/digits/"
    #expect(try BuiltTool.run(["gate", "--policy", examples + "budgets.json5"]).status == 0)
    let grown = try BuiltTool.run([
      "gate", "--policy", examples + "budgets-after-growth.json5", "--baseline",
      examples + "digits_cnn_int8.tflite", "--format", "markdown",
    ])
    #expect(grown.status == 1)
    #expect(grown.text.contains("is new"))
  }
}

/// The elements of an XML file, counted by name; a file that does not parse fails the test.
final class XMLText: NSObject, XMLParserDelegate {
  private(set) var elements: [String: Int] = [:]

  init(contentsOf file: URL) {
    super.init()
    guard let parser = XMLParser(contentsOf: file) else {
      Issue.record("\(file.path) cannot be read")
      return
    }
    parser.delegate = self
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
  }

  func parser(
    _ parser: XMLParser,
    didStartElement name: String,
    namespaceURI: String?,
    qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements[name, default: 0] += 1
  }
}
