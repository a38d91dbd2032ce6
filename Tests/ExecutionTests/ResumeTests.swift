import ModelIR
import Operators
import Testing

@testable import Execution

@Suite struct ResumeTests {
  private static let models = ["digits_cnn.tflite", "digits_dscnn.tflite", "digits_dscnn.onnx"]

  /// A model with the constant of each step that has one, halved.
  private struct Case {
    let model: Model
    let compiled: CompiledGraph
    let inputs: [Tensor]
    var changes: [(node: NodeID, value: ValueID, tensor: Tensor)] = []

    init(_ name: String) throws {
      model = try CompiledModels.example(name)
      compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
      inputs = CompiledModels.inputs(model)
      for step in compiled.steps where step.kernel != nil {
        for value in step.reads {
          guard let tensor = compiled.constant(value), case .floats(let floats) = tensor.elements
          else { continue }
          let halved = Tensor(tensor.sizes, floats: floats.map { $0 / 2 })
          changes.append((step.node, value, halved))
        }
      }
    }
  }

  @Test(arguments: models)
  func `resuming with other weights equals a full run with them`(name: String) throws {
    let test = try Case(name)
    #expect(!test.changes.isEmpty)
    let executor = try CompiledGraph.Executor(test.compiled, keepsAll: true)
    let original = try executor.run(inputs: test.inputs)
    for change in test.changes.reversed() + test.changes {
      let values = [change.value: change.tensor]
      let variant = try test.compiled.replacing(values)
      let expected = try CompiledGraph.Executor(variant).run(inputs: test.inputs)
      #expect(try executor.resume(from: change.node, replacing: values).outputs == expected)
      #expect(expected != original)
    }
    let first = try #require(test.compiled.stepNodes.first)
    #expect(try executor.resume(from: first).outputs == original)
  }

  @Test(arguments: models)
  func `resuming with a replaced activation runs what depends on it`(name: String) throws {
    let test = try Case(name)
    let nodes = test.compiled.stepNodes
    let middle = nodes[nodes.count / 2]
    let value = try #require(test.model.main[middle].inputs[0])
    let executor = try CompiledGraph.Executor(test.compiled, keepsAll: true)
    let run = try executor.run(inputs: test.inputs, keeping: [value])
    let kept = try #require(run.kept[value])
    #expect(try executor.resume(from: middle, replacing: [value: kept]).outputs == run.outputs)
    let zeros = Tensor(kept.sizes, floats: Array(repeating: 0, count: kept.count))
    let output = try #require(test.model.main.outputs.first)
    let found = try executor.resume(from: middle, replacing: [value: zeros], keeping: [output])
    #expect(found.outputs != run.outputs)
    #expect(found.kept[output] == found.outputs.first)
  }

  @Test(arguments: models)
  func `a computed value is replaced where it is computed`(name: String) throws {
    let test = try Case(name)
    let nodes = test.compiled.stepNodes
    let late = try #require(test.model.main[nodes[nodes.count - 2]].outputs[0])
    let input = try #require(test.model.main.inputs.first)
    let executor = try CompiledGraph.Executor(test.compiled, keepsAll: true)
    let run = try executor.run(inputs: test.inputs, keeping: [late])
    let kept = try #require(run.kept[late])
    // Another input changes everything before the replaced value and nothing behind it.
    let other = CompiledModels.inputs(test.model, seed: 7)[0]
    let first = try #require(nodes.first)
    let found = try executor.resume(from: first, replacing: [input: other, late: kept])
    #expect(found.outputs == run.outputs)
    #expect(try executor.resume(from: first, replacing: [input: other]).outputs != run.outputs)
  }

  @Test func `weights that are read earlier are refused`() throws {
    let test = try Case("digits_cnn.tflite")
    let executor = try CompiledGraph.Executor(test.compiled, keepsAll: true)
    _ = try executor.run(inputs: test.inputs)
    let change = try #require(test.changes.first)
    let last = try #require(test.compiled.stepNodes.last)
    #expect(throws: ExecutionError.self) {
      try executor.resume(from: last, replacing: [change.value: change.tensor])
    }
  }

  @Test func `an executor that keeps nothing cannot resume`() throws {
    let test = try Case("digits_cnn.tflite")
    let executor = try CompiledGraph.Executor(test.compiled)
    _ = try executor.run(inputs: test.inputs)
    #expect(throws: ExecutionError.self) { try executor.resume(from: NodeID(0)) }
  }
}
