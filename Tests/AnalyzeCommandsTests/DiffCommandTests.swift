import Foundation
import TestSupport
import Testing

@Suite struct DiffCommandTests {
  private static let old = "Examples/digits/digits_cnn.tflite"
  private static let new = "Examples/digits/digits_cnn_int8.tflite"

  @Test func `rows sum to the change of the file`() throws {
    for pair in [(Self.old, Self.new), (Self.old, "Examples/digits/digits_dscnn.onnx")] {
      let object = try BuiltTool.run(["diff", pair.0, pair.1, "--format", "json"]).object()
      func sum(_ rows: Any?, _ key: String) -> Int {
        (rows as? [[String: Any]] ?? []).reduce(0) { $0 + ($1[key] as? Int ?? 0) }
      }
      let totals = try #require(object["totals"] as? [[String: Any]])
      let change = try #require(totals.first { $0["name"] as? String == "fileBytes" })
      let delta = try #require(change["delta"] as? Int)
      #expect(sum(object["operators"], "deltaBytes") + sum(object["otherBytes"], "delta") == delta)
      #expect(sum(object["bytes"], "delta") == delta)
    }
  }

  @Test func `a quantized model is the same layers in other types`() throws {
    let object = try BuiltTool.run(["diff", Self.old, Self.new, "--format", "json"]).object()
    let rows = try #require(object["operators"] as? [[String: Any]])
    #expect(rows.allSatisfy { $0["status"] as? String == "changed" })
    #expect(rows.contains { ($0["changes"] as? [String])?.contains("weightType") == true })
  }

  @Test func `saved reports compare as the models do`() throws {
    let folder = try TemporaryDirectory()
    var paths: [String] = []
    for (index, model) in [Self.old, Self.new].enumerated() {
      let path = folder.path + "/\(index).json"
      #expect(try BuiltTool.run(["report", model, "--format", "json", "-o", path]).status == 0)
      paths.append(path)
    }
    let models = try BuiltTool.run(["diff", Self.old, Self.new, "--format", "json"])
    #expect(try BuiltTool.run(["diff"] + paths + ["--format", "json"]).output == models.output)
  }

  @Test func `nothing changed is said`() throws {
    let outcome = try BuiltTool.run(["diff", Self.old, Self.old])
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("no difference"))
  }

  @Test func `the same network in two formats is recognised`() throws {
    let object = try BuiltTool.run([
      "diff", Self.old, "Examples/digits/digits_cnn.onnx", "--format", "json",
    ]).object()
    let rows = try #require(object["operators"] as? [[String: Any]])
    // Convolutions, pooling, the dense layer, flattening and the softmax.
    #expect(rows.count { $0["old"] is [String: Any] && $0["new"] is [String: Any] } >= 6)
  }

  @Test func `what cannot be compared is an error`() throws {
    #expect(try BuiltTool.run(["diff", Self.old, "missing.tflite"]).status == 2)
    #expect(try BuiltTool.run(["diff", Self.old, "README.md"]).status == 2)
    #expect(try BuiltTool.run(["diff", Self.old]).status == 2)
    #expect(try BuiltTool.run(["diff", Self.old, Self.new, "-o", Self.old]).status == 2)
  }
}
