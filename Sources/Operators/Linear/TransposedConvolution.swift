import ModelIR

extension OperatorDefinition {
  /// Transposed convolution: each input position is spread over the filter's window in the result.
  ///
  /// An extent is `stride · (in − 1) + outputPadding + span − pads` unless `outputShape` states it,
  /// which then decides the padding. TensorFlow Lite states the result's extents as operand 0.
  /// Sources: ONNX ConvTranspose-22; LiteRT `tflite/kernels/transpose_conv.cc`.
  static let transposedConvolution = OperatorDefinition(
    "transposedConvolution",
    "Spreads each element over a filter's window and sums.",
    family: .convolution,
    inputs: 2...4,
    inferTypes: { (context) throws(OperatorError) in
      [try TransposedShape(context).result]
    },
    // As many products as the convolution that it transposes: the extents are those of the input.
    cost: CostRule { context in
      guard let shape = try? TransposedShape(context.node),
        let filter = shape.filter,
        let inputs = context.node.optionalInput(shape.inputOperand)?.shape.elementCount,
        let taps = checkedProduct(filter.spatial + [filter.outputChannels])
      else { return .uncounted }
      var cost = OperatorCost.times(inputs, multiplyAdds: taps)
      let epilogue = OperatorCost.times(
        context.outputElements(),
        otherOperations: context.epilogueOperations(biasOperand: shape.biasOperand)
      )
      cost.otherOperations = epilogue.otherOperations
      if epilogue.status != .counted { cost.status = .uncounted }
      return cost
    },
    evaluate: { (context) throws(OperatorError) in [try evaluateTransposed(context)] }
  )
}

/// The shape of a transposed convolution's result, and the padding that goes with it.
private struct TransposedShape {
  var result: TensorType
  var filter: ConvolutionFilter?
  /// The padding before each spatial axis; `nil` where an extent is not known.
  var padBefore: [Int]?
  var strides: [Int] = []
  var dilations: [Int] = []
  /// TFLite's order of the operands is outputShape, filter, x, bias.
  let isTFLite: Bool

  var inputOperand: Int { isTFLite ? 2 : 0 }
  var biasOperand: Int { isTFLite ? 3 : 2 }

  init(_ context: OperatorContext) throws(OperatorError) {
    isTFLite = try context.attributes.string("operandOrder") == "tflite"
    let input = try context.input(isTFLite ? 2 : 0)
    let layout = try DataLayout(context.attributes)
    filter = try ConvolutionFilter(context, .transposed)
    result = input.with(.unknownRank)
    guard let rank = input.shape.rank ?? filter.map({ $0.spatial.count + 2 }) else { return }
    guard rank >= 3, rank == (filter.map { $0.spatial.count + 2 } ?? rank) else {
      throw .invalid("an input of \(rank) axes does not go with the filter")
    }
    let dimensions = input.shape.dimensions ?? Array(repeating: .unknown, count: rank)
    let axes = layout.spatialAxes(rank: rank)
    let stated = try Self.statedExtents(context, isTFLite, layout, rank)
    var channels = Dimension.unknown
    var spatial = stated ?? axes.map { _ in Dimension.unknown }
    if let filter {
      let groups = try Self.groups(context, filter, dimensions[layout.channelAxis(rank: rank)].size)
      let (count, overflow) = filter.outputChannels.multipliedReportingOverflow(by: groups)
      guard !overflow else { throw .invalid("\(groups) groups are too many") }
      channels = .fixed(count)
      let window = try SpatialWindow(kernel: filter.spatial, attributes: context.attributes)
      strides = window.strides
      dilations = window.dilations
      var pads: [Int?] = []
      for (axis, position) in axes.enumerated() {
        let (extent, pad) = try Self.extent(
          context,
          window,
          axis,
          input: dimensions[position].size,
          stated: stated?[axis]
        )
        spatial[axis] = extent ?? spatial[axis]
        pads.append(pad)
      }
      let known = pads.compactMap { $0 }
      padBefore = known.count == pads.count ? known : nil
    }
    result = input.with(layout.shape(batch: dimensions[0], channels: channels, spatial: spatial))
  }

