import ByteIO
import FormatONNX
import ModelIR
import Operators
import TestSupport
import Testing

@testable import Execution

/// `ModelCall` on compiled graphs: the same as the reference, on any number of threads.
@Suite struct CompiledCallTests {
  private func load(_ entries: [ONNX.Part]) throws -> Model {
    try ONNXFormat.load(ByteSource(ONNX.model(entries)).bytes, path: "test.onnx")
  }

  @Test(arguments: ["digits_dscnn.tflite", "digits_cnn_int8.tflite", "digits_dscnn.onnx"])
  func `results and kept tensors do not depend on the number of threads`(name: String) throws {
    let call = try ModelCall(try CompiledModels.example(name))
    let input = CompiledModels.inputs(call.model)[0]
    var pieces: [Tensor] = []
    for _ in 0..<5 { pieces.append(input) }
    let rows = try Tensor.stacked(pieces)
    let keep = Set(call.computedValues)
    let one = try call.run([rows], keeping: keep, engine: .compiled(threads: 1))
    for threads in [2, 3, 7] {
      let more = try call.run([rows], keeping: keep, engine: .compiled(threads: threads))
      #expect(more.outputs == one.outputs)
      #expect(more.kept == one.kept)
    }
    #expect(Set(one.kept.keys) == keep)
    let reference = try call.run([rows], keeping: keep)
    #expect(CompiledModels.distance(one.outputs, reference.outputs) <= 1e-5)
    for value in keep {
      let found = try #require(one.kept[value])
      let wanted = try #require(reference.kept[value])
      #expect(CompiledModels.distance([found], [wanted]) <= 1e-4)
    }
  }

  @Test func `what depends on constants alone is kept too`() throws {
    let model = try load([
      ONNX.node("Shape", ["x"], ["s"]), ONNX.node("Neg", ["x"], ["y"]),
      ONNX.input("x", [.size(2), .size(3)]), ONNX.output("y"),
    ])
    let call = try ModelCall(model)
    let input = Tensor([2, 3], floats: [1, 2, 3, 4, 5, 6])
    let keep = Set(call.computedValues)
    let results = try call.run([input], keeping: keep, engine: .compiled(threads: 1))
    #expect(Set(results.kept.keys) == keep)
  }

  @Test func `progress ends with all pieces`() throws {
    let call = try ModelCall(try CompiledModels.example("digits_cnn.tflite"))
    let input = CompiledModels.inputs(call.model)[0]
    let rows = try Tensor.stacked(Array(repeating: input, count: 40))
    var seen: [Int] = []
    _ = try call.run([rows], engine: .compiled(threads: 2)) { done, total in
      #expect(total == 40)
      seen.append(done)
    }
    #expect(seen == seen.sorted())
    #expect(seen.last == 40)
  }

  @Test func `NaN and infinity run`() throws {
    let model = try load([
      ONNX.node("Neg", ["x"], ["y"]), ONNX.input("x", [.size(2)]), ONNX.output("y"),
    ])
    for engine in [ModelCall.Engine.reference, .compiled(threads: 1)] {
      let input = Tensor([2], floats: [.nan, .infinity])
      let result = try ModelCall(model).run([input], engine: engine).outputs[0]
      let values = try #require(result.doubleValues)
      #expect(values[0].isNaN)
      #expect(values[1] == -.infinity)
    }
  }

  // MARK: - Bad input

  @Test(arguments: [ModelCall.Engine.reference, .compiled(threads: 2)])
  func `a result above the limit is refused before it is made`(engine: ModelCall.Engine) throws {
    // 2^40 elements: making them would take the machine down.
    let model = try load([
      ONNX.node("Expand", ["x", "shape"], ["y"]), ONNX.input("x", [.size(1)]), ONNX.output("y"),
      ONNX.initializer("shape", [.int(1, 2), .int(2, 7), .int(7, 1 << 20), .int(7, 1 << 20)]),
    ])
    let error = #expect(throws: ExecutionError.self) {
      try ModelCall(model).run([Tensor([1], floats: [1])], engine: engine)
    }
    #expect(error?.code == .limitExceeded)
    #expect(error?.message.contains("Expand") == true)
  }

  @Test(arguments: [ModelCall.Engine.reference, .compiled(threads: 2)])
  func `the limit that the caller states holds`(engine: ModelCall.Engine) throws {
    let model = try load([
      ONNX.node("Neg", ["x"], ["y"]), ONNX.input("x", [.size(3)]), ONNX.output("y"),
    ])
    let input = Tensor([3], floats: [1, 2, 3])
    let error = #expect(throws: ExecutionError.self) {
      try ModelCall(model).run([input], limits: .init(tensorBytes: 8), engine: engine)
    }
    #expect(error?.code == .limitExceeded)
    _ = try ModelCall(model).run([input], limits: .init(tensorBytes: 12), engine: engine)
  }

  @Test(arguments: [ModelCall.Engine.reference, .compiled(threads: 2)])
  func `operands that do not fit are the model's fault, at their node`(engine: ModelCall.Engine)
    throws
  {
    let model = try load([
      ONNX.node("MatMul", ["x", "x"], ["y"]), ONNX.input("x", [.size(2), .size(3)]),
      ONNX.output("y"),
    ])
    let error = #expect(throws: ExecutionError.self) {
      try ModelCall(model).run([Tensor([2, 3], floats: [1, 2, 3, 4, 5, 6])], engine: engine)
    }
    #expect(error?.code == .modelInvalid)
    #expect(error?.message.contains("MatMul") == true)
    #expect(error?.path != nil)
  }

  @Test(arguments: [ModelCall.Engine.reference, .compiled(threads: 2)])
  func `an attribute out of range is the model's fault, at its node`(engine: ModelCall.Engine)
    throws
  {
    let model = try load([
      ONNX.node("Softmax", ["x"], ["y"], attributes: [ONNX.int("axis", 7)]),
      ONNX.input("x", [.size(2), .size(3)]), ONNX.output("y"),
    ])
    let error = #expect(throws: ExecutionError.self) {
      try ModelCall(model).run([Tensor([2, 3], floats: [1, 2, 3, 4, 5, 6])], engine: engine)
    }
    #expect(error?.code == .modelInvalid)
    #expect(error?.message.contains("Softmax") == true)
  }

  @Test(arguments: [ModelCall.Engine.reference, .compiled(threads: 2)])
  func `an operator without a kernel is named`(engine: ModelCall.Engine) throws {
    let model = try load([
      ONNX.node("Frobnicate", ["x"], ["y"]), ONNX.input("x", [.size(2)]), ONNX.output("y"),
    ])
    let error = #expect(throws: ExecutionError.self) {
      try ModelCall(model).run([Tensor([2], floats: [1, 2])], engine: engine)
    }
    #expect(error?.code == .modelUnsupported)
    #expect(error?.message.contains("(Frobnicate) has no kernel here") == true)
  }
}
