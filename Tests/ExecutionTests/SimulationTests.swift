import Kernels
import ModelIR
import Operators
import Testing

@testable import Execution

@Suite struct SimulationTests {
  private static let models = ["digits_cnn.tflite", "digits_dscnn.tflite", "digits_dscnn.onnx"]

  /// Rounding to multiples of the scale inside the range, one number after the other.
  private static func rounded(_ tensor: Tensor, _ quantization: AffineQuantization) -> Tensor {
    guard case .floats(let floats) = tensor.elements else { return tensor }
    return Tensor(
      tensor.sizes,
      floats: floats.map { value in
        let steps =
          (value / quantization.scale).rounded(.toNearestOrEven) + Float(quantization.zeroPoint)
        let kept = min(max(steps, Float(quantization.lower)), Float(quantization.upper))
        return (kept - Float(quantization.zeroPoint)) * quantization.scale
      }
    )
  }

  @Test(arguments: models)
  func `a simulated value equals its replacement by rounded numbers`(name: String) throws {
    let model = try CompiledModels.example(name)
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    let inputs = CompiledModels.inputs(model)
    let executor = try CompiledGraph.Executor(compiled, keepsAll: true)
    let quantization = AffineQuantization(scale: 0.07, zeroPoint: 3, bits: 5)
    for node in compiled.stepNodes {
      guard let value = model.main[node].outputs[0], compiled.types[value.index].element == .float32
      else { continue }
      let kept = try #require(try executor.run(inputs: inputs, keeping: [value]).kept[value])
      let first = try #require(compiled.stepNodes.first)
      let expected = try executor.resume(
        from: first,
        replacing: [value: Self.rounded(kept, quantization)]
      ).outputs
      let whole = try executor.run(inputs: inputs, keeping: [], simulating: [value: quantization])
      #expect(whole.outputs == expected)
      _ = try executor.run(inputs: inputs)
      // What has been read before the first node stays as it was.
      let reader = compiled.steps.first { $0.reads.contains(value) }?.node ?? node
      for start in compiled.stepNodes where start <= reader {
        let resumed = try executor.resume(from: start, simulating: [value: quantization])
        #expect(resumed.outputs == expected)
      }
    }
  }

  @Test(arguments: models)
  func `variants side by side equal one after the other`(name: String) throws {
    let model = try CompiledModels.example(name)
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    let inputs = CompiledModels.inputs(model)
    let executor = try CompiledGraph.Executor(compiled, keepsAll: true)
    var layers = 0
    for step in compiled.steps {
      guard (step.kernel?.kernel as? any FusableKernel)?.takesEpilogue == true,
        let filter = model.main[step.node].inputs[1], let weights = compiled.constant(filter),
        let output = model.main[step.node].outputs[0]
      else { continue }
      layers += 1
      let sets = [8, 4, 2].map { bits in
        weights.simulated(AffineQuantization(scale: 0.02, zeroPoint: 0, bits: bits))
      }
      let layer = try compiled.variants(of: step.node, weights: sets)
      let run = try executor.run(inputs: inputs, keeping: [layer.input])
      let found = try layer.outputs(of: try #require(run.kept[layer.input]))
      #expect(found.count == sets.count)
      for (tensor, set) in zip(found, sets) {
        let expected = try executor.resume(
          from: step.node,
          replacing: [filter: set],
          keeping: [output]
        )
        #expect(expected.kept[output] == tensor)
      }
    }
    #expect(layers > 1)
  }

  @Test func `a set of weights that does not fit is refused`() throws {
    let model = try CompiledModels.example("digits_cnn.tflite")
    let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
    let node = try #require(compiled.lastLayer)
    #expect(throws: ExecutionError.self) {
      try compiled.variants(of: node, weights: [Tensor([1], floats: [1])])
    }
    #expect(throws: ExecutionError.self) { try compiled.variants(of: node, weights: []) }
  }
}
