import ModelIR

extension OperatorDefinition {
  /// Mean over windows of a quantized tensor.
  ///
  /// Operands x, scale, zero point, scale and zero point of the result. Source: onnxruntime
  /// `docs/ContribOperators.md`, com.microsoft.QLinearAveragePool.
  static let qLinearAveragePool = OperatorDefinition(
    "qLinearAveragePool",
    "Means over windows of a quantized tensor.",
    family: .pooling,
    inputs: 4...5,
    inferTypes: { (context) throws(OperatorError) in
      [try pooledType(context, try poolingWindow(context))]
    },
    // One addition a place of the window, and storing.
    cost: CostRule { context in
      guard let window = try? poolingWindow(context.node),
        let taps = checkedProduct(window.kernel)
      else { return .uncounted }
      let (operations, overflow) = taps.addingReportingOverflow(3)
      return overflow
        ? .uncounted : .times(context.outputElements(), otherOperations: operations)
    },
    evaluate: { (context) throws(OperatorError) in
      let window = try poolingWindow(context.operatorContext)
      let padded = try context.attributes.bool("countIncludePad")
      return [try pooled(context, window, includesPadding: padded)]
    }
  )

  /// Mean over all positions of a quantized tensor; operands as of `qLinearAveragePool`.
  ///
  /// Source: onnxruntime `docs/ContribOperators.md`, com.microsoft.QLinearGlobalAveragePool.
  static let qLinearGlobalAveragePool = OperatorDefinition(
    "qLinearGlobalAveragePool",
    "Means over all positions of a quantized tensor.",
    family: .pooling,
    inputs: 4...5,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard var dimensions = input.shape.dimensions else { return [input] }
      guard dimensions.count >= 3 else { throw .invalid("\(input.shape) has no spatial axis") }
      for axis in try DataLayout(context.attributes).spatialAxes(rank: dimensions.count) {
        dimensions[axis] = .fixed(1)
      }
      return [input.with(.ranked(dimensions))]
    },
    cost: .perInputElement(0, otherOperations: 1),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard input.rank >= 3 else { throw .invalid("an operand without spatial axis") }
      let axes = try DataLayout(context.attributes).spatialAxes(rank: input.rank)
      let ones = axes.map { _ in 1 }
      let window = SpatialWindow(
        kernel: axes.map { max(input.sizes[$0], 1) },
        strides: ones,
        dilations: ones,
        padding: .valid
      )
      return [try pooled(context, window, includesPadding: false)]
    }
  )
}

private func poolingWindow(_ context: OperatorContext) throws(OperatorError) -> SpatialWindow {
  guard let kernel = try context.attributes.ints("kernel") else {
    throw .invalid("the attribute kernel is missing")
  }
  return try SpatialWindow(kernel: kernel, attributes: context.attributes)
}

private func pooledType(
  _ context: OperatorContext,
  _ window: SpatialWindow
) throws(OperatorError) -> TensorType {
  let input = try context.input(0)
  guard var dimensions = input.shape.dimensions else { return input }
  guard dimensions.count == window.kernel.count + 2 else {
    throw .invalid("a window \(window.kernel) for an operand of shape \(input.shape)")
  }
  let axes = try DataLayout(context.attributes).spatialAxes(rank: dimensions.count)
  for (axis, position) in axes.enumerated() {
    dimensions[position] = try window.outputSize(dimensions[position], axis: axis)
  }
  return input.with(.ranked(dimensions))
}

/// Means of the centred integers in each window, scaled once.
private func pooled(
  _ context: EvaluationContext,
  _ window: SpatialWindow,
  includesPadding: Bool
) throws(OperatorError) -> Tensor {
  let input = try context.input(0)
  guard let sizes = try pooledType(context.operatorContext, window).shape.sizes else {
    throw .invalid("the shape of the operand is not known")
  }
  _ = try OperandValues.count(sizes)
  let layout = try DataLayout(context.attributes)
  let axes = Array(layout.spatialAxes(rank: input.rank))
  let channelAxis = layout.channelAxis(rank: input.rank)
  let channels = input.sizes[channelAxis]
  let order = [0] + axes + [channelAxis]
  let source = try QLinearValue(context, scale: 1)
  let x = AxisOrder.rearrange(
    try OperandValues.integers(input).map { $0 &- source.zeroPoint },
    input.sizes,
    order
  )
  let geometry = ConvolutionGeometry(
    batch: input.sizes[0],
    inputSpatial: axes.map { input.sizes[$0] },
    outputSpatial: axes.map { sizes[$0] },
    inputChannels: channels,
    outputChannels: channels,
    groups: 1,
    kernel: window.kernel,
    strides: window.strides,
    dilations: window.dilations,
    padBefore: axes.enumerated().map { window.padBefore(input.sizes[$1], axis: $0) }
  )
  let image = geometry.inputPositions * channels
  var means: [Float] = []
  for sample in 0..<geometry.batch {
    for position in 0..<geometry.outputPositions {
      let taps = geometry.inputTaps(position)
      let count = Float(includesPadding ? geometry.taps : max(taps.count, 1))
      for channel in 0..<channels {
        let sum = taps.reduce(Int64(0)) { total, tap in
          total &+ x[sample * image + tap.position * channels + channel]
        }
        means.append(Float(sum) * source.scale / count)
      }
    }
  }
  let stored = order.map { sizes[$0] }
  let arranged = AxisOrder.rearrange(means, stored, AxisOrder.inverse(order))
  return try QLinearValue(context, scale: 3).quantize(arranged, input.type, sizes)
}
