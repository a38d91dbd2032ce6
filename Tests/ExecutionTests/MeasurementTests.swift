import ByteIO
import ModelIR
import Operators
import Synchronization
import Testing

@testable import Execution

/// Measuring, with a clock that tests turn.
@Suite struct MeasurementTests {
  @Test(arguments: [([], 0), ([7], 7), ([9, 1, 5], 5), ([4, 1, 3, 2], 2.5)] as [([Int], Double)])
  func `the median is the middle`(values: [Int], median: Double) {
    #expect(GraphTimer.median(values) == median)
  }

  @Test func `every step has the time between the clock's readings`() throws {
    let compiled = try CompiledGraph(try CompiledModels.example("digits_cnn.tflite"))
    let inputs = try SampleInputs.random(for: compiled.model, compiled.types)
    // Each look at the clock takes 1,000 ns.
    let clock = Mutex(0)
    let timer = GraphTimer(runs: 4, threads: 1) {
      clock.withLock {
        $0 += 1000
        return $0
      }
    }
    let timing = try timer.measure(compiled, inputs: inputs)
    #expect(timing.runs == 4)
    #expect(timing.warmUps == 2)
    #expect(timing.threads == 1)
    #expect(timing.whole == 1)
    #expect(timing.steps.keys.sorted() == compiled.stepNodes)
    #expect(timing.steps.values.allSatisfy { $0 == 1 })
  }

  @Test func `a slow model is not run for ever`() throws {
    let compiled = try CompiledGraph(try CompiledModels.example("digits_cnn.tflite"))
    let inputs = try SampleInputs.random(for: compiled.model, compiled.types)
    let clock = Mutex(0)
    let timer = GraphTimer(runs: 1000, threads: 1) {
      clock.withLock {
        $0 += 10_000_000_000
        return $0
      }
    }
    #expect(try timer.measure(compiled, inputs: inputs).runs == 3)
  }

  @Test func `every node is timed, computed beforehand or part of another`() throws {
    for name in CompiledModels.examples {
      let compiled = try CompiledGraph(
        try CompiledModels.example(name),
        inputShapes: CompiledModels.shapes(try CompiledModels.example(name))
      )
      let work = compiled.nodeWork()
      #expect(work.count == compiled.model.main.nodes.count)
      let timed = Set(compiled.stepNodes)
      for (index, work) in work.enumerated() {
        switch work {
        case .step: #expect(timed.contains(NodeID(index)))
        case .within(let owner): #expect(timed.contains(owner))
        case .beforehand: #expect(!timed.contains(NodeID(index)))
        }
      }
    }
  }

  @Test func `a convolution moves its operands and its result`() throws {
    let compiled = try CompiledGraph(try CompiledModels.example("digits_cnn.tflite"))
    let first = try #require(compiled.stepNodes.first)
    let bytes = try #require(compiled.movedBytes()[first])
    // 1×8×8×1 in, 16×3×3×1 weights, 16 biases, 1×8×8×16 out, 4 bytes each.
    #expect(bytes == 4 * (64 + 144 + 16 + 1024))
  }

  @Test func `random inputs fit and are the same again`() throws {
    for name in CompiledModels.examples {
      let model = try CompiledModels.example(name)
      let compiled = try CompiledGraph(model, inputShapes: CompiledModels.shapes(model))
      let inputs = try SampleInputs.random(for: model, compiled.types)
      #expect(inputs == (try SampleInputs.random(for: model, compiled.types)))
      _ = try CompiledGraph.Executor(compiled).run(inputs: inputs)
    }
  }

  @Test func `the machine does something`() {
    let peak = MachinePeak.measure(threads: 2)
    #expect(peak.multiplyAddsPerSecond > 1e6)
    #expect(peak.bytesPerSecond > 1e6)
    #expect(!peak.instructionSet.isEmpty)
  }
}
