import ByteIO
import Kernels
import ModelIR
import Operators
import TestSupport
import Testing

@testable import Execution

@Suite struct FusionTests {
  /// Values between the steps of each group.
  private static func inner(_ compiled: CompiledGraph) -> [ValueID] {
    compiled.groups.flatMap(\.inner).sorted()
  }

  static let models =
    ["digits_dscnn.onnx", "digits_cnn.onnx", "digits_dscnn.tflite"].map { ($0, true) }
    + ["trained/cifar_dscnn/cifar_dscnn.onnx", "trained/cifar_dscnn/cifar_dscnn_f32.tflite"]
    .filter { SharedModels.directory != nil && SharedModels.manifest[$0] != nil }
    .map { ($0, false) }

  private func load(_ model: (name: String, isExample: Bool)) throws -> Model {
    model.isExample
      ? try CompiledModels.example(model.name)
      : try CompiledModels.load(SharedModels.path(model.name))
  }

  @Test(arguments: models)
  func `steps give the same bits together and apart`(name: String, isExample: Bool) throws {
    let model = try load((name, isExample))
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    let inputs = CompiledModels.inputs(model)
    let executor = try CompiledGraph.Executor(compiled)
    let together = try executor.run(inputs: inputs)
    let inner = Self.inner(compiled)
    let apart = try executor.run(inputs: inputs, keeping: Set(inner))
    #expect(apart.outputs == together)
    #expect(apart.kept.count == inner.count)
    for value in inner {
      // One value kept leaves all other groups together.
      let single = try executor.run(inputs: inputs, keeping: [value])
      #expect(single.outputs == together)
      #expect(single.kept[value] == apart.kept[value])
    }
  }

  @Test func `a residual block becomes few kernels`() throws {
    let name = "trained/cifar_dscnn/cifar_dscnn_f32.tflite"
    guard SharedModels.directory != nil, SharedModels.manifest[name] != nil else { return }
    let model = try CompiledModels.load(SharedModels.path(name))
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    let operators = compiled.fusedNodes.map { $0.map { model.main[$0].op.name } }
    #expect(operators.contains(["convolution", "add"]))
  }

  @Test(arguments: models)
  func `resuming inside a group computes what was fused away`(
    name: String,
    isExample: Bool
  ) throws {
    let model = try load((name, isExample))
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    let inputs = CompiledModels.inputs(model)
    let executor = try CompiledGraph.Executor(compiled, keepsAll: true)
    let inner = Self.inner(compiled)
    let expected = try executor.run(inputs: inputs, keeping: Set(inner))
    let plain = try executor.run(inputs: inputs)
    #expect(plain == expected.outputs)
    for node in compiled.stepNodes {
      let resumed = try executor.resume(from: node, keeping: Set(inner))
      #expect(resumed.outputs == plain)
      for value in inner { #expect(resumed.kept[value] == expected.kept[value]) }
    }
    // Replacing an inner value by itself changes nothing, by another one something.
    for group in compiled.groups {
      let value = try #require(group.inner.last)
      let last = compiled.steps[try #require(group.steps.last)].node
      let kept = try #require(expected.kept[value])
      #expect(try executor.resume(from: last, replacing: [value: kept]).outputs == plain)
    }
  }

  @Test func `memory of evaluated operators counts`() throws {
    let name = "trained/mnist_cnn/mnist_cnn_int16x8.tflite"
    guard SharedModels.directory != nil, SharedModels.manifest[name] != nil else { return }
    let model = try CompiledModels.load(SharedModels.path(name))
    let shapes = CompiledModels.shapes(model)
    let compiled = try CompiledGraph(model, inputShapes: shapes)
    let convolution = try #require(
      compiled.fallbackNodes.first { model.main[$0].op.name == "convolution" }
    )
    let output = try #require(model.main[convolution].outputs[0])
    // Integers are evaluated in 8 bytes.
    let count = try #require(compiled.types[output.index].shape.elementCount)
    #expect(compiled.plannedBytes() >= 8 * count)
    let narrow = try CompiledGraph(
      model,
      inputShapes: shapes,
      limits: .init(arenaBytes: compiled.plannedBytes() - 1)
    )
    let error = #expect(throws: ExecutionError.self) { try CompiledGraph.Executor(narrow) }
    #expect(error?.code == .limitExceeded)
  }

  @Test func `a tensor above the limit is refused before it is made`() throws {
    let model = try CompiledModels.example("digits_cnn.tflite")
    let error = #expect(throws: ExecutionError.self) {
      try CompiledGraph(
        model,
        inputShapes: CompiledModels.shapes(model),
        limits: .init(tensorBytes: 64)
      )
    }
    #expect(error?.code == .limitExceeded)
  }
}
