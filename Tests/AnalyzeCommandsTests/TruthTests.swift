import ByteIO
import CFaults
import Foundation
import TestSupport
import Testing

/// The same input gives the same bytes, and nothing in a file can forge what the report says.
@Suite struct TruthTests {
  @Test(arguments: [Example.tflite, Example.onnx])
  func `threads, locale and time do not change a byte`(model: String) throws {
    let first = try BuiltTool.run([model, "--format", "json", "--threads", "1"])
    #expect(first.status == 0)
    for threads in ["2", "3"] {
      let other = try BuiltTool.run([model, "--format", "json", "--threads", threads])
      #expect(other.output == first.output)
    }
    for locale in ["C", "de_DE.UTF-8", "tr_TR.UTF-8"] {
      let other = try BuiltTool.run(
        [model, "--format", "json"],
        environment: ["LC_ALL": locale, "LANG": locale, "TZ": "Asia/Tokyo"]
      )
      #expect(other.output == first.output)
    }
  }

  @Test func `large weights are cut alike for any number of threads`() throws {
    let folder = try TemporaryDirectory()
    // Three pieces of 2^20 elements, the last one partial; int8 elements, period 251.
    let count = 2_200_000
    let period = (0..<251).map { UInt8($0) }
    let values = Array(repeatElement(period, count: count / 251 + 1).joined().prefix(count))
    let path = try folder.write(
      ONNX.model([
        ONNX.node("Add", ["x", "w"], ["y"]), ONNX.input("x", [1], type: 3),
        ONNX.output("y", type: 3),
        ONNX.initializer("w", [ONNX.extents([count], type: 3), .bytes(9, values)]),
      ]),
      to: "large.onnx"
    )
    let outcomes = try ["1", "2", "3"].map {
      try BuiltTool.run([path, "--format", "json", "--threads", $0])
    }
    #expect(outcomes.allSatisfy { $0.status == 0 && $0.output == outcomes[0].output })
    let constants = try #require(try outcomes[0].object()["constants"] as? [[String: Any]])
    #expect(constants[0]["minimum"] as? Int == -128)
    #expect(constants[0]["maximum"] as? Int == 127)
    // One zero in each period of 251.
    #expect(constants[0]["zeros"] as? Int == (count + 250) / 251)
  }

