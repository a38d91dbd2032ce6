import Kernels

extension MachinePeak {
  /// Multiply-adds of 8-bit integers a second: the best of several runs of the convolution kernel on
  /// operands that stay in the caches.
  ///
  /// - Parameters:
  ///   - threads: How many threads compute at once.
  ///   - now: Nanoseconds of a clock that never goes back.
  /// - Returns: The rate of all threads; `nil` where the kernel cannot be set up.
  package static func int8MultiplyAddsPerSecond(
    threads: Int,
    now: () -> Int = GraphTimer.monotonicNanoseconds
  ) -> Double? {
    let queue = WorkQueue(threadCount: threads)
    // 576 rows of 128 numbers by 128 columns: 9.4 million multiply-adds on 90 KB of operands.
    let (side, channels) = (24, 128)
    let shape = ConvolutionShape.matrixProduct(
      rows: side * side,
      depth: channels,
      columns: channels
    )
    let input = AlignedBuffer(byteCount: side * side * channels)
    let output = AlignedBuffer(byteCount: side * side * channels)
    let weights = AlignedBuffer(byteCount: channels * channels)
    let scales = ChannelScales(scale: .init(repeating: 0.001, count: channels))
    guard let plan = try? ConvolutionPlan(shape, element: .int8, instructionSet: .active),
      let filters = try? PackedQuantizedFilters(
        shape,
        element: .int8,
        strides: .ohwi(shape),
        quantization: LayerQuantization(),
        scales: scales,
        weights: [UnsafeRawPointer(weights.pointer)]
      )
    else { return nil }
    let epilogue = QuantizedEpilogue(
      output: .int8,
      scaling: .float,
      outputZeroPoint: 0,
      lower: -128,
      upper: 127
    )
    let scratch = (0..<queue.threadCount).map { _ in
      AlignedBuffer(byteCount: plan.scratchByteCount)
    }
    let rounds = 16
    var best = 0.0
    for _ in 0..<7 {
      let start = now()
      for _ in 0..<rounds {
        queue.run(jobCount: plan.jobCount) { jobs, worker in
          plan.run(
            filters,
            input: UnsafeRawPointer(input.pointer),
            output: output.pointer,
            epilogue: epilogue,
            scratch: scratch[worker],
            jobs: jobs
          )
        }
      }
      let seconds = Double(max(now() - start, 1)) / 1e9
      best = max(best, Double(rounds * side * side * channels * channels) / seconds)
    }
    return best
  }
}
