import ModelIR

extension OperatorDefinition {
  /// `(x − mean) / √(variance + epsilon) · scale + bias`, one of each a channel.
  ///
  /// Scale and bias may be left out: 1 and 0. With `trainingMode` mean and variance are those of the operand, and further results are the
  /// running ones: `running · momentum + current · (1 − momentum)`. Shapes: x `[N, C, …]`, or channels
  /// last with `dataLayout` = `nhwc`; all others `[C]`. Cost outside training: a product and a sum, as
  /// the rest can be folded into them (fvcore `batchnorm_flop_jit`).
  /// Source: ONNX BatchNormalization-15.
  static let batchNormalization = OperatorDefinition(
    "batchNormalization",
    "Normalizes each channel by given mean and variance.",
    family: .normalization,
    inputs: 5...5,
    outputs: 1...5,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let mean = try context.input(3)
      let variance = try context.input(4)
      if try context.attributes.bool("spatial", default: true),
        let dimensions = input.shape.dimensions, !dimensions.isEmpty,
        let channels = dimensions[try channelAxis(context.attributes, dimensions.count)].size,
        let given = mean.shape.elementCount, given != channels
      {
        throw .invalid("the input has \(channels) channels, the mean \(given)")
      }
      return [input, mean, variance, mean, variance]
    },
    cost: CostRule { context in
      let isTraining = (try? context.node.attributes.bool("trainingMode")) ?? false
      return .times(context.inputElements(), otherOperations: isTraining ? 5 : 2)
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.reals(0)
      guard !input.sizes.isEmpty else { throw .invalid("a scalar has no channels") }
      guard try context.attributes.bool("spatial", default: true) else {
        throw .unsupported("statistics of each element (spatial 0, before ONNX opset 9)")
      }
      let axis = try channelAxis(context.attributes, input.sizes.count)
      let count = input.sizes[axis]
      let scale = try context.channelValues(1, count: count, default: 1)
      let bias = try context.channelValues(2, count: count, default: 0)
      var mean = try context.channelValues(3, count: count)
      var variance = try context.channelValues(4, count: count)
      let epsilon = try context.attributes.float("epsilon", default: 1e-5)
      let isTraining = try context.attributes.bool("trainingMode")
      var running: [Tensor] = []
      if isTraining {
        let momentum = try context.attributes.float("momentum", default: 0.9)
        let moments = channelMoments(input, axis)
        for (index, list) in [mean, variance].enumerated() {
          let current = moments.map { index == 0 ? $0.mean : $0.variance }
          let blended = zip(list, current).map { $0 * momentum + $1 * (1 - momentum) }
          let type = try context.input(3 + index).type
          running.append(RealElements.tensor(blended, sizes: [count], type: type))
        }
        mean = moments.map(\.mean)
        variance = moments.map(\.variance)
      }
      var result = input
      let inner = checkedProduct(input.sizes[(axis + 1)...]) ?? 0
      for index in result.values.indices {
        let channel = index / max(inner, 1) % max(count, 1)
        let deviation = (variance[channel] + epsilon).squareRoot()
        result.values[index] =
          (result.values[index] - mean[channel]) / deviation * scale[channel] + bias[channel]
      }
      return [result.tensor()] + running
    }
  )

  private static func channelAxis(
    _ attributes: AttributeReader,
    _ rank: Int
  ) throws(OperatorError) -> Int {
    min(try DataLayout(attributes).channelAxis(rank: rank), rank - 1)
  }

  private static func channelMoments(_ input: RealElements, _ axis: Int) -> [Moments] {
    let inner = checkedProduct(input.sizes[(axis + 1)...]) ?? 0
    var groups: [[Double]] = Array(repeating: [], count: input.sizes[axis])
    for (index, value) in input.values.enumerated() {
      groups[index / inner % input.sizes[axis]].append(value)
    }
    return groups.map(Moments.init)
  }
}
