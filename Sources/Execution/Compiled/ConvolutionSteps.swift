import Kernels
import ModelIR
import Operators

/// A convolution, or a product of matrices with constant weights.
struct ConvolutionStep: FusableKernel {
  var plan: ConvolutionPlan
  let filters: PackedFilters
  let bounds: (lower: Float, upper: Float)

  var scratchByteCount: Int { plan.scratchByteCount }
  var packedByteCount: Int { filters.byteCount }
  var columns: Int { plan.shape.outputChannels * plan.shape.variants }
  var epilogue: FusedEpilogue { FusedEpilogue(bounds: bounds) }
  var takesInputRelu: Bool { false }
  var takesEpilogue: Bool { true }

  func padding(_ fill: PadStep.Fill, top: Int, left: Int, height: Int, width: Int) -> Self? {
    guard case .float(0) = fill, !plan.isTransposed,
      let padded = try? ConvolutionPlan(
        plan.shape.padded(top: top, left: left, height: height, width: width),
        element: .float32
      )
    else { return nil }
    var result = self
    result.plan = padded
    return result
  }

  func run(_ memory: StepMemory, _ epilogue: FusedEpilogue) {
    epilogue.withEpilogue(memory, columns: columns) { epilogue in
      memory.forEachJob(plan.jobCount) { jobs, scratch in
        plan.run(
          filters,
          input: memory.input(0),
          output: memory.output,
          epilogue: epilogue,
          scratch: scratch,
          jobs: jobs
        )
      }
    }
  }
}

/// A depthwise convolution.
struct DepthwiseStep: FusableKernel {
  var plan: DepthwisePlan
  let filters: PackedDepthwiseFilters
  let bounds: (lower: Float, upper: Float)

  var packedByteCount: Int { filters.byteCount }
  var columns: Int { plan.shape.outputChannels * plan.shape.variants }
  var epilogue: FusedEpilogue { FusedEpilogue(bounds: bounds) }
  var takesInputRelu: Bool { true }
  var takesEpilogue: Bool { true }

  func padding(_ fill: PadStep.Fill, top: Int, left: Int, height: Int, width: Int) -> Self? {
    guard case .float(0) = fill,
      let padded = try? DepthwisePlan(
        plan.shape.padded(top: top, left: left, height: height, width: width),
        element: .float32
      )
    else { return nil }
    var result = self
    result.plan = padded
    return result
  }

  func run(_ memory: StepMemory, _ epilogue: FusedEpilogue) {
    epilogue.withEpilogue(memory, columns: columns) { epilogue in
      memory.forEachJob(plan.jobCount) { jobs, _ in
        plan.run(
          filters,
          input: memory.input(0),
          output: memory.output,
          epilogue: epilogue,
          jobs: jobs
        )
      }
    }
  }
}

extension ConvolutionShape {
  /// The same window over an input whose padding is left out.
  func padded(top: Int, left: Int, height: Int, width: Int) -> ConvolutionShape {
    var result = self
    result.padTop += top
    result.padLeft += left
    result.inputHeight = height
    result.inputWidth = width
    return result
  }
}

extension KernelChooser {
  /// One- and two-dimensional convolutions with constant filters.
  func convolution(isDepthwise: Bool) throws -> KernelChoice? {
    guard let input = computed(0), let filter = floats(1), let bounds = try bounds(),
      let (shape, strides, layout) = try geometry(
        input.sizes,
        filter.sizes,
        isDepthwise: isDepthwise
      )
    else { return nil }
    let bias = hasInput(2) ? floats(2)?.values : []
    guard let bias, bias.isEmpty || bias.count == shape.outputChannels else { return nil }
    return KernelChoice(
      kernel: try step(shape, strides, [filter.values] + variants.dropFirst(), bias, bounds),
      operands: [.init(value: input.value, channelsLast: !layout.channelsLast)],
      isChannelsLast: !layout.channelsLast
    )
  }

  /// The shape of a convolution with channels last, and where its filter's values lie.
  func geometry(_ input: [Int], _ filter: [Int], isDepthwise: Bool) throws
    -> (shape: ConvolutionShape, strides: FilterStrides, layout: DataLayout)?
  {
    guard input.count == filter.count, [3, 4].contains(input.count),
      let axes = try FilterAxes(attributes, filter, isDepthwise: isDepthwise)
    else { return nil }
    let layout = try DataLayout(attributes)
    let window = try SpatialWindow(kernel: axes.kernel, attributes: attributes)
    let channels = input[layout.channelAxis(rank: input.count)]
    guard
      var shape = try spatialShape(window, layout, input, outputChannels: axes.outputChannels)
    else { return nil }
    shape.groups = isDepthwise ? channels : try groups(axes, channels)
    guard shape.groups > 0, isDepthwise || axes.inputChannels * shape.groups == channels,
      channels % shape.groups == 0, axes.outputChannels % shape.groups == 0
    else { return nil }
    return (shape, axes.strides, layout)
  }

