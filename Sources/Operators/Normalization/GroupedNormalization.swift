import ModelIR

extension OperatorDefinition {
  /// `(x − mean) / √(variance + epsilon) · scale + bias` over the space of each sample and channel.
  ///
  /// Shapes: x `[N, C, …]`, scale and bias `[C]`. Source: ONNX InstanceNormalization-6; D. Ulyanov et
  /// al. 2016, "Instance Normalization".
  static let instanceNormalization = OperatorDefinition(
    "instanceNormalization",
    "Normalizes the space of each sample and channel.",
    family: .normalization,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .normalization(scaleOperand: 1),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.reals(0)
      let channels = try imageChannels(input.sizes)
      return [try normalizeGroups(context, input, groups: channels)]
    }
  )

  /// The same over groups of channels, `numGroups` of them.
  ///
  /// Shapes: x `[N, C, …]`, or channels last with `dataLayout` = `nhwc`; scale and bias `[C]`, or
  /// `[numGroups]` in ONNX opset 18, or left out. `numGroups` −1 is one group a channel (Keras).
  /// Source: ONNX GroupNormalization-21; Y. Wu, K. He 2018, "Group Normalization".
  static let groupNormalization = OperatorDefinition(
    "groupNormalization",
    "Normalizes groups of channels of each sample.",
    family: .normalization,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let groups = try context.attributes.int("numGroups", default: 1)
      if groups == -1 { return [input] }
      if groups < 1 { throw .invalid("numGroups \(groups) is not positive") }
      if let dimensions = input.shape.dimensions, dimensions.count > 1,
        let channels = dimensions[
          try DataLayout(context.attributes).channelAxis(rank: dimensions.count)
        ].size, channels % groups != 0
      {
        throw .invalid("\(channels) channels do not make \(groups) equal groups")
      }
      return [input]
    },
    cost: .normalization(scaleOperand: 1),
    evaluate: { (context) throws(OperatorError) in
      let groups = try context.attributes.int("numGroups", default: 1)
      var input = try context.reals(0)
      guard try DataLayout(context.attributes).channelsLast, input.sizes.count > 2 else {
        return [try normalizeGroups(context, input, groups: groups)]
      }
      // The same with the channels in front, and back.
      let rank = input.sizes.count
      let order = [0, rank - 1] + Array(1..<(rank - 1))
      let sizes = order.map { input.sizes[$0] }
      let values = AxisOrder.rearrange(input.values, input.sizes, order)
      let moved = RealElements.tensor(values, sizes: sizes, type: .float64)
      let result = try normalizeGroups(context, try RealElements(moved), groups: groups)
      let back = [0] + Array(2..<rank) + [1]
      input.values = AxisOrder.rearrange(result.doubleValues ?? [], sizes, back)
      return [input.tensor()]
    }
  )

  private static func imageChannels(_ sizes: [Int]) throws(OperatorError) -> Int {
    guard sizes.count >= 2 else {
      throw .invalid("an operand of \(sizes.count) axes has no channels")
    }
    return sizes[1]
  }

  private static func normalizeGroups(
    _ context: EvaluationContext,
    _ input: RealElements,
    groups: Int
  ) throws(OperatorError) -> Tensor {
    let channels = try imageChannels(input.sizes)
    if input.values.isEmpty { return input.tensor() }
    let groups = groups == -1 ? channels : groups
    guard groups > 0, channels % groups == 0 else {
      throw .invalid("\(channels) channels do not make \(groups) equal groups")
    }
    let epsilon = try context.attributes.float("epsilon", default: 1e-5)
    let scale = try perChannel(context, 1, default: 1, channels: channels, groups: groups)
    let bias = try perChannel(context, 2, default: 0, channels: channels, groups: groups)
    let space = input.values.count / (input.sizes[0] * channels)
    let length = channels / groups * space
    var result = input
    for start in stride(from: 0, to: input.values.count, by: length) {
      let moments = Moments(Array(input.values[start..<(start + length)]))
      let deviation = (moments.variance + epsilon).squareRoot()
      for index in start..<(start + length) {
        let channel = index / space % channels
        let normal = (input.values[index] - moments.mean) / deviation
        result.values[index] = normal * scale[channel] + bias[channel]
      }
    }
    return result.tensor()
  }

  /// One number a channel, from one a channel or one a group.
  private static func perChannel(
    _ context: EvaluationContext,
    _ index: Int,
    default value: Double,
    channels: Int,
    groups: Int
  ) throws(OperatorError) -> [Double] {
    guard context.hasInput(index) else { return Array(repeating: value, count: channels) }
    let values = try context.reals(index).values
    if values.count == channels { return values }
    guard values.count == groups else {
      throw .invalid("operand \(index) has \(values.count) elements for \(channels) channels")
    }
    return (0..<channels).map { values[$0 / (channels / groups)] }
  }
}
