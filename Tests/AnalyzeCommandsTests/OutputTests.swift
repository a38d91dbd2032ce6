import Foundation
import TestSupport
import Testing

@Suite struct OutputTests {
  @Test func `a report replaces a file in one step`() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(Array("old".utf8), to: "report.txt")
    let outcome = try BuiltTool.run([Example.tflite, "-o", path])
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty)
    let plain = try BuiltTool.run([Example.tflite])
    #expect(FileManager.default.contents(atPath: path).map { Array($0) } == plain.output)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["report.txt"])
  }

  @Test(arguments: ["text", "json", "html", "markdown", "csv"])
  func `weights at the edges of numbers are reported`(format: String) throws {
    let folder = try TemporaryDirectory()
    // -2^63 is the one double that is an integer without a magnitude.
    let edges: [Float] = [-0x1p63, 0x1p63, .greatestFiniteMagnitude, .leastNonzeroMagnitude, -0]
    for weights in [edges, [-0x1p63], edges + [.infinity, .nan]] {
      let model = try folder.write(
        ONNX.model([
          ONNX.node("Add", ["x", "w"], ["y"]), ONNX.input("x", [1, .size(weights.count)]),
          ONNX.output("y"), ONNX.floats(initializer: "w", [weights.count], weights),
        ]),
        to: "model.onnx"
      )
      let outcome = try BuiltTool.run([model, "--format", format])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.isEmpty)
      if format == "json" { _ = try outcome.object() }
    }
  }

  @Test func `a bad model leaves the old report as it was`() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(Array("old".utf8), to: "report.txt")
    #expect(try BuiltTool.run(["missing", "-o", path]).status == 2)
    #expect(FileManager.default.contents(atPath: path) == Data("old".utf8))
  }

  @Test func `the model is never replaced`() throws {
    let folder = try TemporaryDirectory()
    let bytes = try Example.bytes(Example.tflite)
    let model = try folder.write(bytes, to: "model.tflite")
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: model)
    for output in [model, link, folder.path + "/./model.tflite"] {
      let outcome = try BuiltTool.run([model, "-o", output])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("USAGE: the output would replace the model"))
    }
    #expect(FileManager.default.contents(atPath: model).map { Array($0) } == bytes)
  }

  @Test func `the weights beside the model are never replaced`() throws {
    let folder = try TemporaryDirectory()
    let weights = try folder.write(Array(repeating: 1, count: 64), to: "weights.bin")
    let model = try folder.write(
      ONNX.model([
        ONNX.node("Add", ["x", "w"], ["y"]), ONNX.input("x", [1, 16]), ONNX.output("y"),
        ONNX.initializer(
          "w",
          [
            ONNX.extents([16], type: 1),
            ONNX.external([(key: "location", value: "weights.bin")]),
          ]
        ),
      ]),
      to: "model.onnx"
    )
    let outcome = try BuiltTool.run([model, "-o", weights])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("USAGE: the output would replace the model's weights"))
    #expect(FileManager.default.contents(atPath: weights)?.count == 64)
    #expect(try BuiltTool.run([model]).status == 0)
  }

  @Test(arguments: ["/dev/full", "/missing/report.txt", "/"])
  func `output that cannot be written is an error`(path: String) throws {
    let outcome = try BuiltTool.run([Example.tflite, "-o", path])
    #expect(outcome.status == 2)
    #expect(outcome.errors.hasPrefix("analyze: error: \(path): IO_WRITE: "))
    #expect(outcome.errorLines.count == 1)
  }

  @Test func `an unwritable file is a JSON error where JSON was asked for`() throws {
    let outcome = try BuiltTool.run([
      Example.tflite, "--format", "json", "-o", "/missing/report.json",
    ])
    #expect(outcome.status == 2)
    let error = try #require(try outcome.object()["error"] as? [String: Any])
    #expect(error["code"] as? String == "IO_WRITE")
    #expect(error["path"] as? String == "/missing/report.json")
  }

  @Test(arguments: [
    #""$0" "$@" > /dev/full"#, #""$0" "$@" >&-"#, #""$0" "$@" < /dev/null > /dev/full"#,
  ])
  func `standard output that takes nothing is an error`(shell: String) throws {
    for arguments in [[Example.tflite], ["--help"], ["--version"], [Example.onnx, "--quiet"]] {
      let outcome = try BuiltTool.run(arguments, shell: shell)
      #expect(outcome.status == 2)
      #expect(outcome.errors.hasPrefix("analyze: error: standard output: IO_WRITE: "))
    }
  }

  @Test func `closed descriptors do not put output into a file`() throws {
    let folder = try TemporaryDirectory()
    let report = folder.path + "/report.txt"
    let outcome = try BuiltTool.run(
      [Example.tflite, "-o", report],
      shell: #""$0" "$@" <&- >&- 2>&-"#
    )
    #expect(outcome.status == 0)
    let plain = try BuiltTool.run([Example.tflite])
    #expect(FileManager.default.contents(atPath: report).map { Array($0) } == plain.output)
  }

  @Test func `a reader that goes away is no crash`() throws {
    // The pipe takes 64 KiB before the writer has to wait: many models are more than that.
    let models = Array(repeating: Example.onnx, count: 24)
    let outcome = try BuiltTool.run(
      models + ["--format", "json"],
      shell: #"{ "$0" "$@"; echo "status $?" >&2; } | head -n 1"#
    )
    #expect(outcome.text == "[\n")
    #expect(outcome.errors == "status 2\n")
  }

  @Test func `a bad model is told of although the others cannot be written`() throws {
    let outcome = try BuiltTool.run([Example.tflite, "missing"], shell: #""$0" "$@" > /dev/full"#)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("missing: IO_READ"))
    #expect(outcome.errors.contains("standard output: IO_WRITE"))
  }

  @Test func `colours only where they are asked for`() throws {
    let escape = "\u{1B}["
    let plain = try BuiltTool.run([Example.tflite])
    #expect(!plain.text.contains(escape))
    let colored = try BuiltTool.run([Example.tflite, "--color", "always"])
    #expect(colored.text.contains(escape))
    #expect(colored.text.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain.text)
    let never = try BuiltTool.run(
      [Example.tflite, "--color", "never"],
      environment: ["TERM": "xterm-256color"]
    )
    #expect(never.output == plain.output)
    let without = try BuiltTool.run(
      [Example.tflite],
      environment: ["NO_COLOR": "1", "TERM": "xterm-256color"]
    )
    #expect(without.output == plain.output)
  }
}
