import ModelIR

extension OperatorDefinition {
  /// Depthwise convolution over time that sees no later step, with the last steps as a state.
  ///
  /// Operands x `[batch, channels, length]`, filter `[channels, 1, taps]`, bias?, past state `[batch,
  /// channels, taps − 1]`?. Results: y, and the state for what follows. `activation` is `none`, or
  /// `silu` (also `swish`): `x · σ(x)`. Source: ONNX CausalConvWithState-27.
  static let causalConvWithState = OperatorDefinition(
    "causalConvWithState",
    "Depthwise convolution over past steps, with a state.",
    family: .convolution,
    inputs: 2...4,
    outputs: 1...2,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let filter = try context.input(1).shape
      guard (input.shape.rank ?? 3) == 3, (filter.rank ?? 3) == 3 else {
        throw .invalid("operands of shapes \(input.shape) and \(filter); three axes are needed")
      }
      let axes = input.shape.dimensions ?? [.unknown, filter.dimensions?[0] ?? .unknown, .unknown]
      var state = Dimension.unknown
      if let taps = filter.dimensions?[2].size {
        guard taps > 0 else { throw .invalid("a filter of no taps") }
        state = .fixed(taps - 1)
      }
      return [input.with(.ranked(axes)), input.with(.ranked([axes[0], axes[1], state]))]
    },
    // As a depthwise convolution; the bias is one operation, the activation four.
    cost: CostRule { context in
      guard let taps = context.inputSizes(1)?.last else { return .uncounted }
      let activation =
        (try? context.node.attributes.string("activation", default: "none")) ?? "none"
      return .times(
        context.outputElements(),
        multiplyAdds: taps,
        otherOperations: (context.node.hasInput(2) ? 1 : 0) + (activation == "none" ? 0 : 4)
      )
    },
    evaluate: { (context) throws(OperatorError) in
      context.named(try evaluateCausal(context))
    }
  )
}

private func evaluateCausal(_ context: EvaluationContext) throws(OperatorError) -> [Tensor] {
  let input = try context.input(0)
  let filter = try context.input(1)
  guard input.rank == 3, filter.rank == 3, filter.sizes[0] == input.sizes[1], filter.sizes[1] == 1,
    filter.sizes[2] > 0
  else { throw .invalid("a filter of shape \(Shape.fixed(filter.sizes))") }
  let (rows, length) = (checkedProduct(input.sizes.prefix(2)) ?? 0, input.sizes[2])
  let channels = input.sizes[1]
  let taps = filter.sizes[2]
  let past = taps - 1
  let x = try OperandValues.doubles(input)
  let w = try OperandValues.doubles(filter)
  let bias = try context.optionalInput(2).map { (bias) throws(OperatorError) in
    try OperandValues.doubles(bias)
  }
  let state = try context.optionalInput(3).map { (state) throws(OperatorError) in
    try OperandValues.doubles(state)
  }
  let padded = try OperandValues.count([rows, past + length])
  guard bias?.count ?? channels == channels, state.map({ $0.count == rows * past }) ?? true else {
    throw .invalid("bias or state do not fit \(channels) channels of \(taps) taps")
  }
  let activation = try context.attributes.string("activation", default: "none")
  guard ["none", "silu", "swish"].contains(activation) else {
    throw .unsupported("the activation \"\(activation)\" is not evaluated")
  }
  let round = Precision(type: input.type)
  let sigmoid = FusedActivation.sigmoid
  var result: [Double] = []
  var present: [Double] = []
  result.reserveCapacity(padded)
  for row in 0..<rows {
    let before = state.map { Array($0[(row * past)..<((row + 1) * past)]) }
    let series =
      (before ?? Array(repeating: 0, count: past)) + x[(row * length)..<((row + 1) * length)]
    let kernel = row % channels * taps
    for step in 0..<length {
      var sum = 0.0
      for tap in 0..<taps { sum += series[step + tap] * w[kernel + tap] }
      let value = round(sum + (bias?[row % channels] ?? 0))
      result.append(activation == "none" ? value : value * sigmoid(value))
    }
    present += series.suffix(past)
  }
  return [
    OperandValues.tensor(input.type, input.sizes, result),
    OperandValues.tensor(input.type, [input.sizes[0], channels, past], present),
  ]
}
