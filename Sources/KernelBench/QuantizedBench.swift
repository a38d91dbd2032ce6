import Kernels

/// 8-bit layers on one thread and on two, with integer scaling as in TensorFlow Lite.
struct QuantizedBench {
  let instructionSet: InstructionSet

  func run() {
    print("int8, \(instructionSet): GOP/s on one thread, on two, and with float scaling on one")
    let single = WorkQueue(threadCount: 1)
    let double = WorkQueue(threadCount: 2)
    for layer in Layer.all {
      print(
        padded(layer.name, 24),
        fixed(operations(layer, queue: single, scaling: .fixedPoint)),
        fixed(operations(layer, queue: double, scaling: .fixedPoint)),
        fixed(operations(layer, queue: single, scaling: .float))
      )
    }
  }

  private func operations(
    _ layer: Layer,
    queue: WorkQueue,
    scaling: QuantizedEpilogue.Scaling
  ) -> Double {
    let shape = layer.shape
    let pixels = shape.batch * shape.inputHeight * shape.inputWidth
    let input = randomFloats(pixels * shape.inputChannels).map { Int8($0 * 127) }
    let depth = shape.kernelHeight * shape.kernelWidth * shape.inputChannels / shape.groups
    let weights = randomFloats(shape.outputChannels * depth).map { Int8($0 * 127) }
    var output = [Int8](
      repeating: 0,
      count: shape.batch * shape.outputHeight * shape.outputWidth * shape.outputChannels
    )
    let scales = ChannelScales(
      fixedPoint: .init(repeating: FixedPointScale(0.001), count: shape.outputChannels),
      scale: .init(repeating: 0.001, count: shape.outputChannels)
    )
    let filters = weights.withUnsafeBytes { weights in
      weights.baseAddress.flatMap {
        try? PackedQuantizedFilters(
          shape,
          element: .int8,
          depthwise: layer.isDepthwise,
          strides: layer.isDepthwise ? .hwc(shape) : .ohwi(shape),
          quantization: LayerQuantization(inputZeroPoint: -3),
          scales: scales,
          weights: [$0],
          instructionSet: instructionSet
        )
      }
    }
    guard let filters, let run = prepare(layer, filters, queue: queue, scaling: scaling) else {
      return 0
    }
    let seconds = input.withUnsafeBytes { input in
      output.withUnsafeMutableBytes { output in
        guard let from = input.baseAddress, let to = output.baseAddress else { return 1.0 }
        return measure { run(from, to) }
      }
    }
    return layer.multiplyAdds * 2 / seconds * 1e-9
  }

  private typealias Run = (UnsafeRawPointer, UnsafeMutableRawPointer) -> Void

  private func prepare(
    _ layer: Layer,
    _ filters: PackedQuantizedFilters,
    queue: WorkQueue,
    scaling: QuantizedEpilogue.Scaling
  ) -> Run? {
    let epilogue = QuantizedEpilogue(
      output: .int8,
      scaling: scaling,
      outputZeroPoint: -128,
      lower: -128,
      upper: 127
    )
    if layer.isDepthwise {
      guard
        let plan = try? DepthwisePlan(layer.shape, element: .int8, instructionSet: instructionSet)
      else { return nil }
      return { input, output in
        queue.run(jobCount: plan.jobCount) { jobs, _ in
          plan.run(filters, input: input, output: output, epilogue: epilogue, jobs: jobs)
        }
      }
    }
    guard
      let plan = try? ConvolutionPlan(layer.shape, element: .int8, instructionSet: instructionSet)
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
