import ModelIR

extension OperatorDefinition {
  /// TensorFlow Lite's LSTM over a sequence, with peepholes, projection, layer normalization and
  /// coupled gates.
  ///
  /// 20 or 24 operands (`LiteLSTMOperands.unidirectional`), two of them states. The result is followed
  /// by the new states. 8-bit activations are those of `IntegerLSTM`.
  /// Sources: LiteRT `tflite/kernels/unidirectional_sequence_lstm.cc`; Sak et al. 2014 (projection).
  static let unidirectionalSequenceLSTM = OperatorDefinition(
    "unidirectionalSequenceLSTM",
    "TensorFlow Lite's long short-term memory over a sequence.",
    family: .recurrent,
    inputs: 20...24,
    outputs: 1...3,
    inferTypes: { (context) throws(OperatorError) in
      try liteTypes(context, timeMajor: try context.attributes.bool("timeMajor"), isStep: false)
    },
    cost: .liteLSTM(isStep: false),
    evaluate: { (context) throws(OperatorError) in
      let timeMajor = try context.attributes.bool("timeMajor")
      return try liteResults(context, timeMajor: timeMajor, isStep: false)
    },
    isPure: false,
    stateOperands: { _ in [18, 19] }
  )

  /// One step of TensorFlow Lite's LSTM.
  ///
  /// With `kernelType` = `basic`, operands x, h, weights, bias, c and results h', c' and two scratch
  /// tensors; otherwise as `unidirectionalSequenceLSTM` without a time axis.
  /// Source: LiteRT `tflite/kernels/lstm.cc`, `internal/reference/lstm_cell.h`.
  static let lstmTFLite = OperatorDefinition(
    "lstmTFLite",
    "One step of TensorFlow Lite's long short-term memory.",
    family: .recurrent,
    inputs: 5...24,
    outputs: 1...4,
    inferTypes: { (context) throws(OperatorError) in
      guard try isBasic(context.attributes) else {
        return try liteTypes(context, timeMajor: false, isStep: true)
      }
      return try basicTypes(context)
    },
    cost: CostRule { context in
      guard (try? isBasic(context.node.attributes)) ?? false else {
        return CostRule.liteLSTM(isStep: true)(context)
      }
      guard let weights = context.inputSizes(2), weights.count == 2,
        let batch = context.inputSizes(0)?.first,
        let sums = checkedProduct([batch, weights[0]])
      else { return .uncounted }
      return .times(sums, multiplyAdds: weights[1], otherOperations: 4)
    },
    evaluate: { (context) throws(OperatorError) in
      guard try isBasic(context.attributes) else {
        return try liteResults(context, timeMajor: false, isStep: true)
      }
      return try evaluateBasic(context)
    },
    isPure: false,
    // The basic kernel takes its states as operands and gives them as results like any other.
    stateOperands: { ((try? isBasic($0)) ?? false) ? [] : [18, 19] }
  )

  /// TensorFlow Lite's LSTM over a sequence in both directions.
  ///
  /// 48 operands (`LiteLSTMOperands.bidirectional`). Results: both directions, merged along the last
  /// axis where `mergeOutputs`; then the new states. Source: LiteRT
  /// `tflite/kernels/bidirectional_sequence_lstm.cc`.
  static let bidirectionalSequenceLSTM = OperatorDefinition(
    "bidirectionalSequenceLSTM",
    "TensorFlow Lite's long short-term memory in both directions.",
    family: .recurrent,
    inputs: 39...48,
    outputs: 1...6,
    inferTypes: { (context) throws(OperatorError) in try bidirectionalTypes(context) },
    cost: CostRule { context in
      let timeMajor = (try? context.node.attributes.bool("timeMajor", default: true)) ?? true
      var total = OperatorCost.none
      for backward in [false, true] {
        let operands = LiteLSTMOperands.bidirectional(backward: backward, context.node)
        let cost = CostRule.liteLSTM(context, operands, timeMajor: timeMajor, isStep: false)
        guard cost.status == .counted else { return .uncounted }
        total.multiplyAdds = total.multiplyAdds &+ cost.multiplyAdds
        total.otherOperations = total.otherOperations &+ cost.otherOperations
      }
      return total
    },
    evaluate: { (context) throws(OperatorError) in try evaluateBidirectional(context) },
    isPure: false,
    stateOperands: { _ in [35, 36, 37, 38] }
  )
}

extension CostRule {
  fileprivate static func liteLSTM(isStep: Bool) -> CostRule {
    CostRule { context in
      let timeMajor = (try? context.node.attributes.bool("timeMajor")) ?? false
      return liteLSTM(context, .unidirectional, timeMajor: timeMajor, isStep: isStep)
    }
  }

