import ByteIO
import Foundation
import FormatONNX
import FormatTFLite
import ModelIR
import Operators
import TestSupport

@testable import Execution

/// Float models that the compiled graph is compared on.
enum CompiledModels {
  /// Models of the package's examples.
  static let examples = [
    "digits_cnn.tflite", "digits_dscnn.tflite", "digits_cnn_fp16.tflite",
    "digits_dscnn_dynamic.tflite", "digits_cnn_int8.tflite", "digits_cnn.onnx",
    "digits_dscnn.onnx",
  ]

  /// Shared models whose reference run takes a few seconds at most.
  static let shared = [
    "tflm/hello_world_f32.tflite", "mlperf_tiny/ad_autoencoder_f32.tflite",
    "mlperf_tiny/kws_dscnn_f32.tflite", "trained/mnist_cnn/mnist_cnn.onnx",
    "trained/mnist_cnn/mnist_cnn_f32.tflite", "trained/mnist_cnn/mnist_cnn_dynamic.tflite",
    "trained/cifar_dscnn/cifar_dscnn_dynamic.tflite", "onnx/mnist_vit.onnx",
    "trained/cifar_dscnn/cifar_dscnn.onnx",
  ].filter { SharedModels.directory != nil && SharedModels.manifest[$0] != nil }

  static func example(_ name: String) throws -> Model {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Examples/digits/" + name).standardizedFileURL.path
    return try load(root)
  }

  static func load(_ path: String) throws -> Model {
    let bytes = try ByteSource.mapping(path: path).bytes
    return path.hasSuffix(".onnx")
      ? try ONNXFormat.load(bytes, path: path) : try TFLiteFormat.load(bytes, path: path)
  }

  /// The extents of the inputs, 1 for each that the file leaves open.
  static func shapes(_ model: Model) -> [ValueID: [Int]] {
    var result: [ValueID: [Int]] = [:]
    for input in model.main.inputs where !model.main[input].shape.isFixed {
      result[input] = model.main[input].shape.dimensions?.map { $0.size ?? 1 } ?? []
    }
    return result
  }

  /// Numbers from −1 to 1 (bytes where integers are taken), the same for the same seed.
  static func inputs(_ model: Model, seed: UInt64 = 1) -> [Tensor] {
    var state = seed
    func next() -> UInt64 {
      // Knuth's MMIX generator; the high bits are the good ones.
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    let shapes = shapes(model)
    return model.main.inputs.map { input in
      let value = model.main[input]
      let sizes = shapes[input] ?? value.shape.sizes ?? []
      let count = checkedProduct(sizes) ?? 0
      return value.type == .float32
        ? Tensor(sizes, floats: (0..<count).map { _ in Float(next() % 2001) / 1000 - 1 })
        : Tensor(
          type: value.type,
          sizes: sizes,
          elements: .integers((0..<count).map { _ in Int64(next() % 100) })
        )
    }
  }

  /// The largest difference over the range of the expected numbers; infinite where types differ.
  static func distance(_ found: [Tensor], _ expected: [Tensor]) -> Double {
    guard found.map(\.tensorType) == expected.map(\.tensorType) else { return .infinity }
    var most = 0.0
    for (a, b) in zip(found, expected) {
      guard let x = a.doubleValues, let y = b.doubleValues, x.count == y.count else {
        return .infinity
      }
      let range = max((y.max() ?? 0) - (y.min() ?? 0), (y.map(\.magnitude).max() ?? 0), 1e-6)
      for (p, q) in zip(x, y) { most = max(most, (p - q).magnitude / range) }
    }
    return most
  }
}
