import ModelIR

extension OperatorDefinition {
  /// A layer whose weights over features and time are products of vectors (`rank` a unit).
  ///
  /// Each filter sees the features of a step, remembers its last values, and weighs them over time; the
  /// filters of a unit are summed. Operands x `[batch, in]`, features `[filters, in]`, time `[filters,
  /// memory]`, bias?, state `[batch, memory · filters]`. The result is followed by the new state.
  /// Sources: LiteRT `tflite/kernels/internal/reference/svdf.h`; Nakkiran et al. 2015.
  static let svdf = OperatorDefinition(
    "svdf",
    "A layer of filters over features and time.",
    family: .recurrent,
    inputs: 5...5,
    outputs: 1...2,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let state = try context.input(4)
      let rank = try context.attributes.int("rank", default: 1)
      let batch = input.shape.dimensions?.first ?? .unknown
      guard let filters = try context.input(1).shape.dimensions?.first?.size else {
        return [input.with(.ranked([batch, .unknown])), state]
      }
      guard rank > 0, filters % rank == 0 else {
        throw .invalid("\(filters) filters do not divide into units of \(rank)")
      }
      return [input.with(.ranked([batch, .fixed(filters / rank)])), state]
    },
    cost: CostRule { context in
      guard let batch = context.inputSizes(0)?.first, let features = context.inputElements(1),
        let time = context.inputElements(2)
      else { return .uncounted }
      let (products, overflow) = features.addingReportingOverflow(time)
      guard !overflow else { return .uncounted }
      var cost = OperatorCost.times(batch, multiplyAdds: products)
      // Filters are summed to units; the bias and the activation are one operation each.
      let units = OperatorCost.times(
        context.outputElements(),
        otherOperations: context.epilogueOperations(biasOperand: 3)
      )
      cost.otherOperations = units.otherOperations
      if units.status != .counted { return .uncounted }
      return cost
    },
    evaluate: { (context) throws(OperatorError) in
      let shape = try SVDFShape(context)
      if case .integers = try context.input(0).elements { return try integerSVDF(context, shape) }
      return try realSVDF(context, shape)
    },
    isPure: false,
    stateOperands: { _ in [4] }
  )
}

private struct SVDFShape {
  let batch: Int
  let input: Int
  let filters: Int
  let memory: Int
  let rank: Int
  var units: Int { filters / rank }

  init(_ context: EvaluationContext) throws(OperatorError) {
    let x = try context.input(0).sizes
    let features = try context.input(1).sizes
    let time = try context.input(2).sizes
    rank = try context.attributes.int("rank", default: 1)
    guard x.count == 2, features.count == 2, time.count == 2, features[1] == x[1],
      time[0] == features[0], time[1] > 0, rank > 0, features[0] % rank == 0
    else { throw .invalid("input and weights do not fit each other") }
    (batch, input, filters, memory) = (x[0], x[1], features[0], time[1])
    let (state, bias) = (try context.input(4), context.optionalInput(3))
    guard state.count == (try OperandValues.count([batch, memory, filters])),
      bias?.count ?? units == units
    else { throw .invalid("state or bias do not fit the weights") }
  }

  /// The state moved by one step, with new values as the last of each filter.
  func shifted<Element>(_ state: [Element], _ newest: [Element]) -> [Element] {
    var result = state
    for (index, value) in newest.enumerated() {
      for step in 0..<(memory - 1) {
        result[index * memory + step] = state[index * memory + step + 1]
      }
      result[index * memory + memory - 1] = value
    }
    return result
  }
}

