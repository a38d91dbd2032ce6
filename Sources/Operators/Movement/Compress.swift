import ModelIR

extension OperatorDefinition {
  /// The slices along an axis at which a condition holds; without an axis, the elements of the
  /// flattened operand.
  ///
  /// Source: ONNX Compress.
  static let compress = OperatorDefinition.movement(
    "compress",
    "The slices at which a condition holds.",
    inputs: 2...2,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let kept = context.integers(1).map { $0.filter { $0 != 0 }.count }
      let extent = kept.map(Dimension.fixed) ?? .unknown
      guard let axis = try context.attributes.int("axis") else {
        return [input.with(.ranked([extent]))]
      }
      guard var dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
      dimensions[try Axes.normalize(axis, rank: dimensions.count)] = extent
      return [input.with(.ranked(dimensions))]
    },
    evaluate: { (context) throws(OperatorError) in
      var input = try context.input(0)
      let condition = try context.integers(1)
      var axis = 0
      if let given = try context.attributes.int("axis") {
        axis = try Axes.normalize(given, rank: input.rank)
      } else {
        input = input.reshaped(to: [input.count])
      }
      let positions = condition.indices.filter { condition[$0] != 0 }
      var selections = input.sizes.map(AxisSelection.all)
      selections[axis] = .at(positions)
      return [try input.selecting(selections)]
    }
  )

  /// Crops or pads axes around their middle to given extents; what is odd goes to the end.
  ///
  /// With `cropOnly` a tensor that would have to be padded is an error.
  /// Source: ONNX CenterCropPad-18.
  static let centerCropPad = OperatorDefinition.movement(
    "centerCropPad",
    "Crops or pads around the middle to given extents.",
    inputs: 2...2,
    types: centerCropPadTypes,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let sizes = try context.inferredSizes(centerCropPadTypes)
      var selections: [AxisSelection] = []
      for (size, wanted) in zip(input.sizes, sizes) {
        let lead = wanted < size ? (size - wanted) / 2 : -((wanted - size) / 2)
        selections.append(
          AxisSelection(count: wanted) { index in
            (0..<size).contains(index + lead) ? index + lead : -1
          }
        )
      }
      return [try input.selecting(selections)]
    }
  )
}

private func centerCropPadTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  guard var dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
  let axes = try Axes.normalize(
    try context.attributes.ints("axes") ?? Array(dimensions.indices),
    rank: dimensions.count
  )
  let wanted = context.dimensions(1) ?? Array(repeating: .unknown, count: axes.count)
  guard wanted.count == axes.count else {
    throw .invalid("\(wanted.count) extents for \(axes.count) axes")
  }
  let isCrop = try context.attributes.bool("cropOnly")
  for (axis, extent) in zip(axes, wanted) {
    if let size = extent.size, size < 0 { throw .invalid("the extent \(size) is asked for") }
    if isCrop, let size = extent.size, let given = dimensions[axis].size, given < size {
      throw .invalid(
        "\(given) positions are fewer than the \(size) to crop to; resampling is not computed here"
      )
    }
    dimensions[axis] = extent
  }
  return [input.with(.ranked(dimensions))]
}
