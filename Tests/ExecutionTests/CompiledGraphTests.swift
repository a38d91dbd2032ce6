import ByteIO
import FormatONNX
import Kernels
import ModelIR
import Operators
import TestSupport
import Testing

@testable import Execution

// The expected numbers are the interpreter's. 1e-5 of the range: sums of up to some thousand products
// in float32, in another order.
@Suite struct CompiledGraphTests {
  static let tolerance = 1e-5

  private func compare(_ model: Model) throws {
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    let inputs = CompiledModels.inputs(model)
    let executor = try CompiledGraph.Executor(compiled)
    let expected = try Interpreter(model).run(inputs: inputs).outputs
    #expect(
      CompiledModels.distance(try executor.run(inputs: inputs), expected) < Self.tolerance
    )
    // Nothing of a run is left over in the next one.
    _ = try executor.run(inputs: CompiledModels.inputs(model, seed: 2))
    #expect(
      CompiledModels.distance(try executor.run(inputs: inputs), expected) < Self.tolerance
    )
  }

  @Test(arguments: CompiledModels.examples)
  func `examples give the interpreter's results`(name: String) throws {
    try compare(try CompiledModels.example(name))
  }

  @Test(arguments: CompiledModels.shared)
  func `real models give the interpreter's results`(name: String) throws {
    try compare(try CompiledModels.load(SharedModels.path(name)))
  }

  @Test(arguments: ["digits_cnn.tflite", "digits_dscnn.tflite", "digits_dscnn.onnx"])
  func `every kept value is the interpreter's, in the model's layout`(name: String) throws {
    let model = try CompiledModels.example(name)
    let inputs = CompiledModels.inputs(model)
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    let all = Set(compiled.stepNodes.flatMap { model.main[$0].outputs.compactMap { $0 } })
    let expected = try Interpreter(model).run(inputs: inputs, keeping: all).kept
    let found = try CompiledGraph.Executor(compiled).run(inputs: inputs, keeping: all).kept
    #expect(found.count == all.count)
    for value in all.sorted() {
      let pair = (found: try #require(found[value]), expected: try #require(expected[value]))
      #expect(CompiledModels.distance([pair.found], [pair.expected]) < Self.tolerance)
    }
  }

  @Test(arguments: ["digits_cnn.tflite", "digits_dscnn.onnx"])
  func `float layers have kernels`(name: String) throws {
    let model = try CompiledModels.example(name)
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    let evaluated = compiled.fallbackNodes.map { model.main[$0].op.name }
    let hot = ["convolution", "depthwiseConvolution", "fullyConnected", "gemm", "maxPool"]
    #expect(evaluated.filter(hot.contains) == [])
    #expect(compiled.packedBytes > 0)
  }

  @Test func `memory is shared by values that do not live together`() throws {
    let model = try CompiledModels.example("digits_cnn.tflite")
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    #expect(compiled.shared.byteCount < compiled.separate.byteCount)
    #expect(
      compiled.plannedBytes(keepsAll: true)
        == compiled.plannedBytes() + compiled.separate.byteCount
    )
  }

  @Test(arguments: ["digits_cnn.tflite", "digits_dscnn.onnx"])
  func `results do not depend on the number of threads`(name: String) throws {
    let model = try CompiledModels.example(name)
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    let samples = (1...5).map { CompiledModels.inputs(model, seed: $0) }
    let alone = try CompiledGraph.Executor(compiled)
    let expected = try samples.map { try alone.run(inputs: $0) }
    let queue = WorkQueue(threadCount: 2)
    #expect(try compiled.run(samples: samples, on: queue) == expected)
    let inside = try CompiledGraph.Executor(compiled, queue: queue)
    #expect(try samples.map { try inside.run(inputs: $0) } == expected)
  }

  @Test func `an input that does not fit is refused`() throws {
    let model = try CompiledModels.example("digits_cnn.tflite")
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    let executor = try CompiledGraph.Executor(compiled)
    #expect(throws: ExecutionError.self) { try executor.run(inputs: []) }
    #expect(throws: ExecutionError.self) {
      try executor.run(inputs: [Tensor([1, 4, 4, 1], floats: Array(repeating: 0, count: 16))])
    }
  }

  @Test func `activations above the limit are refused`() throws {
    let model = try CompiledModels.example("digits_cnn.tflite")
    #expect(throws: ExecutionError.self) {
      try CompiledGraph(
        model,
        inputShapes: CompiledModels.shapes(model),
        limits: .init(arenaBytes: 100)
      )
    }
  }
}