  private func groups(_ axes: FilterAxes, _ channels: Int) throws -> Int {
    if let stated = try attributes.int("groups") { return stated }
    // TensorFlow Lite states no number: the filter's depth tells it.
    let isLite = try attributes.string("filterLayout") == "ohwi"
    return isLite && axes.inputChannels > 0 ? channels / axes.inputChannels : 1
  }

  private func step(
    _ shape: ConvolutionShape,
    _ strides: FilterStrides,
    _ filters: [[Float]],
    _ bias: [Float],
    _ bounds: (lower: Float, upper: Float)
  ) throws -> any StepKernel {
    var shape = shape
    shape.variants = filters.count
    // One after the other, so that all can be pointed at.
    let size = filters.first?.count ?? 0
    guard size > 0, filters.allSatisfy({ $0.count == size }) else { throw KernelShapeError() }
    let joined = filters.count == 1 ? filters[0] : Array(filters.joined())
    return try joined.withUnsafeBufferPointer { filter throws -> any StepKernel in
      try bias.withUnsafeBufferPointer { bias throws -> any StepKernel in
        guard let start = filter.baseAddress else { throw KernelShapeError() }
        let weights = filters.indices.map { start + $0 * size }
        let offsets = filters.map { _ in bias.isEmpty ? nil : bias.baseAddress }
        if shape.groups == shape.inputChannels, shape.groups > 1 {
          return DepthwiseStep(
            plan: try DepthwisePlan(shape, element: .float32),
            filters: try PackedDepthwiseFilters(
              shape,
              strides: strides,
              weights: weights,
              bias: offsets
            ),
            bounds: bounds
          )
        }
        return ConvolutionStep(
          plan: try ConvolutionPlan(shape, element: .float32),
          filters: try PackedFilters(
            shape,
            strides: strides,
            weights: weights,
            bias: offsets
          ),
          bounds: bounds
        )
      }
    }
  }

  /// The extents of a sliding window with channels last; `nil` where the inferred result differs or
  /// the padding crops.
  func spatialShape(
    _ window: SpatialWindow,
    _ layout: DataLayout,
    _ sizes: [Int],
    outputChannels: Int
  ) throws -> ConvolutionShape? {
    let places = Array(layout.spatialAxes(rank: sizes.count))
    var output: [Int] = []
    for (axis, place) in places.enumerated() {
      output.append(try window.outputSize(sizes[place], axis: axis))
    }
    let batch = sizes[0]
    let result =
      layout.channelsLast ? [batch] + output + [outputChannels] : [batch, outputChannels] + output
    let pads = places.enumerated().map { window.padBefore(sizes[$1], axis: $0) }
    // A window that lies in the padding alone has no greatest element and no mean.
    let meetsInput = pads.indices.allSatisfy { axis in
      pads[axis] >= 0 && pads[axis] < window.span(axis)
        && (output[axis] - 1) * window.strides[axis] - pads[axis] < sizes[places[axis]]
    }
    guard result == resultSizes, meetsInput else { return nil }
    func pair(_ list: [Int], _ absent: Int) -> (Int, Int) {
      list.count == 2 ? (list[0], list[1]) : (absent, list[0])
    }
    var shape = ConvolutionShape()
    shape.batch = batch
    (shape.inputHeight, shape.inputWidth) = pair(places.map { sizes[$0] }, 1)
    (shape.outputHeight, shape.outputWidth) = pair(output, 1)
    (shape.kernelHeight, shape.kernelWidth) = pair(window.kernel, 1)
    (shape.strideHeight, shape.strideWidth) = pair(window.strides, 1)
    (shape.dilationHeight, shape.dilationWidth) = pair(window.dilations, 1)
    (shape.padTop, shape.padLeft) = pair(pads, 0)
    shape.inputChannels = sizes[layout.channelAxis(rank: sizes.count)]
    shape.outputChannels = outputChannels
    return shape
  }

  // MARK: - Matrix products

  /// Rows by a constant matrix `[columns, depth]` or, transposed, `[depth, columns]`.
  private func product(
    rows: Int,
    depth: Int,
    columns: Int,
    _ weights: [Float],
    isTransposed: Bool,
    bias: [Float] = [],
    bounds: (lower: Float, upper: Float) = (-.infinity, .infinity)
  ) throws -> (any StepKernel)? {
    guard depth > 0, columns > 0, weights.count == checkedProduct([depth, columns]),
      checkedProduct([rows, columns]) == checkedProduct(resultSizes),
      bias.isEmpty || bias.count == columns
    else { return nil }
    return try step(
      .matrixProduct(rows: rows, depth: depth, columns: columns),
      isTransposed ? .transposedMatrix(rowStride: depth) : .matrix(rowStride: columns),
      [weights] + variants.dropFirst(),
      bias,
      bounds
    )
  }

