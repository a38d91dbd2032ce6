import TestSupport
import Testing

/// The committed reports of the example are what the tool prints today.
@Suite struct ExampleReportTests {
  @Test(arguments: [
    (model: "digits_cnn.tflite", format: "text", name: "digits_cnn.tflite.txt"),
    (model: "digits_cnn.tflite", format: "json", name: "digits_cnn.tflite.json"),
    (model: "digits_cnn_int8.tflite", format: "text", name: "digits_cnn_int8.tflite.txt"),
    (model: "digits_dscnn.tflite", format: "text", name: "digits_dscnn.tflite.txt"),
    (model: "digits_dscnn.onnx", format: "text", name: "digits_dscnn.onnx.txt"),
    (model: "digits_dscnn.onnx", format: "json", name: "digits_dscnn.onnx.json"),
  ])
  func `the committed report is current`(model: String, format: String, name: String) throws {
    let outcome = try BuiltTool.run(["Examples/digits/" + model, "--format", format])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    try expectSnapshot(
      outcome.text,
      named: name,
      in: #filePath,
      folder: BuiltTool.packageRoot + "/reports/examples"
    )
  }
}
