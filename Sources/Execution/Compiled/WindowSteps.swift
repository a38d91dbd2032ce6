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
          memory.input(0),
          to: memory.output,
          countsPadding: countsPadding,
          clamp: bounds,
          jobs: jobs
        )
      case .maximum:
        pooling.maximum(memory.input(0), to: memory.output, clamp: bounds, jobs: jobs)
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
      memory.input(0),
      to: memory.output,
      outer: outer,
      reduced: reduced,
      inner: inner
    )
  }
}

extension KernelChooser {
  func pool(_ function: PoolStep.Function) throws -> KernelChoice? {
    guard let input = computed(0), let bounds = try bounds(),
      let (pooling, layout) = try pooling(input.sizes)
    else { return nil }
    let countsPadding = try function == .average && attributes.bool("countIncludePad")
    // Positions behind the padding, which a window reaches where sizes round up, do not count.
    if countsPadding, try attributes.bool("ceilMode") { return nil }
    return KernelChoice(
      kernel: PoolStep(
        function: function,
        pooling: pooling,
        countsPadding: countsPadding,
        bounds: bounds
      ),
      operands: [.init(value: input.value, channelsLast: !layout.channelsLast)],
      isChannelsLast: !layout.channelsLast
    )
  }

  /// The window of a pooling.
  func pooling(_ sizes: [Int]) throws -> (pooling: Pooling, layout: DataLayout)? {
    guard [3, 4].contains(sizes.count), let kernel = try attributes.ints("kernel"),
      kernel.count == sizes.count - 2
    else { return nil }
    let layout = try DataLayout(attributes)
    let window = try SpatialWindow(kernel: kernel, attributes: attributes)
    let channels = sizes[layout.channelAxis(rank: sizes.count)]
    guard let shape = try spatialShape(window, layout, sizes, outputChannels: channels) else {
      return nil
    }
    return (try Pooling(shape), layout)
  }

  func globalPool(_ function: Rows.Reduction) -> KernelChoice? {
    guard let input = computed(0), input.sizes.count >= 3,
      let layout = try? DataLayout(attributes)
    else { return nil }
    return reduction(function, input, Array(layout.spatialAxes(rank: input.sizes.count)))
  }

  func reduction(_ function: Rows.Reduction) throws -> KernelChoice? {
    guard let input = computed(0), let axes = try reducedAxes(rank: input.sizes.count) else {
      return nil
    }
    return reduction(function, input, axes)
  }

  /// The axes of a reduction, ascending.
  func reducedAxes(rank: Int) throws -> [Int]? {
    let axes =
      hasInput(1)
      ? node.inputs[1].flatMap(constant)?.integerValues : try attributes.ints("axes")
    guard let axes, !axes.isEmpty else { return nil }
    return try Axes.normalize(axes, rank: rank).sorted()
  }

  /// Neighbouring axes as the middle one of three.
  func reductionExtents(_ sizes: [Int], _ axes: [Int]) -> (outer: Int, reduced: Int, inner: Int)? {
    guard let first = axes.first, let last = axes.last, last - first + 1 == axes.count,
      sizes.indices.contains(last), let outer = checkedProduct(sizes[..<first]),
      let reduced = checkedProduct(sizes[first...last]),
      let inner = checkedProduct(sizes[(last + 1)...]),
      checkedProduct([outer, inner]) == checkedProduct(resultSizes)
    else { return nil }
    return (outer, reduced, inner)
  }

  /// A reduction of neighbouring axes.
  private func reduction(
    _ function: Rows.Reduction,
    _ input: (value: ValueID, sizes: [Int]),
    _ axes: [Int]
  ) -> KernelChoice? {
    guard let extents = reductionExtents(input.sizes, axes) else { return nil }
    // Over all of space, channels that are last stay so.
    let isLast =
      isChannelsLast(input.value) && axes == Array(2..<input.sizes.count)
    let step = ReductionStep(
      function: function,
      outer: isLast ? input.sizes[0] : extents.outer,
      reduced: extents.reduced,
      inner: isLast ? input.sizes[1] : extents.inner
    )
    return KernelChoice(
      kernel: step,
      operands: [.init(value: input.value, channelsLast: isLast)]
    )
  }
}
