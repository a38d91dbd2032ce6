import ModelIR

extension OperatorDefinition {
  /// Convolution over any number of spatial axes, grouped or not (cross-correlation, as the field
  /// says convolution).
  static let convolution = OperatorDefinition(
    "convolution",
    "Slides a filter over space and sums over channels.",
    family: .convolution,
    inputs: 2...3,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let dimensions = input.shape.dimensions,
        let filter = try ConvolutionFilter(context), dimensions.count >= 3
      else { return [input.with(.unknownRank)] }
      guard dimensions.count == filter.spatial.count + 2 else {
        throw .invalid(
          "an input of \(dimensions.count) axes does not go with a filter of"
            + " \(filter.spatial.count + 2)"
        )
      }
      let layout = try DataLayout(context.attributes)
      let groups = try context.attributes.int("groups", default: 1)
      let channels = dimensions[layout.channelAxis(rank: dimensions.count)]
      let filterInput = filter.inputChannels.multipliedReportingOverflow(by: groups)
      if let channels = channels.size, filterInput.overflow || channels != filterInput.partialValue
      {
        throw .invalid(
          "the input has \(channels) channels, the filter takes \(filter.inputChannels)"
            + " in each of \(groups) groups"
        )
      }
      let window = try SpatialWindow(kernel: filter.spatial, attributes: context.attributes)
      var spatial: [Dimension] = []
      for (axis, position) in layout.spatialAxes(rank: dimensions.count).enumerated() {
        spatial.append(try window.outputSize(dimensions[position], axis: axis))
      }
      return [
        input.with(
          layout.shape(
            batch: dimensions[0],
            channels: .fixed(filter.outputChannels),
            spatial: spatial
          )
        )
      ]
    },
    // N·Ho·Wo·Co·Kh·Kw·Ci/g (fvcore); the bias and a fused activation are one operation each.
    cost: CostRule { context in
      guard let outputs = context.outputElements(),
        let filter = try? ConvolutionFilter(context.node),
        let taps = checkedProduct(filter.spatial + [filter.inputChannels])
      else { return .uncounted }
      return .times(
        outputs,
        multiplyAdds: taps,
        otherOperations: context.epilogueOperations(biasOperand: 2)
      )
    }
  )
}

/// The extents of a convolution's filter, whatever the order of its axes.
struct ConvolutionFilter {
  var outputChannels: Int
  /// Input channels of one group.
  var inputChannels: Int
  var spatial: [Int]

  /// - Returns: `nil` where the filter's extents are not known.
  init?(_ context: OperatorContext) throws(OperatorError) {
    guard let sizes = try context.input(1).shape.sizes else { return nil }
    guard sizes.count >= 3 else {
      throw .invalid("a filter of shape \(Shape.fixed(sizes)) has no spatial axis")
    }
    let last = sizes.count - 1
    switch try context.attributes.string("filterLayout", default: "oihw") {
    case "oihw": (outputChannels, inputChannels, spatial) = (sizes[0], sizes[1], Array(sizes[2...]))
    case "ohwi":
      (outputChannels, inputChannels, spatial) = (sizes[0], sizes[last], Array(sizes[1..<last]))
    case "hwio":
      (outputChannels, inputChannels, spatial) = (
        sizes[last], sizes[last - 1], Array(sizes[..<(last - 1)])
      )
    case let other: throw .invalid("filterLayout \"\(other)\" is none of oihw, ohwi, hwio")
    }
  }
}

extension CostContext {
  /// Operations an output element after the sum: the bias where there is one, a fused activation.
  func epilogueOperations(biasOperand: Int) -> Int {
    let hasActivation =
      ((try? node.attributes.string("activation", default: "none")) ?? "none") != "none"
    return (node.hasInput(biasOperand) ? 1 : 0) + (hasActivation ? 1 : 0)
  }
}
