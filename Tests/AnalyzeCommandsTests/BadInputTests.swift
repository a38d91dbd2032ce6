import Foundation
import TestSupport
import Testing

@Suite struct BadInputTests {
  /// A file that is no model, and what is said of it.
  struct BadFile: CustomTestStringConvertible, Sendable {
    var name: String
    var bytes: [UInt8]
    var code: String
    var says: String
    var testDescription: String { name }

    init(_ name: String, _ bytes: [UInt8], _ code: String, says: String) {
      self.name = name
      self.bytes = bytes
      self.code = code
      self.says = says
    }
  }

  static let files = [
    BadFile("empty", [], "MODEL_TRUNCATED", says: "the file is empty"),
    BadFile(
      "pointer",
      Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n".utf8),
      "MODEL_UNSUPPORTED",
      says: "this is a Git LFS pointer, not a model; run `git lfs pull`"
    ),
    BadFile(
      "page",
      Array("\n <!DOCTYPE html><html></html>".utf8),
      "MODEL_UNSUPPORTED",
      says: "this is a web page"
    ),
    BadFile(
      "gzip",
      [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3],
      "MODEL_UNSUPPORTED",
      says: "this is gzip-compressed data"
    ),
    BadFile(
      "zip",
      TestArchive.bytes(name: "a.txt", content: [1, 2, 3]),
      "MODEL_UNSUPPORTED",
      says: "this is a ZIP archive"
    ),
    BadFile("gguf", Array("GGUF\u{3}\0\0\0".utf8), "MODEL_UNSUPPORTED", says: "GGUF"),
    BadFile(
      "text",
      Array("hello, world\n".utf8),
      "MODEL_UNSUPPORTED",
      says: "the bytes are of no format that is read"
    ),
    BadFile(
      "eight bytes",
      [0x18, 0, 0, 0, 0x54, 0x46, 0x4C, 0x33],
      "MODEL_TRUNCATED",
      says: "at byte"
    ),
  ]

  @Test(arguments: files)
  func `a file that is no model says what it is`(file: BadFile) throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(file.bytes, to: "model.tflite")
    let outcome = try BuiltTool.run([path])
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("analyze: error: \(path): \(file.code): "))
    #expect(outcome.errors.contains(file.says))
    #expect(outcome.errors.unicodeScalars.count <= 401)
  }

  @Test func `an error is an object on standard output where JSON was asked for`() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(Array(try Example.bytes(Example.tflite).prefix(900)), to: "m")
    let outcome = try BuiltTool.run([path, "--format", "json"])
    #expect(outcome.status == 2)
    let document = try outcome.object()
    #expect(document.keys.sorted() == ["error"])
    let error = try #require(document["error"] as? [String: Any])
    #expect(error.keys.sorted() == ["code", "message", "offset", "path"])
    #expect(error["code"] as? String == "MODEL_TRUNCATED")
    #expect(error["path"] as? String == path)
    #expect(error["offset"] is Int)
    #expect(outcome.errorLines.count == 1)
  }

  @Test func `what is no regular file is refused without waiting`() throws {
    let folder = try TemporaryDirectory()
    let missing = try BuiltTool.run([folder.path + "/missing"])
    #expect(missing.status == 2)
    #expect(missing.errors.contains("IO_READ: cannot open: "))
    let directory = try BuiltTool.run([folder.path])
    #expect(directory.status == 2)
    #expect(directory.errors.contains("the directory holds no"))
    let fifo = folder.path + "/fifo"
    #expect(mkfifo(fifo, 0o600) == 0)
    let pipe = try BuiltTool.run([fifo], shell: #"timeout 30 "$0" "$@""#)
    #expect(pipe.status == 2)
    #expect(pipe.errors.contains("IO_READ: not a regular file"))
    #expect(try BuiltTool.run(["/dev/zero"], shell: #"timeout 30 "$0" "$@""#).status == 2)
    #expect(try BuiltTool.run([""]).status == 2)
  }

  @Test func `every truncation is an error, never a signal`() throws {
    let folder = try TemporaryDirectory()
    for model in [Example.tflite, Example.onnx] {
      let bytes = try Example.bytes(model)
      for count in stride(from: 1, to: bytes.count, by: bytes.count / 12) {
        let path = try folder.write(Array(bytes.prefix(count)), to: "cut")
        let outcome = try BuiltTool.run([path])
        #expect(outcome.status == 2, "\(model) cut to \(count) bytes")
        #expect(outcome.errorLines.count == 1)
      }
    }
  }

  @Test func `one bad model of three does not hide the others`() throws {
    let models = [Example.tflite, "missing.tflite", Example.onnx]
    let text = try BuiltTool.run(models)
    #expect(text.status == 2)
    #expect(text.text.contains(Example.tflite))
    #expect(text.text.contains(Example.onnx))
    #expect(text.errorLines.count == 1)
    let json = try BuiltTool.run(models + ["--format", "json"])
    #expect(json.status == 2)
    let documents = try #require(try json.json() as? [[String: Any]])
    #expect(documents.map { $0["error"] != nil } == [false, true, false])
    #expect(documents.map { $0["schema"] as? String == "analyze.report/1" } == [true, false, true])
  }

  @Test func `several bad models are one JSON document`() throws {
    let outcome = try BuiltTool.run(["missing", "absent", "--format", "json"])
    #expect(outcome.status == 2)
    let documents = try #require(try outcome.json() as? [[String: Any]])
    let paths = documents.map { ($0["error"] as? [String: Any])?["path"] as? String }
    #expect(paths == ["missing", "absent"])
    #expect(outcome.errorLines.count == 2)
  }

  @Test func `a path cannot forge a line of the error`() throws {
    let outcome = try BuiltTool.run(["no\n::error::\u{1B}[2J\u{202E}"])
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains(#"no\n::error::\x1b[2J\u{202e}"#))
  }
}
