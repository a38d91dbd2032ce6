import Foundation
import TestSupport
import Testing

/// `analyze graph` as a user runs it; what it writes is read by other people's parsers.
@Suite struct GraphTests {
  private static let model = "Examples/digits/digits_dscnn.onnx"

  private func draw(_ arguments: [String], to file: String) throws -> BuiltTool.Outcome {
    try BuiltTool.run(["graph"] + arguments + ["-o", file])
  }

  @Test func `every operator is in exactly one box`() throws {
    let folder = try TemporaryDirectory()
    for (model, count) in [
      (Self.model, 27), ("Examples/digits/digits_dscnn.tflite", 11),
      ("Examples/digits/digits_cnn_int8.tflite", nil),
    ] as [(String, Int?)] {
      for fold in ["auto", "always", "never"] {
        let outcome = try draw([model, "--fold", fold], to: folder.path + "/g.svg")
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        #expect(outcome.output.isEmpty)
        let svg = try ReadSVG(folder.path + "/g.svg")
        let report = try BuiltTool.run([model, "--format", "json"]).object()
        let rows = try #require(report["operators"] as? [[String: Any]])
        if let count { #expect(rows.count == count) }
        #expect(svg.coveredOperators == Array(rows.indices))
        // The boxes' figures add up to the report's.
        let totals = try #require(report["totals"] as? [String: Any])
        let macs = svg.operations.compactMap { Int($0["data-macs"] ?? "") }.reduce(0, +)
        #expect(macs == totals["macs"] as? Int)
        let bytes = svg.operations.compactMap { Int($0["data-weight-bytes"] ?? "") }.reduce(0, +)
        #expect(bytes == totals["weightBytes"] as? Int)
      }
    }
  }

  @Test func `a picture needs nothing but itself`() throws {
    let folder = try TemporaryDirectory()
    _ = try draw([Self.model], to: folder.path + "/g.svg")
    let svg = try ReadSVG(folder.path + "/g.svg")
    #expect(
      svg.elements.isSubset(of: ["svg", "title", "desc", "style", "g", "rect", "path", "text"])
    )
    for (name, value) in svg.attributes {
      #expect(!name.hasPrefix("on") && !name.contains("href"))
      #expect(name == "xmlns" || !value.contains("://"))
    }
  }