  /// All gates' products and the projection, for every step; a gate and cell take four more
  /// operations: bias, function, and its part of the state.
  fileprivate static func liteLSTM(
    _ context: CostContext,
    _ operands: LiteLSTMOperands,
    timeMajor: Bool,
    isStep: Bool
  ) -> OperatorCost {
    guard let shape = context.node.optionalInput(operands.input)?.shape,
      let sequence = try? LiteSequence(shape, timeMajor: timeMajor, isStep: isStep),
      let rows = sequence.rows
    else { return .uncounted }
    var products = 0
    var cells = 0
    var matrices = Array(operands.weights..<(operands.weights + 4))
    matrices += operands.recurrent..<(operands.recurrent + 4)
    matrices.append(operands.projection)
    if let auxiliary = operands.auxiliary {
      matrices += auxiliary.weights..<(auxiliary.weights + 4)
    }
    for operand in matrices where context.node.hasInput(operand) {
      guard let sizes = context.inputSizes(operand), let count = checkedProduct(sizes) else {
        return .uncounted
      }
      products = products &+ count
      if operand < operands.weights + 4 { cells = cells &+ (sizes.first ?? 0) }
    }
    let (others, overflow) = cells.multipliedReportingOverflow(by: 4)
    guard products >= 0, !overflow else { return .uncounted }
    return .times(rows, multiplyAdds: products, otherOperations: others)
  }
}

private func liteTypes(
  _ context: OperatorContext,
  timeMajor: Bool,
  isStep: Bool
) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let operands = LiteLSTMOperands.unidirectional
  let (cells, outputs) = operands.extents(context)
  guard let sequence = try LiteSequence(input.shape, timeMajor: timeMajor, isStep: isStep) else {
    return [input.with(.unknownRank), input.with(.unknownRank), input.with(.unknownRank)]
  }
  return [
    input.with(sequence.result(outputs)), input.with(.ranked([sequence.batch, outputs])),
    // Integer LSTMs have wider cells than outputs.
    (context.optionalInput(operands.cellState) ?? input).with(.ranked([sequence.batch, cells])),
  ]
}

private func liteResults(
  _ context: EvaluationContext,
  timeMajor: Bool,
  isStep: Bool
) throws(OperatorError) -> [Tensor] {
  let input = try context.input(0)
  if case .integers = input.elements {
    return try IntegerLSTM(context, .unidirectional).run(timeMajor: timeMajor, isStep: isStep)
  }
  let cell = try LiteLSTM(context, .unidirectional)
  let (values, state, memory) = try cell.run(timeMajor: timeMajor, isStep: isStep)
  guard
    let sequence = try LiteSequence(.fixed(input.sizes), timeMajor: timeMajor, isStep: isStep),
    let sizes = sequence.result(.fixed(cell.outputs)).sizes, let batch = sequence.batch.size
  else { throw .invalid("the shape of the input is not known") }
  return [
    Tensor(sizes, floats: sequence.ordered(values, cell.outputs)),
    Tensor([batch, cell.outputs], floats: state), Tensor([batch, cell.cells], floats: memory),
  ]
}

private func isBasic(_ attributes: AttributeReader) throws(OperatorError) -> Bool {
  try attributes.string("kernelType", default: "full") == "basic"
}

private func basicTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let state = try context.input(1)
  let memory = try context.input(4)
  let batch = input.shape.dimensions?.first ?? .unknown
  let weights = try context.input(2).shape.dimensions ?? [.unknown, .unknown]
  guard weights.count == 2 else { throw .invalid("weights of \(weights.count) axes") }
  return [
    state, memory, input.with(.ranked([batch, weights[1]])),
    memory.with(.ranked([batch, weights[0]])),
  ]
}

