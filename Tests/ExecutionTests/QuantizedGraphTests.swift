import ByteIO
import Kernels
import ModelIR
import Operators
import TestSupport
import Testing

@testable import Execution

// The expected integers are the interpreter's, which are those of LiteRT's reference kernels
// (GoldenTests).
@Suite struct QuantizedGraphTests {
  static let shared = [
    "mlperf_tiny/ic_resnet8_int8.tflite", "mlperf_tiny/kws_dscnn_int8.tflite",
    "mlperf_tiny/ad_autoencoder_int8.tflite", "mlperf_tiny/sww_ref_int8.tflite",
    "mlperf_tiny/vww_mobilenet_96_int8.tflite", "tflm/hello_world_int8.tflite",
    "tflm/micro_speech_int8.tflite", "tflm/person_detect_int8.tflite",
    "trained/mnist_cnn/mnist_cnn_int8.tflite",
    "trained/mnist_cnn/mnist_cnn_int8_float_io.tflite",
    "trained/mnist_cnn/mnist_cnn_int8_per_tensor.tflite",
    "trained/cifar_dscnn/cifar_dscnn_int8.tflite",
    "trained/cifar_dscnn/cifar_dscnn_int8_float_io.tflite",
    "trained/cifar_dscnn/cifar_dscnn_int8_per_tensor.tflite",
  ].filter { SharedModels.directory != nil && SharedModels.manifest[$0] != nil }

  private func compare(_ model: Model) throws {
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    #expect(compiled.fallbackNodes.map { model.main[$0].op.name } == [])
    let values = compiled.stepNodes.flatMap { model.main[$0].outputs.compactMap { $0 } }
    let inputs = CompiledModels.inputs(model)
    let expected = try Interpreter(model).run(inputs: inputs, keeping: Set(values))
    let executor = try CompiledGraph.Executor(compiled)
    #expect(try executor.run(inputs: inputs) == expected.outputs)
    let found = try executor.run(inputs: inputs, keeping: Set(values)).kept
    for value in values { #expect(found[value] == expected.kept[value]) }
    let inside = try CompiledGraph.Executor(compiled, queue: WorkQueue(threadCount: 2))
    #expect(try inside.run(inputs: inputs) == expected.outputs)
  }

  @Test(arguments: shared)
  func `integer models give the reference's integers`(name: String) throws {
    try compare(try CompiledModels.load(SharedModels.path(name)))
  }

  @Test func `an integer example gives the reference's integers`() throws {
    try compare(try CompiledModels.example("digits_cnn_int8.tflite"))
  }

  @Test func `the fast arithmetic differs by few steps`() throws {
    let model = try CompiledModels.example("digits_cnn_int8.tflite")
    let shapes = CompiledModels.shapes(model)
    let inputs = CompiledModels.inputs(model)
    let convolution = try #require(
      model.main.nodeIDs.first { model.main[$0].op.name == "convolution" }
    )
    let value = try #require(model.main[convolution].outputs[0])
    func run(_ arithmetic: CompiledGraph.Arithmetic) throws -> [Int] {
      let compiled = try CompiledGraph(model, inputShapes: shapes, arithmetic: arithmetic)
      let kept = try CompiledGraph.Executor(compiled).run(inputs: inputs, keeping: [value]).kept
      return try #require(kept[value]?.integerValues)
    }
    let (exact, fast) = (try run(.reference), try run(.fast))
    #expect(exact.count == fast.count)
    #expect(zip(exact, fast).allSatisfy { ($0 - $1).magnitude <= 1 })
  }
}