  @Test func `the same model gives the same bytes`() throws {
    let folder = try TemporaryDirectory()
    for ending in ["svg", "dot", "png", "pdf"] {
      let first = folder.path + "/a." + ending
      let second = folder.path + "/b." + ending
      #expect(try draw([Self.model], to: first).status == 0)
      #expect(try draw([Self.model, "--threads", "1"], to: second).status == 0)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: first))
      #expect(bytes == (try Data(contentsOf: URL(fileURLWithPath: second))), "\(ending)")
      // PNG and PDF begin with their signatures (RFC 2083; ISO 32000).
      if ending == "png" { #expect(bytes.prefix(8) == Data([137, 80, 78, 71, 13, 10, 26, 10])) }
      if ending == "pdf" { #expect(bytes.prefix(5) == Data("%PDF-".utf8)) }
    }
  }

  // MARK: - Names

  static let names: [String] = [
    #"a"b"#, #"back\slash\"#, #"\N"#, #"\G\L\E\T\l\r"#, "&lt;&amp;&#60;", "<b>bold</b>", "]]>",
    "<script>alert(1)</script>", #""]; evil ["#, #"" URL="http://x.example/" x=""#, "line\nbreak",
    "bell\u{07}null\u{00}delete\u{7F}", "\u{9B}31m", "right\u{202E}left\u{2066}",
    "zero\u{200B}width",
    "\u{FEFF}mark", "--><!--", "${HOME} `id` $(id)", "%n%s%x", "日本語 名前 ü é", "👩‍👩‍👧", "a;b->c{d}",
    String(repeating: "x", count: 20_000), String(repeating: "<&\"\\", count: 5_000), " ", "{|}",
  ]

  @Test func `hostile names neither break an SVG nor add anything to it`() throws {
    let folder = try TemporaryDirectory()
    let model = try folder.write(GraphModel.named(Self.names), to: "m.onnx")
    #expect(try draw([model, "--fold", "never"], to: folder.path + "/g.svg").status == 0)
    let svg = try ReadSVG(folder.path + "/g.svg")
    #expect(svg.operations.count == Self.names.count)
    #expect(svg.groups["edge"]?.count == Self.names.count + 1)
    #expect(
      svg.elements.isSubset(of: ["svg", "title", "desc", "style", "g", "rect", "path", "text"])
    )
    #expect(Set(svg.operations.compactMap { $0["id"] }).count == Self.names.count)
    for text in svg.texts + svg.titles {
      #expect(text.unicodeScalars.count < 3_000)
      for scalar in text.unicodeScalars where scalar != "\n" {
        #expect(!(0..<0x20).contains(scalar.value) && !(0x7F...0x9F).contains(scalar.value))
        #expect(!(0x202A...0x202E).contains(scalar.value) && scalar.value != 0xFEFF)
      }
    }
    #expect(svg.texts.contains { $0.contains("<b>bold<") })
  }

  @Test func `hostile names neither break DOT nor add anything to it`() throws {
    let folder = try TemporaryDirectory()
    let model = try folder.write(GraphModel.named(Self.names), to: "m.onnx")
    #expect(try draw([model, "--fold", "never"], to: folder.path + "/g.dot").status == 0)
    // Graphviz' own program reads it: nodes by name, edges, and labels as it would show them.
    let read = try BuiltTool.run(
      [],
      in: folder.path,
      shell: "gvpr 'N{print(\"node \", name)} E{print(\"edge\")}' g.dot && dot -Tsvg g.dot -o d.svg"
    )
    #expect(read.status == 0, "\(read.errors)")
    let lines = read.text.split(separator: "\n")
    let nodes = lines.filter { $0.hasPrefix("node ") }.map { $0.dropFirst(5) }
    #expect(
      Set(nodes)
        == Set((Self.names.indices.map { "op\($0)" } + ["in0", "out0"]).map { Substring($0) })
    )
    #expect(lines.count { $0 == "edge" } == Self.names.count + 1)
    let svg = try ReadSVG(folder.path + "/d.svg")
    // A node's name that took the place of "\N" would stand in a text; the escape itself must.
    #expect(svg.texts.contains { $0.trimmingCharacters(in: .whitespaces) == #"\N"# })
    for (name, value) in svg.attributes where name.hasSuffix("href") { #expect(value.isEmpty) }
  }

  @Test(arguments: ["png", "pdf"])
  func `hostile names do not break pictures`(ending: String) throws {
    let folder = try TemporaryDirectory()
    let model = try folder.write(GraphModel.named(Self.names), to: "m.onnx")
    let outcome = try draw([model], to: folder.path + "/g." + ending)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  // MARK: - Limits

  @Test(arguments: ["layout-mem=1", "layout-mem=1000000"])
  func `without Graphviz the picture is laid out in rows`(limit: String) throws {
    let folder = try TemporaryDirectory()
    let outcome = try draw([Self.model, "--limit", limit], to: folder.path + "/g.svg")
    #expect(outcome.status == 0)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("analyze: warning: Graphviz"))
    #expect(try ReadSVG(folder.path + "/g.svg").coveredOperators == Array(0..<27))
  }

  @Test func `a picture that cannot be drawn is an error`() throws {
    let folder = try TemporaryDirectory()
    let outcome = try draw([Self.model, "--limit", "layout-mem=1"], to: folder.path + "/g.png")
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/g.png"))
  }

  @Test func `too many boxes are written as DOT with a warning`() throws {
    let folder = try TemporaryDirectory()
    let outcome = try draw([Self.model, "--limit", "layout-nodes=3"], to: folder.path + "/g.svg")
    #expect(outcome.status == 0)
    #expect(outcome.errors.hasPrefix("analyze: warning: "))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/g.svg"))
    let text = try String(contentsOfFile: folder.path + "/g.dot", encoding: .utf8)
    #expect(text.hasPrefix("digraph model {"))
  }

  @Test func `ten thousand operators are drawn`() throws {
    let folder = try TemporaryDirectory()
    let names = (0..<10_000).map { "n\($0)" }
    let model = try folder.write(GraphModel.named(names), to: "m.onnx")
    #expect(try draw([model], to: folder.path + "/folded.svg").status == 0)
    // Every sum gives 1×1: all are one block.
    let svg = try ReadSVG(folder.path + "/folded.svg")
    #expect(svg.operations.count == 1)
    #expect(svg.groups["cluster"]?.compactMap { $0["data-repetitions"] } == ["10000"])
    // The tooltip and the list of operators stay short.
    #expect(svg.coveredOperators.count == 1000)
  }

  // MARK: - Usage

  @Test(arguments: [
    ["g"], ["g.jpeg"], [".svg/"], ["g.svg", "--depth", "0"],
    ["g.svg", "--radius", "2"],
    ["g.svg", "--color-by", "time"], ["g.svg", "--focus", "no such layer"],
    ["g.svg", "--only", "unsupported"], ["g.svg", "--limit", "boxes=3"],
    ["g.svg", "--color-by", "beauty"], ["g.svg", "--data", "Examples/digits/README.md"],
  ])
  func `what cannot be drawn is one line and nothing is written`(arguments: [String]) throws {
    let folder = try TemporaryDirectory()
    let outcome = try draw(
      [Self.model] + arguments.dropFirst(),
      to: folder.path + "/" + arguments[0]
    )
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("analyze: error: "))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func `a picture never replaces the model`() throws {
    let folder = try TemporaryDirectory()
    let model = try folder.write(GraphModel.named(["a"]), to: "m.dot")
    #expect(try draw([model], to: model).status == 2)
    #expect(try Data(contentsOf: URL(fileURLWithPath: model)) == Data(GraphModel.named(["a"])))
  }

  @Test func `help shows two examples that run as they stand`() throws {
    let help = try BuiltTool.run(["graph", "--help"])
    let examples = help.text.split(separator: "\n").filter { $0.hasPrefix("  analyze ") }
    #expect(examples.count == 2)
    let folder = try TemporaryDirectory()
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/Examples",
      withDestinationPath: BuiltTool.packageRoot + "/Examples"
    )
    for example in examples {
      let words = example.split(separator: " ").dropFirst().map(String.init)
      let outcome = try BuiltTool.run(words, in: folder.path)
      #expect(outcome.status == 0, "\(example): \(outcome.errors)")
    }
  }

  // MARK: - Figures from elsewhere, and differences

  @Test func `figures of JSON documents colour the boxes`() throws {
    let folder = try TemporaryDirectory()
    let documents = [
      "sensitivity": """
      {"schema": "analyze.sensitivity/1", "metric": "kl",
       "sites": [{"id": "s0", "operator": 2, "layer": "x"}],
       "measurements": [{"site": "s0", "action": "int8-channel", "divergence": {"mean": 0.25}},
                        {"site": "s0", "action": "int4-channel", "divergence": {"mean": 0.5}}]}
      """,
      "action": """
      {"schema": "analyze.plan/1", "layers": [{"site": "s0", "operator": 2, "action": "int8-channel"}]}
      """,
      "time": """
      {"schema": "analyze.report/1", "operators": [{"index": 2, "medianMicroseconds": 12.5}]}
      """,
      "target": """
      {"schema": "analyze.report/1", "targets": [{"name": "chip", "verdict": "unsupported",
        "findings": [{"operator": 2, "severity": "error"}]}]}
      """,
    ]
    let shown = [
      "sensitivity": "0.5", "action": "int8-channel", "time": "12.5 µs", "target": "unsupported",
    ]
    for (colouring, text) in documents {
      let data = try folder.write(Array(text.utf8), to: colouring + ".json")
      let outcome = try draw(
        ["Examples/digits/digits_dscnn.tflite", "--color-by", colouring, "--data", data],
        to: folder.path + "/g.svg"
      )
      #expect(outcome.status == 0, "\(outcome.errors)")
      let svg = try ReadSVG(folder.path + "/g.svg")
      #expect(svg.texts.contains { $0.contains(shown[colouring] ?? "?") }, "\(colouring)")
    }
  }

  @Test func `a box has the time of its step though a part of it ran within another`() throws {
    let folder = try TemporaryDirectory()
    let measured = folder.path + "/times.json"
    let measuring = ["report", Self.model, "--measure", "--runs", "1", "--format", "json"]
    #expect(try BuiltTool.run(measuring + ["-o", measured]).status == 0)
    let outcome = try draw(
      [Self.model, "--color-by", "time", "--data", measured],
      to: folder.path + "/g.svg"
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    // Every operator ran, so no box is unknown.
    #expect(try ReadSVG(folder.path + "/g.svg").texts.contains("unknown") == false)
  }

  @Test func `a layer of a plan is the operator it names, and what it keeps says nothing`() throws {
    let folder = try TemporaryDirectory()
    let plan = """
      {"schema": "analyze.plan/1", "layers": [
        {"kind": "weights", "layer": null, "name": "Conv__117", "action": "int4-channel"},
        {"kind": "activations", "layer": null, "name": "Conv__117", "action": "keep"}]}
      """
    let data = try folder.write(Array(plan.utf8), to: "plan.json")
    let outcome = try draw(
      [Self.model, "--color-by", "action", "--data", data],
      to: folder.path + "/g.svg"
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    let texts = try ReadSVG(folder.path + "/g.svg").texts
    // Once at the box and once in the legend.
    #expect(texts.filter { $0.contains("int4-channel") }.count == 2)
    #expect(!texts.contains { $0.contains("several") })
  }

  @Test func `a model differs in nothing from itself`() throws {
    let folder = try TemporaryDirectory()
    #expect(try draw([Self.model, Self.model], to: folder.path + "/d.svg").status == 0)
    let svg = try ReadSVG(folder.path + "/d.svg")
    #expect(Set(svg.operations.compactMap { $0["data-status"] }) == ["same"])
  }

  @Test func `what was added, removed and changed is drawn in one graph`() throws {
    let folder = try TemporaryDirectory()
    let old = try folder.write(GraphModel.named(["a", "b", "c"]), to: "old.onnx")
    let new = try folder.write(GraphModel.named(["a", "c", "d", "e"]), to: "new.onnx")
    #expect(try draw([old, new, "--fold", "never"], to: folder.path + "/d.svg").status == 0)
    let svg = try ReadSVG(folder.path + "/d.svg")
    let status = svg.operations.map { ($0["id"] ?? "") + " " + ($0["data-status"] ?? "") }
    #expect(
      Set(status) == ["op0 same", "op1 same", "op2 added", "op3 added", "old-op1 removed"]
    )
  }
}
