import Kernels

/// Float32 layers on one thread and on two.
struct FloatBench {
  let instructionSet: InstructionSet

  func run() {
    let rounds = 2_000_000
    var peak = 0.0
    let seconds = measure {
      peak = Double(
        Peak.float32MultiplyAdds(rounds: rounds, instructionSet: instructionSet)
      )
    }
    peak = peak * 2 / seconds * 1e-9
    print("float32, \(instructionSet): peak \(fixed(peak, width: 0)) GF/s on one thread")
    let single = WorkQueue(threadCount: 1)
    let double = WorkQueue(threadCount: 2)
    print(padded("", 24), "  1 thread       ", "  2 threads", "  packing, GB/s of weights")
    for layer in Layer.all {
      let one = gigaflops(layer, queue: single)
      let two = gigaflops(layer, queue: double)
      print(
        padded(layer.name, 24),
        fixed(one),
        "(\(fixed(one / peak * 100, digits: 0, width: 3)) %)",
        fixed(two),
        "  ",
        fixed(packing(layer))
      )
    }
  }

  private func packing(_ layer: Layer) -> Double {
    let shape = layer.shape
    guard !layer.isDepthwise else { return 0 }
    let taps = shape.kernelHeight * shape.kernelWidth
    let weights = randomFloats(shape.outputChannels * taps * shape.inputChannels)
    let seconds = weights.withUnsafeBufferPointer { weights in
      guard let first = weights.baseAddress else { return 1.0 }
      return measure {
        _ = try? PackedFilters(shape, strides: .ohwi(shape), weights: [first], bias: [nil])
      }
    }
    return Double(weights.count * 4) / seconds * 1e-9
  }

  private func gigaflops(_ layer: Layer, queue: WorkQueue) -> Double {
    let shape = layer.shape
    let input = randomFloats(
      shape.batch * shape.inputHeight * shape.inputWidth * shape.inputChannels
    )
    let taps = shape.kernelHeight * shape.kernelWidth
    let weights = randomFloats(shape.outputChannels * taps * shape.inputChannels)
    var output = [Float](
      repeating: 0,
      count: shape.batch * shape.outputHeight * shape.outputWidth * shape.outputChannels
    )
    guard let run = prepare(layer, weights: weights, queue: queue) else { return 0 }
    let seconds = input.withUnsafeBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        guard let from = input.baseAddress, let to = output.baseAddress else { return 1.0 }
        return measure { run(from, to) }
      }
    }
    return layer.multiplyAdds * 2 / seconds * 1e-9
  }
}

extension FloatBench {
  private typealias Run = (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void

  private func prepare(_ layer: Layer, weights: [Float], queue: WorkQueue) -> Run? {
    let shape = layer.shape
    let epilogue = Epilogue(lower: 0, upper: 6)
    return weights.withUnsafeBufferPointer { weights -> Run? in
      guard let first = weights.baseAddress else { return nil }
      if layer.isDepthwise {
        guard
          let plan = try? DepthwisePlan(shape, element: .float32, instructionSet: instructionSet),
          let filters = try? PackedDepthwiseFilters(
            shape,
            strides: .hwc(shape),
            weights: [first],
            bias: [nil]
          )
        else { return nil }
        return { input, output in
          queue.run(jobCount: plan.jobCount) { jobs, _ in
            plan.run(filters, input: input, output: output, epilogue: epilogue, jobs: jobs)
          }
        }
      }
      guard
        let plan = try? ConvolutionPlan(shape, element: .float32, instructionSet: instructionSet),
        let filters = try? PackedFilters(
          shape,
          strides: .ohwi(shape),
          weights: [first],
          bias: [nil],
          instructionSet: instructionSet
        )
      else { return nil }
      let scratch = (0..<queue.threadCount).map { _ in
        AlignedBuffer(byteCount: plan.scratchByteCount)
      }
      return { input, output in
        queue.run(jobCount: plan.jobCount) { jobs, worker in
          plan.run(
            filters,
            input: input,
            output: output,
            epilogue: epilogue,
            scratch: scratch[worker],
            jobs: jobs
          )
        }
      }
    }
  }
}

/// Values in `-1 ..< 1` from a linear congruential generator.
func randomFloats(_ count: Int) -> [Float] {
  var state: UInt64 = 42
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
  }
}