private func realSVDF(
  _ context: EvaluationContext,
  _ shape: SVDFShape
) throws(OperatorError) -> [Tensor] {
  guard let features = try LiteMatrix(context, 1), let time = try LiteMatrix(context, 2) else {
    throw .invalid("the weights are missing")
  }
  let weights = time.floats
  let bias = try LiteVector.read(context, 3, count: shape.units)
  let activation = try FusedActivation(context.attributes)
  var newest = [Float](repeating: 0, count: shape.batch * shape.filters)
  features.accumulate(
    try OperandValues.floats(try context.input(0)),
    batch: shape.batch,
    asymmetric: try context.attributes.bool("asymmetricQuantizeInputs"),
    into: &newest
  )
  let old = try OperandValues.floats(try context.input(4))
  let state = shape.shifted(old, newest)
  var result: [Float] = []
  for entry in 0..<shape.batch {
    for unit in 0..<shape.units {
      var sum: Float = 0
      for filter in (unit * shape.rank)..<((unit + 1) * shape.rank) {
        var product: Float = 0
        let base = (entry * shape.filters + filter) * shape.memory
        for step in 0..<shape.memory {
          product += weights[filter * shape.memory + step] * state[base + step]
        }
        sum += product
      }
      result.append(activation(sum + (bias?[unit] ?? 0)))
    }
  }
  return [
    Tensor([shape.batch, shape.units], floats: result),
    Tensor(try context.input(4).sizes, floats: state),
  ]
}

/// 8-bit input and features, 16-bit time weights and state, as the reference kernel computes them.
private func integerSVDF(
  _ context: EvaluationContext,
  _ shape: SVDFShape
) throws(OperatorError) -> [Tensor] {
  func scale(_ operand: Int) throws(OperatorError) -> Float {
    guard let scale = context.quantization(ofInput: operand)?.scales.first else {
      throw .invalid("operand \(operand) has no scale")
    }
    return scale
  }
  guard let output = context.quantization(ofOutput: 0), let outputScale = output.scales.first else {
    throw .invalid("the result has no scale")
  }
  // The kernel multiplies the scales in single precision.
  let first = FixedPoint.quantizedMultiplier(
    Double(try scale(0) * (try scale(1)) / (try scale(4)))
  )
  let second = FixedPoint.quantizedMultiplier(
    Double(try scale(4) * (try scale(2)) / outputScale)
  )
  let x = try OperandValues.integers(try context.input(0))
  let features = try OperandValues.integers(try context.input(1))
  let weights = try OperandValues.integers(try context.input(2))
  let bias = try context.optionalInput(3).map { (bias) throws(OperatorError) in
    try OperandValues.integers(bias)
  }
  let zeroPoint = Int64(context.quantization(ofInput: 0)?.zeroPoint(0) ?? 0)
  var newest: [Int64] = []
  for entry in 0..<shape.batch {
    for filter in 0..<shape.filters {
      var sum: Int64 = 0
      for index in 0..<shape.input {
        let value = x[entry * shape.input + index] &- zeroPoint
        sum.add(features[filter * shape.input + index], times: value)
      }
      let scaled = FixedPoint.multiply(Int32(truncatingIfNeeded: sum), by: first)
      newest.append(Int64(min(max(scaled, -32768), 32767)))
    }
  }
  let state = shape.shifted(try OperandValues.integers(try context.input(4)), newest)
  let type = context.outputElement(0) ?? .int8
  let range = FixedPoint.range(of: type)
  var result: [Int64] = []
  for entry in 0..<shape.batch {
    for unit in 0..<shape.units {
      var sum = bias?[unit] ?? 0
      for filter in (unit * shape.rank)..<((unit + 1) * shape.rank) {
        let base = (entry * shape.filters + filter) * shape.memory
        for step in 0..<shape.memory {
          sum.add(weights[filter * shape.memory + step], times: state[base + step])
        }
      }
      let scaled = FixedPoint.multiply(Int32(truncatingIfNeeded: sum), by: second)
      let stored = Int64(scaled) + Int64(output.zeroPoint(0))
      result.append(min(max(stored, Int64(range.lowerBound)), Int64(range.upperBound)))
    }
  }
  return [
    Tensor(type: type, sizes: [shape.batch, shape.units], elements: .integers(result)),
    Tensor(type: .int16, sizes: try context.input(4).sizes, elements: .integers(state)),
  ]
}