/// The gates of the basic kernel are in the order input, candidate, forget, output.
private func evaluateBasic(_ context: EvaluationContext) throws(OperatorError) -> [Tensor] {
  let x = try context.input(0)
  let h = try context.input(1)
  guard case .floats = x.elements else {
    throw .unsupported("an LSTM whose activations are integers")
  }
  guard let weights = try LiteMatrix(context, 2), x.rank == 2, h.rank == 2,
    x.sizes[0] == h.sizes[0], weights.columns == x.sizes[1] + h.sizes[1],
    weights.rows == 4 * h.sizes[1]
  else { throw .invalid("input, state and weights do not fit each other") }
  let (batch, depth) = (x.sizes[0], h.sizes[1])
  let bias = try LiteVector.required(context, 3, count: weights.rows)
  let memory = try LiteVector.required(context, 4, count: batch * depth)
  let first = try OperandValues.floats(x)
  let second = try OperandValues.floats(h)
  let width = x.sizes[1]
  var joined: [Float] = []
  for entry in 0..<batch {
    joined += first[(entry * width)..<((entry + 1) * width)]
    joined += second[(entry * depth)..<((entry + 1) * depth)]
  }
  var sums = [Float](repeating: 0, count: batch * weights.rows)
  weights.accumulate(joined, batch: batch, asymmetric: false, into: &sums)
  for index in sums.indices { sums[index] += bias[index % weights.rows] }
  let sigmoid = FusedActivation.sigmoid
  let tanh = FusedActivation.tanh
  var state: [Float] = []
  var cell: [Float] = []
  for place in 0..<(batch * depth) {
    let base = place / depth * weights.rows + place % depth
    let input = sigmoid(sums[base]) * tanh(sums[base + depth])
    let new = input + sigmoid(sums[base + 2 * depth]) * memory[place]
    cell.append(new)
    state.append(sigmoid(sums[base + 3 * depth]) * tanh(new))
  }
  return context.named([
    Tensor([batch, depth], floats: state), Tensor([batch, depth], floats: cell),
    Tensor([batch, weights.columns], floats: joined), Tensor([batch, weights.rows], floats: sums),
  ])
}

private func bidirectionalTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let timeMajor = try context.attributes.bool("timeMajor", default: true)
  let merges = try context.attributes.bool("mergeOutputs")
  let sequence = try LiteSequence(input.shape, timeMajor: timeMajor, isStep: false)
  var results: [TensorType] = []
  var states: [TensorType] = []
  var merged: Int? = 0
  for backward in [false, true] {
    let operands = LiteLSTMOperands.bidirectional(backward: backward, context)
    let (cells, outputs) = operands.extents(context)
    results.append(input.with(sequence?.result(outputs) ?? .unknownRank))
    states.append(input.with(sequence.map { .ranked([$0.batch, outputs]) } ?? .unknownRank))
    states.append(input.with(sequence.map { .ranked([$0.batch, cells]) } ?? .unknownRank))
    merged = outputs.size.flatMap { size in merged.map { $0 &+ size } }
  }
  if merges {
    let width = merged.map(Dimension.fixed) ?? .unknown
    results = [input.with(sequence?.result(width) ?? .unknownRank)]
  }
  return results + states
}

private func evaluateBidirectional(_ context: EvaluationContext) throws(OperatorError) -> [Tensor] {
  let input = try context.input(0)
  let timeMajor = try context.attributes.bool("timeMajor", default: true)
  guard
    let sequence = try LiteSequence(.fixed(input.sizes), timeMajor: timeMajor, isStep: false),
    let batch = sequence.batch.size, let rows = sequence.rows
  else { throw .invalid("the shape of the input is not known") }
  var outputs: [(values: [Float], width: Int)] = []
  var states: [Tensor] = []
  for backward in [false, true] {
    let operands = LiteLSTMOperands.bidirectional(backward: backward, context.operatorContext)
    let cell = try LiteLSTM(context, operands)
    let (values, state, memory) = try cell.run(
      timeMajor: timeMajor,
      isStep: false,
      backward: backward
    )
    outputs.append((values, cell.outputs))
    states.append(Tensor([batch, cell.outputs], floats: state))
    states.append(Tensor([batch, cell.cells], floats: memory))
  }
  return try LiteDirections.results(
    outputs,
    rows: rows,
    sequence,
    merges: try context.attributes.bool("mergeOutputs")
  ) + states
}

/// The results of the two directions of a sequence.
enum LiteDirections {
  /// Both, or one behind the other along the last axis.
  static func results(
    _ outputs: [(values: [Float], width: Int)],
    rows: Int,
    _ sequence: LiteSequence,
    merges: Bool
  ) throws(OperatorError) -> [Tensor] {
    var parts = outputs
    if merges {
      var joined: [Float] = []
      for row in 0..<rows {
        for part in outputs {
          joined += part.values[(row * part.width)..<((row + 1) * part.width)]
        }
      }
      parts = [(joined, outputs.reduce(0) { $0 + $1.width })]
    }
    var results: [Tensor] = []
    for part in parts {
      guard let sizes = sequence.result(.fixed(part.width)).sizes else {
        throw .invalid("the shape of the input is not known")
      }
      results.append(Tensor(sizes, floats: sequence.ordered(part.values, part.width)))
    }
    return results
  }
}
