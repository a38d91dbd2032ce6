import Foundation
import TestSupport
import Testing

/// The committed pictures of the example are what the tool draws today.
@Suite struct GalleryTests {
  private static let folder = BuiltTool.packageRoot + "/reports/examples/graphs"
  private static let colourings = ["macs", "weights", "memory", "target"]

  /// The example's models that are in the gallery.
  static let models = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasPrefix("digits_") && !$0.hasSuffix(".svg") }.sorted()

  @Test func `the gallery has every model of the example that can be read`() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: BuiltTool.packageRoot + "/Examples/digits"
    )
    let readable = files.filter { $0.hasSuffix(".tflite") || $0.hasSuffix(".onnx") }
    #expect(Set(readable).isSubset(of: Self.models))
    #expect(readable.count >= 10)
  }

  @Test(arguments: models)
  func `the pictures are current`(model: String) throws {
    let scratch = try TemporaryDirectory()
    for colouring in Self.colourings {
      let file = scratch.path + "/g.svg"
      let outcome = try BuiltTool.run([
        "graph", "Examples/digits/" + model, "--color-by", colouring, "-o", file,
      ])
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
