import ModelIR
import TestSupport
import Testing

@testable import Execution

@Suite struct CoverageTests {
  /// The operators that are evaluated by their definitions, by model.
  ///
  /// None where a model is not named. A change shows what a change of the engine costs or gives.
  static let evaluated: [String: [String]] = [
    "trained/cifar_dscnn/cifar_dscnn_dynamic.tflite": ["depthwiseConvolution"],
    "onnx/magika_standard_v3_3.onnx": ["cast", "equal", "expand", "mul", "reshape"],
    "onnx/mnist_vit.onnx": ["mul"],
    "basic_pitch/basic_pitch.onnx": ["equal", "log", "pad", "select"],
  ]

  static let models = [
    "mlperf_tiny/ad_autoencoder_f32.tflite", "mlperf_tiny/ic_resnet8_f32.tflite",
    "mlperf_tiny/kws_dscnn_f32.tflite", "mlperf_tiny/vww_mobilenet_96_f32.tflite",
    "tflm/hello_world_f32.tflite", "trained/mnist_cnn/mnist_cnn_f32.tflite",
    "trained/mnist_cnn/mnist_cnn_fp16.tflite", "trained/mnist_cnn/mnist_cnn_dynamic.tflite",
    "trained/mnist_cnn/mnist_cnn.onnx", "trained/cifar_dscnn/cifar_dscnn_f32.tflite",
    "trained/cifar_dscnn/cifar_dscnn_dynamic.tflite", "trained/cifar_dscnn/cifar_dscnn.onnx",
    "onnx/rfb320_simplified.onnx", "onnx/magika_standard_v3_3.onnx", "onnx/mnist_vit.onnx",
    "basic_pitch/basic_pitch.onnx",
  ].filter { SharedModels.directory != nil && SharedModels.manifest[$0] != nil }

  @Test(arguments: models)
  func `shared models run on kernels, but for the operators listed`(name: String) throws {
    let model = try CompiledModels.load(SharedModels.path(name))
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    let found = Set(compiled.fallbackNodes.map { model.main[$0].op.name }).sorted()
    #expect(found == Self.evaluated[name] ?? [])
  }
}
