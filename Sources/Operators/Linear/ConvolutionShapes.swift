import ModelIR

/// The shape of a convolution's result, from whatever is known of its operands.
enum ConvolutionShapes {
  /// The result of a convolution, depthwise or not.
  static func infer(
    _ context: OperatorContext,
    _ role: ConvolutionFilter.Role,
    filterOperand: Int = 1
  ) throws(OperatorError) -> TensorType {
    let input = try context.input(0)
    let layout = try DataLayout(context.attributes)
    let filter = try ConvolutionFilter(
      try context.input(filterOperand),
      context.attributes,
      role
    )
    let rank = input.shape.rank ?? filter.map { $0.spatial.count + 2 }
    guard let rank else { return input.with(.unknownRank) }
    let dimensions = input.shape.dimensions ?? Array(repeating: .unknown, count: rank)
    guard rank >= 3, rank == (filter.map { $0.spatial.count + 2 } ?? rank) else {
      throw .invalid(
        "an input of \(rank) axes does not go with a filter of"
          + " \((filter?.spatial.count ?? 0) + 2)"
      )
    }
    guard let filter else {
      let spatial = layout.spatialAxes(rank: rank).map { _ in Dimension.unknown }
      return input.with(layout.shape(batch: dimensions[0], channels: .unknown, spatial: spatial))
    }
    if let channels = dimensions[layout.channelAxis(rank: rank)].size {
      _ = try groups(context.attributes, role, channels: channels, filter)
    }
    let window = try SpatialWindow(kernel: filter.spatial, attributes: context.attributes)
    var spatial: [Dimension] = []
    for (axis, position) in layout.spatialAxes(rank: rank).enumerated() {
      spatial.append(try window.outputSize(dimensions[position], axis: axis))
    }
    return input.with(
      layout.shape(batch: dimensions[0], channels: .fixed(filter.outputChannels), spatial: spatial)
    )
  }

  /// The number of groups for known channels.
  ///
  /// A depthwise convolution has one group a channel. The grouped convolutions of TensorFlow
  /// and TensorFlow Lite state no number: the filter's depth tells it.
  static func groups(
    _ attributes: AttributeReader,
    _ role: ConvolutionFilter.Role,
    channels: Int,
    _ filter: ConvolutionFilter
  ) throws(OperatorError) -> Int {
    var groups = 1
    if role == .depthwise {
      groups = channels
    } else if let stated = try attributes.int("groups") {
      groups = stated
    } else if ["ohwi", "hwio"].contains(try attributes.string("filterLayout")),
      filter.inputChannels > 0
    {
      groups = channels / filter.inputChannels
    }
    let (needed, overflow) = filter.inputChannels.multipliedReportingOverflow(by: groups)
    guard groups > 0, !overflow, needed == channels, filter.outputChannels % groups == 0 else {
      throw .invalid(
        "the input has \(channels) channels, the filter takes \(filter.inputChannels) in each of"
          + " \(groups) groups and gives \(filter.outputChannels)"
      )
    }
    return groups
  }

  /// Where filter and input meet, for known extents.
  static func geometry(
    _ context: EvaluationContext,
    _ role: ConvolutionFilter.Role,
    _ filter: ConvolutionFilter
  ) throws(OperatorError) -> ConvolutionGeometry {
    let node = context.operatorContext
    let input = try context.input(0).sizes
    guard let output = try infer(node, role).shape.sizes else {
      throw .invalid("the shape of the result is not known")
    }
    _ = try OperandValues.count(output)
    let layout = try DataLayout(context.attributes)
    let window = try SpatialWindow(kernel: filter.spatial, attributes: context.attributes)
    let axes = layout.spatialAxes(rank: input.count)
    let channels = input[layout.channelAxis(rank: input.count)]
    return ConvolutionGeometry(
      batch: input[0],
      inputSpatial: axes.map { input[$0] },
      outputSpatial: axes.map { output[$0] },
      inputChannels: channels,
      outputChannels: filter.outputChannels,
      groups: try groups(context.attributes, role, channels: channels, filter),
      kernel: window.kernel,
      strides: window.strides,
      dilations: window.dilations,
      padBefore: axes.enumerated().map { window.padBefore(input[$1], axis: $0) }
    )
  }
}
