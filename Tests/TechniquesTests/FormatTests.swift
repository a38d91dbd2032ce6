import ByteIO
import Calibration
import FormatKeras
import FormatONNX
import FormatTFLite
import FormatTensorFlow
import Foundation
import ModelIR
import Testing

@testable import Techniques

/// The layers of one network are the same layers, whatever format it is saved in.
@Suite struct FormatTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Examples/digits").standardizedFileURL.path

  private static func model(_ name: String) throws -> Model {
    let path = folder + "/" + name
    if ByteSource.isDirectory(path) {
      let directory = try DirectoryHandle(path: path)
      return try TensorFlowFormat.load(directory: directory, path: path, signature: nil).model
    }
    let bytes = try ByteSource.mapping(path: path).bytes
    if name.hasSuffix(".tflite") { return try TFLiteFormat.load(bytes, path: path) }
    if name.hasSuffix(".onnx") { return try ONNXFormat.load(bytes, path: path) }
    if name.hasSuffix(".pb") { return try TensorFlowFormat.load(bytes, path: path) }
    return try KerasFormat.load(bytes, path: path)
  }

  /// The scales of int8-channel.
  private static func scales(_ layer: WeightLayer, _ model: Model) throws -> [Float] {
    let values = try #require(layer.matrix(in: model.main))
    guard case .weights(let coding) = try Action("int8-channel").effect else { return [] }
    return try coding.encode(WeightMatrix(layer: layer, values: values)).scales
  }

  @Test(arguments: [
    "digits_cnn.h5", "digits_cnn.keras", "digits_cnn_savedmodel", "digits_cnn_frozen.pb",
    "digits_cnn.onnx",
  ])
  func `a technique sees the layers of TensorFlow Lite`(_ name: String) throws {
    let lite = try Self.model("digits_cnn.tflite")
    let other = try Self.model(name)
    let wanted = WeightLayer.all(in: lite.main)
    let found = WeightLayer.all(in: other.main)
    #expect(wanted.count == 3)
    try #require(found.map(\.form) == wanted.map(\.form))
    for (left, right) in zip(found, wanted) {
      #expect(left.outputs == right.outputs)
      #expect(left.taps == right.taps)
      let scales = try Self.scales(left, other)
      #expect(scales.count == left.outputs)
      #expect(try scales == Self.scales(right, lite))
    }
  }
}
