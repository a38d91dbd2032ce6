import ByteIO
import Foundation
import FormatTFLite
import ModelIR
import Operators
import Testing

@testable import Execution

/// Models with state against successive calls of the official runtime
/// (`Tests/Oracles/stateful_models.py`).
@Suite struct StateTests {
  /// One call: the input and what the runtime gives.
  private struct Call: Decodable {
    var input: Array
    var outputs: [Array]
  }

  private struct Array: Decodable {
    var type: String
    var shape: [Int]
    var values: [Element]

    func tensor() throws -> Tensor {
      let type = try #require(ElementType(rawValue: type))
      let elements: Tensor.Elements
      switch type {
      case .float32: elements = .floats(values.map { Float($0.number ?? .nan) })
      case .string: elements = .strings(values.map { $0.text ?? "" })
      default: elements = .integers(values.map { Int64($0.number ?? 0) })
      }
      return Tensor(type: type, sizes: shape, elements: elements)
    }
  }

  private struct Element: Decodable {
    var number: Double?
    var text: String?

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      number = try? container.decode(Double.self)
      text = try? container.decode(String.self)
    }
  }

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  private func calls(_ name: String) throws -> [Call] {
    let data = try Data(contentsOf: Self.folder.appendingPathComponent("stateful.json"))
    let all = try JSONDecoder().decode([String: [Call]].self, from: data)
    return try #require(all[name])
  }

  private func model(_ name: String) throws -> Model {
    let path = Self.folder.appendingPathComponent(name + ".tflite").path
    return try TFLiteFormat.load(try ByteSource.mapping(path: path).bytes, path: path)
  }

  private func expectEqual(_ results: [Tensor], _ call: Call) throws {
    for (result, official) in zip(results, try call.outputs.map { try $0.tensor() }) {
      #expect(result.tensorType == official.tensorType)
      guard case .floats(let found) = result.elements, case .floats(let wanted) = official.elements
      else {
        #expect(result.elements == official.elements)
        continue
      }
      #expect(zip(found, wanted).allSatisfy { ($0 - $1).magnitude <= 2e-6 }, "\(found), \(wanted)")
    }
    #expect(results.count == call.outputs.count)
  }

  @Test(arguments: ["accumulator", "table", "lstm", "lstm_int8"])
  func `an interpreter keeps its state from run to run`(name: String) throws {
    let interpreter = Interpreter(try model(name))
    for call in try calls(name) {
      let results = try interpreter.run(inputs: [try call.input.tensor()])
      try expectEqual(results.outputs, call)
    }
  }

  @Test(arguments: ["accumulator", "table", "lstm", "lstm_int8"])
  func `an executor keeps its state from run to run`(name: String) throws {
    let executor = try CompiledGraph.Executor(try CompiledGraph(try model(name)))
    for call in try calls(name) {
      try expectEqual(try executor.run(inputs: [try call.input.tensor()]), call)
    }
  }

  @Test func `executors do not share state`() throws {
    let compiled = try CompiledGraph(try model("accumulator"))
    let first = try #require(try calls("accumulator").first)
    for _ in 0..<2 {
      let executor = try CompiledGraph.Executor(compiled)
      try expectEqual(try executor.run(inputs: [try first.input.tensor()]), first)
    }
  }

  @Test func `pieces of a model with state are run in order on any number of threads`() throws {
    let all = try calls("accumulator")
    let rows = try Tensor.stacked(try all.map { try $0.input.tensor() })
    let wanted = try Tensor.stacked(try all.map { try $0.outputs[0].tensor() })
    for engine in [ModelCall.Engine.reference, .compiled(threads: 1), .compiled(threads: 4)] {
      let found = try ModelCall(try model("accumulator")).run([rows], engine: engine).outputs[0]
      #expect(CompiledModels.distance([found], [wanted]) <= 1e-6)
    }
  }

  @Test func `resuming starts from the state that the run found and leaves it as it was`() throws {
    let compiled = try CompiledGraph(try model("lstm"))
    let executor = try CompiledGraph.Executor(compiled, keepsAll: true)
    let all = try calls("lstm")
    let first = try #require(compiled.stepNodes.first)
    try expectEqual(try executor.run(inputs: [try all[0].input.tensor()]), all[0])
    for _ in 0..<2 { try expectEqual(try executor.resume(from: first).outputs, all[0]) }
    try expectEqual(try executor.run(inputs: [try all[1].input.tensor()]), all[1])
  }

  @Test func `a variable that nobody assigned is refused with its node`() throws {
    var model = try model("accumulator")
    for index in model.main.nodes.indices where model.main.nodes[index].op == .known("callOnce") {
      model.graphs[0].nodes.remove(at: index)
      break
    }
    let input = Tensor([1, 3], floats: [1, 2, 3])
    let error = #expect(throws: ExecutionError.self) {
      try Interpreter(model).run(inputs: [input])
    }
    #expect(error?.code == .modelInvalid)
    #expect(error?.message.contains("READ_VARIABLE") == true)
    #expect(error?.path?.hasPrefix("subgraphs[0].operators[") == true)
  }
}