  private static func groups(
    _ context: OperatorContext,
    _ filter: ConvolutionFilter,
    _ channels: Int?
  ) throws(OperatorError) -> Int {
    let groups = try context.attributes.int("groups", default: 1)
    guard groups > 0, filter.inputChannels % groups == 0,
      channels == nil || channels == filter.inputChannels
    else {
      throw .invalid(
        "the input has \(channels ?? 0) channels, the filter takes \(filter.inputChannels) in"
          + " \(groups) groups"
      )
    }
    return groups
  }

  /// The spatial extents that the node states; `nil` where it states none.
  private static func statedExtents(
    _ context: OperatorContext,
    _ isTFLite: Bool,
    _ layout: DataLayout,
    _ rank: Int
  ) throws(OperatorError) -> [Dimension]? {
    let axes = layout.spatialAxes(rank: rank)
    if isTFLite {
      guard let all = context.dimensions(0) else { return nil }
      guard all.count == rank else {
        throw .invalid("the stated shape has \(all.count) axes, \(rank) are needed")
      }
      return axes.map { all[$0] }
    }
    guard let all = try context.attributes.ints("outputShape"), !all.isEmpty else { return nil }
    guard all.count == axes.count || all.count == rank else {
      throw .invalid("outputShape has \(all.count) values, \(axes.count) are needed")
    }
    return (all.count == rank ? axes.map { all[$0] } : all).map(Dimension.fixed)
  }

  /// The extent of a spatial axis and the padding before it.
  private static func extent(
    _ context: OperatorContext,
    _ window: SpatialWindow,
    _ axis: Int,
    input: Int?,
    stated: Dimension?
  ) throws(OperatorError) -> (Dimension?, Int?) {
    let padding = try context.attributes.ints("outputPadding")
    guard (padding?.count ?? window.kernel.count) == window.kernel.count else {
      throw .invalid("outputPadding has \(padding?.count ?? 0) values")
    }
    let extra = padding?[axis] ?? 0
    guard extra >= 0, extra <= Int(Int32.max) else {
      throw .invalid("outputPadding \(extra) is negative")
    }
    guard let input, input <= Int(Int32.max) else { return (stated, nil) }
    let whole = window.strides[axis] * (input - 1) + extra + window.span(axis)
    if let stated {
      guard let size = stated.size else { return (stated, nil) }
      guard size >= 0, size <= Int(Int32.max) else {
        throw .invalid("the stated extent \(size) is negative")
      }
      return (stated, window.transposedPad(whole: whole, size: size, axis: axis))
    }
    switch window.padding {
    case .explicit(let begins, let ends):
      let size = whole - begins[axis] - ends[axis]
      guard size >= 0 else { throw .invalid("the padding leaves no position on an axis") }
      return (.fixed(size), begins[axis])
    case .valid: return (.fixed(max(whole, 0)), 0)
    case .same, .sameLower:
      let size = input * window.strides[axis]
      return (.fixed(size), window.transposedPad(whole: whole, size: size, axis: axis))
    }
  }
}

extension SpatialWindow {
  /// The padding before an axis of a transposed convolution whose result's extent is stated.
  ///
  /// What is odd goes to the end for `same` and to the beginning for all others (ONNX).
  fileprivate func transposedPad(whole: Int, size: Int, axis: Int) -> Int {
    if padding == .valid { return 0 }
    let total = max(whole - size, 0)
    return padding == .same ? total / 2 : total - total / 2
  }
}

private func evaluateTransposed(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let shape = try TransposedShape(context.operatorContext)
  let input = try context.input(shape.inputOperand)
  guard let filter = shape.filter, let padBefore = shape.padBefore,
    let output = shape.result.shape.sizes
  else { throw .invalid("the shape of the result is not known") }
  _ = try OperandValues.count(output)
  let layout = try DataLayout(context.attributes)
  let axes = layout.spatialAxes(rank: input.rank)
  let geometry = ConvolutionGeometry(
    batch: input.sizes[0],
    inputSpatial: axes.map { input.sizes[$0] },
    outputSpatial: axes.map { output[$0] },
    inputChannels: filter.inputChannels,
    outputChannels: output[layout.channelAxis(rank: output.count)],
    groups: try context.attributes.int("groups", default: 1),
    kernel: filter.spatial,
    strides: shape.strides,
    dilations: shape.dilations,
    padBefore: padBefore
  )
  return try ConvolutionEvaluation(
    context: context,
    geometry: geometry,
    filter: filter,
    role: .transposed,
    inputOperand: shape.inputOperand,
    biasOperand: shape.biasOperand
  )()
}