  @Test func `from another directory only the path differs`() throws {
    let root = try BuiltTool.run([Example.tflite, "--format", "json"])
    let folder = BuiltTool.packageRoot + "/Examples/digits"
    let beside = try BuiltTool.run(["digits_cnn.tflite", "--format", "json"], in: folder)
    #expect(
      root.text.replacing("Examples/digits/digits_cnn.tflite", with: "digits_cnn.tflite")
        == beside.text
    )
  }

  /// Names that would move the cursor, turn the text round, or fill the screen.
  private func hostileModel() -> [UInt8] {
    let names = [
      "clear\u{1B}[2J\u{1B}]0;title\u{7}", "turn\u{202E}xeni\u{2066}", "two\r\nlines\u{9B}31m",
      String(repeating: "long", count: 5_000), "zero\u{200B}width\u{FEFF}", "::error::forged",
    ]
    var parts = [ONNX.input("in\u{1B}[31m", ["batch\u{1B}[0m", 4])]
    var last = "in\u{1B}[31m"
    for name in names {
      parts.append(ONNX.node("Relu", [last], [name], name: name))
      parts.append(
        ONNX.node("Odd\u{1B}[1m" + name, [name], [name + "'"], name: name, domain: "d\u{7}")
      )
      last = name
    }
    return ONNX.model(parts + [ONNX.output(last, ["batch\u{1B}[0m", 4])])
  }

  @Test func `names are escaped and shortened`() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(hostileModel(), to: "hostile.onnx")
    for sort in ["macs", "weights", "memory", "run"] {
      let outcome = try BuiltTool.run([path, "--top", "100", "--sort", sort])
      #expect(outcome.status == 0)
      let unsafe = outcome.text.unicodeScalars.filter {
        switch $0.value {
        case 0x0A: false
        case 0..<0x20, 0x7F...0x9F, 0x200B...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF:
          true
        default: false
        }
      }
      #expect(unsafe.isEmpty)
      let lines = outcome.text.split(separator: "\n")
      #expect(lines.allSatisfy { $0.unicodeScalars.count <= 110 })
      #expect(!lines.contains { $0.hasPrefix("::") || $0.hasPrefix("##[") })
      #expect(lines.count < 200)
    }
  }

  @Test func `JSON keeps every name whole`() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(hostileModel(), to: "hostile.onnx")
    let outcome = try BuiltTool.run([path, "--format", "json"])
    #expect(outcome.status == 0)
    #expect(!outcome.output.contains { $0 < 0x20 && $0 != 0x0A })
    let operators = try #require(try outcome.object()["operators"] as? [[String: Any]])
    #expect(operators[0]["name"] as? String == "clear\u{1B}[2J\u{1B}]0;title\u{7}")
  }

  @Test(arguments: [Example.tflite, Example.onnx, "Examples/digits/digits_dscnn.onnx"])
  func `no line is wider than the report`(model: String) throws {
    let outcome = try BuiltTool.run([model, "--top", "100"], environment: ["COLUMNS": "40"])
    #expect(outcome.text.split(separator: "\n").allSatisfy { $0.unicodeScalars.count <= 110 })
  }

  @Test func `a file that is truncated while it is mapped is error 2, not a signal`() async {
    await #expect(processExitsWith: .exitCode(2)) {
      let folder = try TemporaryDirectory()
      let path = try folder.write(Array(repeating: 1, count: 1 << 20), to: "model")
      let source = try ByteSource.mapping(path: path)
      faults_install(1)
      #expect(truncate(path, 0) == 0)
      var sum = 0
      for offset in stride(from: 0, to: source.count, by: 4_096) {
        sum += Int(try source.bytes.uint8(at: offset))
      }
      // Not reached: reading kills the process through the handler.
      exit(sum == 0 ? 0 : 1)
    }
  }

  @Test func `a file that changes while it is read is refused`() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write([1, 2, 3], to: "model")
    let source = try ByteSource.mapping(path: path)
    try folder.write([1, 2, 3, 4], to: "model")
    #expect(throws: ReadError.self) { try source.checkUnchanged(path: path) }
  }

  @Test func `weights that are used twice or never are findings`() throws {
    let folder = try TemporaryDirectory()
    let values = (0..<32).map { Float($0) }
    let path = try folder.write(
      ONNX.model([
        ONNX.node("Add", ["x", "a"], ["t"]), ONNX.node("Mul", ["t", "b"], ["y"]),
        ONNX.input("x", [1, 32]), ONNX.output("y"),
        ONNX.floats(initializer: "a", [32], values), ONNX.floats(initializer: "b", [32], values),
        ONNX.floats(initializer: "c", [16], (0..<16).map { Float($0) + 0.5 }),
      ]),
      to: "spare.onnx"
    )
    let document = try BuiltTool.run([path, "--format", "json"]).object()
    let findings = try #require(document["findings"] as? [[String: Any]])
    #expect(
      findings.map { $0["code"] as? String } == ["B01 dead-weights", "B02 duplicate-weights"]
    )
    let bytes = try #require(document["bytes"] as? [[String: Any]])
    let byCategory = Dictionary(
      uniqueKeysWithValues: bytes.compactMap { entry -> (String, Int)? in
        guard let name = entry["category"] as? String, let count = entry["bytes"] as? Int else {
          return nil
        }
        return (name, count)
      }
    )
    #expect(byCategory["duplicates"] == 128)
    #expect(byCategory["dead-weights"] == 64)
    let total = (document["totals"] as? [String: Any])?["fileBytes"] as? Int
    #expect(byCategory.values.reduce(0, +) == total)
  }
}