  func fullyConnected() throws -> KernelChoice? {
    guard let input = computed(0), let filter = floats(1), filter.sizes.count == 2,
      let bounds = try bounds(), filter.sizes[1] > 0,
      let count = checkedProduct(input.sizes), count % filter.sizes[1] == 0,
      try attributes.string("weightsFormat", default: "default") == "default",
      let bias = hasInput(2) ? floats(2)?.values : [],
      let kernel = try product(
        rows: count / filter.sizes[1],
        depth: filter.sizes[1],
        columns: filter.sizes[0],
        filter.values,
        isTransposed: true,
        bias: bias,
        bounds: bounds
      )
    else { return nil }
    return plain(kernel, input.value)
  }

  func gemm() throws -> KernelChoice? {
    guard let input = computed(0), input.sizes.count == 2, let filter = floats(1),
      filter.sizes.count == 2, try !attributes.bool("transposeA")
    else { return nil }
    let isTransposed = try attributes.bool("transposeB")
    let columns = filter.sizes[isTransposed ? 0 : 1]
    let alpha = Float(try attributes.float("alpha", default: 1))
    let beta = Float(try attributes.float("beta", default: 1))
    var bias: [Float] = []
    if hasInput(2) {
      // One row that is added to all.
      guard let addend = floats(2), addend.sizes.dropLast().allSatisfy({ $0 == 1 }),
        addend.values.count == columns || addend.values.count == 1
      else { return nil }
      bias = (0..<columns).map { beta * addend.values[addend.values.count == 1 ? 0 : $0] }
    }
    let weights = alpha == 1 ? filter.values : filter.values.map { alpha * $0 }
    guard filter.sizes[isTransposed ? 1 : 0] == input.sizes[1],
      let kernel = try product(
        rows: input.sizes[0],
        depth: input.sizes[1],
        columns: columns,
        weights,
        isTransposed: isTransposed,
        bias: bias
      )
    else { return nil }
    return plain(kernel, input.value)
  }

  func matMul() throws -> KernelChoice? {
    guard let input = computed(0), let depth = input.sizes.last, input.sizes.count >= 2,
      let filter = floats(1), filter.sizes.count == 2, try !attributes.bool("transposeA"),
      let count = checkedProduct(input.sizes)
    else { return nil }
    let isTransposed = try attributes.bool("transposeB")
    guard filter.sizes[isTransposed ? 1 : 0] == depth, depth > 0,
      let kernel = try product(
        rows: count / depth,
        depth: depth,
        columns: filter.sizes[isTransposed ? 0 : 1],
        filter.values,
        isTransposed: isTransposed
      )
    else { return nil }
    return plain(kernel, input.value)
  }

  /// A kernel of one operand in the model's layout.
  func plain(_ kernel: any StepKernel, _ value: ValueID) -> KernelChoice {
    KernelChoice(kernel: kernel, operands: [.init(value: value, channelsLast: false)])
  }
}

/// Which axes of a filter are channels and space (docs/operators.md, rule 2).
private struct FilterAxes {
  var outputChannels: Int
  /// Input channels of a group.
  var inputChannels: Int
  var kernel: [Int]
  var strides: FilterStrides

  /// - Returns: `nil` where the layout is not known, or its channels do not lie at one distance.
  init?(_ attributes: AttributeReader, _ sizes: [Int], isDepthwise: Bool) throws {
    let last = sizes.count - 1
    let name = try attributes.string("filterLayout", default: isDepthwise ? "ihwo" : "oihw")
    let output: Int
    let input: Int
    let space: [Int]
    switch name {
    case "oihw": (output, input, space) = (0, 1, Array(2...last))
    case "iohw": (output, input, space) = (1, 0, Array(2...last))
    case "ohwi": (output, input, space) = (0, last, Array(1..<last))
    case "ihwo": (output, input, space) = (last, 0, Array(1..<last))
    case "hwio": (output, input, space) = (last, last - 1, Array(0..<(last - 1)))
    case "hwoi": (output, input, space) = (last - 1, last, Array(0..<(last - 1)))
    default: return nil
    }
    let steps = KernelChooser.strides(sizes)
    kernel = space.map { sizes[$0] }
    outputChannels = sizes[output]
    inputChannels = sizes[input]
    strides = FilterStrides(
      output: steps[output],
      height: space.count == 2 ? steps[space[0]] : 0,
      width: steps[space[space.count - 1]],
      input: steps[input]
    )
    guard isDepthwise else { return }
    // Output channel c · multiplier + m: both axes as one.
    guard let product = checkedProduct([inputChannels, outputChannels]) else { return nil }
    if outputChannels == 1 {
      strides.output = steps[input]
    } else if inputChannels != 1, steps[input] != outputChannels * steps[output] {
      return nil
    }
    strides.input = 0
    outputChannels = product
    inputChannels = 1
  }
}
