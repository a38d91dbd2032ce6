import Kernels
import ModelIR
import Operators

/// A layer of float32 activations with 8-bit weights: activations are quantized while it runs, each
/// image (or row) by itself, as TensorFlow Lite's dynamic-range kernels do.
struct HybridStep: StepKernel {
  let plan: ConvolutionPlan
  let filters: PackedQuantizedFilters
  /// Images or rows that are quantized by themselves.
  let groups: Int
  /// Elements of a group.
  let width: Int
  /// Output rows of a group.
  let rowsPerGroup: Int
  let isAsymmetric: Bool
  let scalesFirst: Bool
  let bounds: (lower: Float, upper: Float)

  private static func rounded(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }

  private var planBytes: Int { Self.rounded(plan.scratchByteCount) }
  private var valueBytes: Int { Self.rounded(groups * width) }
  private var groupBytes: Int { Self.rounded(groups * 4) }
  // What is quantized lies behind what the plan needs, in the first thread's scratch.
  var scratchByteCount: Int { planBytes + valueBytes + 2 * groupBytes }
  var packedByteCount: Int { filters.byteCount }

  func run(_ memory: StepMemory) {
    let values = memory.scratch[0].pointer + planBytes
    let scales = (values + valueBytes).assumingMemoryBound(to: Float.self)
    let zeroPoints = (values + valueBytes + groupBytes).assumingMemoryBound(to: Int32.self)
    AffineQuantization.quantizeRows(
      memory.input(0),
      to: values.assumingMemoryBound(to: Int8.self),
      scales: scales,
      zeroPoints: isAsymmetric ? zeroPoints : nil,
      rows: groups,
      columns: width
    )
    let epilogue = QuantizedEpilogue(
      rowScales: UnsafePointer(scales),
      rowZeroPoints: isAsymmetric ? UnsafePointer(zeroPoints) : nil,
      rowsPerScale: rowsPerGroup,
      scalesFirst: scalesFirst,
      lower: bounds.lower,
      upper: bounds.upper
    )
    memory.forEachJob(plan.jobCount) { jobs, scratch in
      plan.run(
        filters,
        input: values,
        output: memory.result,
        epilogue: epilogue,
        scratch: scratch,
        jobs: jobs
      )
    }
  }
}

extension KernelChooser {
  /// Signed 8-bit weights with one scale, or one a channel.
  private func hybridFilter() -> (sizes: [Int], bytes: [UInt8], scales: [Float])? {
    guard hasInput(1), let value = node.inputs[1], let tensor = constant(value),
      tensor.type == .int8, case .integers(let values) = tensor.elements,
      values.count == tensor.count, let quantization = quantization(value),
      quantization.zeroPoints.allSatisfy({ $0 == 0 }), !quantization.scales.isEmpty
    else { return nil }
    return (
      tensor.sizes, values.map { UInt8(truncatingIfNeeded: $0) }, quantization.scales
    )
  }

  private func pack(
    _ shape: ConvolutionShape,
    _ strides: FilterStrides,
    _ bytes: [UInt8],
    _ scales: [Float],
    _ bias: [Float]
  ) throws -> PackedQuantizedFilters {
    try bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { throw KernelShapeError() }
      return try PackedQuantizedFilters(
        shape,
        element: .int8,
        strides: strides,
        quantization: LayerQuantization(),
        scales: ChannelScales(
          floatBias: bias.isEmpty ? nil : bias,
          scale: scales.count == 1
            ? Array(repeating: scales[0], count: shape.outputChannels) : scales
        ),
        weights: [start]
      )
    }
  }

  func hybridConvolution() throws -> KernelChoice? {
    guard let input = computed(0), let bounds = try bounds(), let filter = hybridFilter(),
      let first = filter.scales.first,
      let (shape, strides, layout) = try geometry(input.sizes, filter.sizes, isDepthwise: false),
      shape.groups == 1, filter.scales.count == 1 || filter.scales.count == shape.outputChannels,
      let bias = hasInput(2) ? floats(2)?.values : [],
      bias.isEmpty || bias.count == shape.outputChannels
    else { return nil }
    // LiteRT `tflite/kernels/conv.cc`: scales that differ take the asymmetric kernel, where the
    // zero point of padding is not known when packing.
    let isAsymmetric = filter.scales.contains { $0 != first }
    let isPadded =
      shape.kernelHeight > 1 || shape.kernelWidth > 1 || shape.padTop != 0 || shape.padLeft != 0
    guard !isAsymmetric || !isPadded else { return nil }
    let step = HybridStep(
      plan: try ConvolutionPlan(shape, element: .int8),
      filters: try pack(shape, strides, filter.bytes, filter.scales, bias),
      groups: shape.batch,
      width: shape.inputHeight * shape.inputWidth * shape.inputChannels,
      rowsPerGroup: shape.outputHeight * shape.outputWidth,
      isAsymmetric: isAsymmetric,
      scalesFirst: !isAsymmetric,
      bounds: bounds
    )
    return KernelChoice(
      kernel: step,
      operands: [.init(value: input.value, channelsLast: !layout.channelsLast)],
      isChannelsLast: !layout.channelsLast
    )
  }

  func hybridFullyConnected() throws -> KernelChoice? {
    guard let input = computed(0), let bounds = try bounds(), let filter = hybridFilter(),
      filter.sizes.count == 2, filter.sizes[1] > 0,
      try attributes.string("weightsFormat", default: "default") == "default",
      filter.scales.count == 1 || filter.scales.count == filter.sizes[0],
      let count = checkedProduct(input.sizes), count % filter.sizes[1] == 0,
      let bias = hasInput(2) ? floats(2)?.values : [],
      bias.isEmpty || bias.count == filter.sizes[0]
    else { return nil }
    let (columns, depth) = (filter.sizes[0], filter.sizes[1])
    let rows = count / depth
    guard columns > 0, checkedProduct([rows, columns]) == checkedProduct(resultSizes) else {
      return nil
    }
    let shape = ConvolutionShape.matrixProduct(rows: rows, depth: depth, columns: columns)
    let step = HybridStep(
      plan: try ConvolutionPlan(shape, element: .int8),
      filters: try pack(
        shape,
        .transposedMatrix(rowStride: depth),
        filter.bytes,
        filter.scales,
        bias
      ),
      groups: rows,
      width: depth,
      rowsPerGroup: 1,
      isAsymmetric: try attributes.bool("asymmetricQuantizeInputs"),
      scalesFirst: true,
      bounds: bounds
    )
    return plain(step, input.value)
  }
}
