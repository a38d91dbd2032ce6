import Kernels
import ModelIR
import Operators

/// Pooling with a sliding window.
struct PoolStep: StepKernel {
  enum Function { case average, maximum }

  let function: Function
  let pooling: Pooling
  let countsPadding: Bool
  let bounds: (lower: Float, upper: Float)

  func run(_ memory: StepMemory) {
    memory.forEachJob(pooling.jobCount) { jobs, _ in
      switch function {
      case .average:
        pooling.average(
          memory.inputs[0],
          to: memory.output,
          countsPadding: countsPadding,
          clamp: bounds,
          jobs: jobs
        )
      case .maximum:
        pooling.maximum(memory.inputs[0], to: memory.output, clamp: bounds, jobs: jobs)
      }
    }
  }
}

/// Folds the middle axis of `[outer, reduced, inner]`.
struct ReductionStep: StepKernel {
  let function: Rows.Reduction
  let outer: Int
  let reduced: Int
  let inner: Int

  func run(_ memory: StepMemory) {
    Rows.reduce(
      function,
      memory.inputs[0],
      to: memory.output,
      outer: outer,
      reduced: reduced,
      inner: inner
    )
  }
}

extension KernelChooser {
  func pool(_ function: PoolStep.Function) throws -> KernelChoice? {
    guard let input = computed(0), [3, 4].contains(input.sizes.count), let bounds = try bounds(),
      let kernel = try attributes.ints("kernel"), kernel.count == input.sizes.count - 2
    else { return nil }
    let layout = try DataLayout(attributes)
    let window = try SpatialWindow(kernel: kernel, attributes: attributes)
    let countsPadding = try function == .average && attributes.bool("countIncludePad")
    // Positions behind the padding, which a window reaches where sizes round up, do not count.
    guard !countsPadding || !window.roundsUp else { return nil }
    let channels = input.sizes[layout.channelAxis(rank: input.sizes.count)]
    guard let shape = try spatialShape(window, layout, input.sizes, outputChannels: channels)
    else { return nil }
    return KernelChoice(
      kernel: PoolStep(
        function: function,
        pooling: try Pooling(shape),
        countsPadding: countsPadding,
        bounds: bounds
      ),
      operands: [.init(value: input.value, channelsLast: !layout.channelsLast)],
      isChannelsLast: !layout.channelsLast
    )
  }

  func globalPool(_ function: Rows.Reduction) -> KernelChoice? {
    guard let input = computed(0), input.sizes.count >= 3,
      let layout = try? DataLayout(attributes)
    else { return nil }
    return reduction(function, input, Array(layout.spatialAxes(rank: input.sizes.count)))
  }

  func reduction(_ function: Rows.Reduction) throws -> KernelChoice? {
    guard let input = computed(0) else { return nil }
    let axes =
      hasInput(1)
      ? node.inputs[1].flatMap(constant)?.integerValues : try attributes.ints("axes")
    guard let axes, !axes.isEmpty else { return nil }
    let places = try Axes.normalize(axes, rank: input.sizes.count).sorted()
    return reduction(function, input, places)
  }

  /// A reduction of neighbouring axes.
  private func reduction(
    _ function: Rows.Reduction,
    _ input: (value: ValueID, sizes: [Int]),
    _ axes: [Int]
  ) -> KernelChoice? {
    guard let first = axes.first, let last = axes.last, last - first + 1 == axes.count,
      let outer = checkedProduct(input.sizes[..<first]),
      let reduced = checkedProduct(input.sizes[first...last]),
      let inner = checkedProduct(input.sizes[(last + 1)...]),
      checkedProduct([outer, inner]) == checkedProduct(resultSizes)
    else { return nil }
    // Over all of space, channels that are last stay so.
    let isLast =
      isChannelsLast(input.value) && first == 2 && last == input.sizes.count - 1
    let step = ReductionStep(
      function: function,
      outer: isLast ? input.sizes[0] : outer,
      reduced: reduced,
      inner: isLast ? input.sizes[1] : inner
    )
    return KernelChoice(
      kernel: step,
      operands: [.init(value: input.value, channelsLast: isLast)]
    )
  }
}
