import Foundation
import TestSupport
import Testing

/// The committed pictures of the example are what the tool draws today.
@Suite struct GalleryTests {
  private static let folder = BuiltTool.packageRoot + "/reports/examples/graphs"
  /// Each colouring and the document that its figures come from, beside the picture.
  private static let colourings = [
    ("macs", nil), ("weights", nil), ("memory", nil), ("target", nil), ("time", "times.json"),
    ("sensitivity", "sensitivity.json"), ("action", "plan.json"),
  ]

  /// The example's models that are in the gallery.
  static let models = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasPrefix("digits_") && !$0.hasSuffix(".svg") }.sorted()

  @Test func `the gallery has every model of the example`() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: BuiltTool.packageRoot + "/Examples/digits"
    )
    let readable = files.filter { $0.hasPrefix("digits_") }
    #expect(Set(readable) == Set(Self.models))
    #expect(readable.count >= 18)
  }

  @Test func `float models are there in each colouring`() throws {
    for model in ["digits_cnn.tflite", "digits_dscnn.onnx", "digits_dscnn.keras"] {
      for (colouring, _) in Self.colourings {
        let file = "\(Self.folder)/\(model)/\(colouring).svg"
        #expect(FileManager.default.fileExists(atPath: file), "\(model), \(colouring)")
      }
    }
  }

  @Test(arguments: models)
  func `the pictures are current`(model: String) throws {
    let scratch = try TemporaryDirectory()
    for (colouring, data) in Self.colourings {
      let file = scratch.path + "/g.svg"
      var arguments = ["graph", "Examples/digits/" + model, "--color-by", colouring, "-o", file]
      if let data {
        let document = "\(Self.folder)/\(model)/\(data)"
        // Compressed models have no sensitivities and no plan.
        guard FileManager.default.fileExists(atPath: document) else { continue }
        arguments += ["--data", document]
      }
      let outcome = try BuiltTool.run(arguments)
      #expect(outcome.status == 0)
      #expect(outcome.errors.isEmpty)
      try expectSnapshot(
        try String(contentsOfFile: file, encoding: .utf8),
        named: colouring + ".svg",
        in: #filePath,
        folder: Self.folder + "/" + model
      )
    }
  }
}
