import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

/// What `analyze plan -o DIR` leaves in its folder.
@Suite struct PlanFilesTests {
  private func plan(_ folder: String, _ arguments: [String]) throws -> BuiltTool.Outcome {
    try BuiltTool.run(["plan"] + arguments + ["--quiet", "-o", folder])
  }

  private func document(_ path: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func `the folder holds the page, the front, both graphs and the recipes`() throws {
    let folder = try TemporaryDirectory()
    let outcome = try plan(
      folder.path,
      ["Examples/digits/digits_dscnn.tflite", "--budget", "size<=40%"]
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    for name in ["pareto.svg", "before.svg", "after.svg", "curves-bits.svg"] {
      let data = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name))
      #expect(XMLParser(data: data).parse(), "\(name)")
    }
    let page = try String(contentsOfFile: folder.path + "/report.html", encoding: .utf8)
    #expect(page.contains("default-src 'none'"))
    #expect(page.contains("data-plan="))
    let plan = try document(folder.path + "/plan.json")
    #expect((plan["alternatives"] as? [Any])?.count ?? 0 >= 12)
    for recipe in try #require(plan["recipes"] as? [String]) {
      #expect(FileManager.default.fileExists(atPath: folder.path + "/" + recipe), "\(recipe)")
    }
    // The converter's whole modes, and the plan itself.
    let variants = (plan["recipeFiles"] as? [[String: Any]] ?? []).compactMap { $0["variant"] }
    #expect(variants.count == 4)
    // Nothing was run: no advice.
    #expect((plan["training"] as? [Any])?.isEmpty == true)
  }

  /// Three layers of five actions have few answers, and all of them are told.
  @Test func `a small model's front has twelve points too`() throws {
    let outcome = try BuiltTool.run([
      "plan", "Examples/digits/digits_cnn.tflite", "--budget", "size<=30%", "--format", "json",
      "--quiet",
    ])
    let points = try #require(try outcome.object()["alternatives"] as? [[String: Any]])
    #expect(points.count >= 12)
    let sizes = points.compactMap { $0["fileBytes"] as? Int }
    #expect(sizes == sizes.sorted())
    let losses = points.compactMap { $0["divergence"] as? Double }
    #expect(losses == losses.sorted(by: >))
  }

  @Test func `twins of an ensemble are told to be merged`() throws {
    let folder = try TemporaryDirectory()
    let outcome = try plan(
      folder.path,
      [
        "Examples/digits/digits_cnn.tflite", "--calibration", "Examples/digits/test.npz",
        "--effort",
        "screen", "--actions", "int8-channel", "--budget", "size<=50%", "--member",
        "Examples/digits/digits_cnn_fp16.tflite",
      ]
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    let advice = try #require(
      try document(folder.path + "/plan.json")["training"] as? [[String: Any]]
    )
    let merging = advice.first { $0["step"] as? String == "merge-members" }
    // The file of half the size serves for both.
    #expect((merging?["sites"] as? [String])?.first == "digits_cnn_fp16.tflite")
    #expect((merging?["measurement"] as? [String: Any])?["value"] as? Double == 1)
  }

  @Test func `members need samples`() throws {
    let outcome = try BuiltTool.run([
      "plan", "Examples/digits/digits_cnn.tflite", "--budget", "size<=50%", "--member",
      "Examples/digits/digits_cnn_fp16.tflite",
    ])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("--member"))
  }
}
