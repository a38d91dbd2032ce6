import ByteIO
import Execution
import FormatONNX
import ModelIR
import Operators
import TestSupport
import Testing
import WireFormats

/// Calling models with arrays of their names and shapes, or of more rows.
@Suite struct ModelCallTests {
  /// `y = -x`, `z = |y|`, for rows of two.
  private func call(rows: ONNX.Extent) throws -> ModelCall {
    let bytes = ONNX.model([
      ONNX.node("Neg", ["x"], ["y"]), ONNX.node("Abs", ["y"], ["z"]),
      ONNX.input("x", [rows, 2]), ONNX.output("z"),
    ])
    return try ModelCall(try ONNXFormat.load(ByteSource(bytes).bytes, path: "test.onnx"))
  }

  private func archive(_ arrays: [(name: String, tensor: Tensor)]) throws -> TensorArchive {
    try TensorArchive(ByteSource(try TensorArchive.serialized(arrays)).bytes)
  }

  private let rows = Tensor([3, 2], floats: [1, -2, 3, -4, 5, -6])

  @Test(arguments: ["x", "in0", "anything, as the only array"])
  func `arrays are found by name or place`(name: String) throws {
    let tensors = try call(rows: 3).tensors(from: try archive([(name, rows)]))
    #expect(tensors == [rows])
  }

  @Test func `a missing array is named`() throws {
    let given = try archive([("a", rows), ("b", rows)])
    let error = #expect(throws: ExecutionError.self) { try call(rows: 3).tensors(from: given) }
    #expect(error?.code == .dataInvalid)
    #expect(error?.message.contains("\"x\" or \"in0\"") == true)
  }

  @Test(arguments: [ONNX.Extent.size(1), .size(3), .name("batch")])
  func `more rows than the model has are run piece by piece`(extent: ONNX.Extent) throws {
    let results = try call(rows: extent).run([rows])
    #expect(results.outputs == [Tensor([3, 2], floats: [1, 2, 3, 4, 5, 6])])
  }

  @Test(arguments: [ModelCall.Engine.reference, .compiled(threads: 1)])
  func `a run that takes longer than allowed ends after an operator`(engine: ModelCall.Engine)
    throws
  {
    let call = try call(rows: 3)
    let error = #expect(throws: ExecutionError.self) {
      try call.run([rows], limits: .init(seconds: 0), engine: engine)
    }
    #expect(error?.code == .limitExceeded)
    #expect(error?.message.contains("--limit kernel-time=") == true)
    #expect(throws: Never.self) {
      try call.run([rows], limits: .init(seconds: 600), engine: engine)
    }
  }

  @Test func `kept tensors are joined too`() throws {
    let call = try call(rows: 1)
    let results = try call.run([rows], keeping: Set(call.computedValues))
    let value = try #require(call.computedValues.first)
    #expect(results.kept[value] == Tensor([3, 2], floats: [-1, 2, -3, 4, -5, 6]))
  }

  @Test(arguments: [[3, 3], [4, 2], [0, 2], [6]])
  func `shapes that do not fit are refused`(sizes: [Int]) throws {
    let tensor = Tensor(sizes, floats: Array(repeating: 0, count: sizes.reduce(1, *)))
    let error = #expect(throws: ExecutionError.self) { try call(rows: 3).run([tensor]) }
    #expect(error?.code == .dataInvalid)
    #expect(error?.message.hasPrefix("input \"x\" takes float32") == true)
  }

  @Test func `types are the model's own`() throws {
    let error = #expect(throws: ExecutionError.self) {
      try call(rows: 3).run([Tensor([3, 2], integers: [1, 2, 3, 4, 5, 6])])
    }
    #expect(error?.message.contains("given is int64") == true)
  }

  @Test func `unknown signatures are refused`() throws {
    let error = #expect(throws: ExecutionError.self) {
      try ModelCall(try call(rows: 3).model, signature: "serve")
    }
    #expect(error?.code == .usage)
  }

  @Test func `results above the limit are refused before they are made`() throws {
    let error = #expect(throws: ExecutionError.self) {
      try call(rows: 3).run([rows], limits: Interpreter.Limits(tensorBytes: 8))
    }
    #expect(error?.code == .limitExceeded)
  }

  @Test func `damaged archives are errors of the data`() throws {
    let bytes = try TensorArchive.serialized([("x", rows)])
    for count in 0..<bytes.count {
      let prefix = ByteSource(Array(bytes.prefix(count))).bytes
      let error = #expect(throws: ReadError.self) { try TensorArchive(prefix) }
      #expect(error?.code == .dataInvalid)
    }
  }
}
