import ModelIR

extension OperatorDefinition {
  /// One step of TensorFlow Lite's simple recurrent network: `h' = f(W·x + R·h + b)`.
  ///
  /// Operands x `[batch, in]`, W, R, b, h. The result is followed by the new state.
  /// Source: LiteRT `tflite/kernels/basic_rnn.cc`, `internal/kernel_utils.cc`.
  static let rnnTFLite = liteRNN("rnnTFLite", "One step of a simple recurrent network.", true)

  /// The same over a sequence `[batch, time, in]`, or `[time, batch, in]` where `timeMajor`.
  ///
  /// Source: LiteRT `tflite/kernels/unidirectional_sequence_rnn.cc`.
  static let unidirectionalSequenceRNN = liteRNN(
    "unidirectionalSequenceRNN",
    "TensorFlow Lite's simple recurrent network over a sequence.",
    false
  )

  /// The same in both directions, merged along the last axis where `mergeOutputs`.
  ///
  /// Operands x, then W, R, b, h of both directions, second input?, its weights for both?.
  /// Source: LiteRT `tflite/kernels/bidirectional_sequence_rnn.cc`.
  static let bidirectionalSequenceRNN = OperatorDefinition(
    "bidirectionalSequenceRNN",
    "TensorFlow Lite's simple recurrent network in both directions.",
    family: .recurrent,
    inputs: 9...12,
    outputs: 1...4,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let timeMajor = try context.attributes.bool("timeMajor")
      let sequence = try LiteSequence(input.shape, timeMajor: timeMajor, isStep: false)
      let widths = [1, 5].map { operand in
        context.optionalInput(operand)?.shape.dimensions?.first ?? .unknown
      }
      let states = widths.map { width in
        input.with(sequence.map { .ranked([$0.batch, width]) } ?? .unknownRank)
      }
      guard try context.attributes.bool("mergeOutputs") else {
        return widths.map { input.with(sequence?.result($0) ?? .unknownRank) } + states
      }
      let sizes = widths.compactMap(\.size)
      let width = sizes.count == 2 ? Dimension.fixed(sizes[0] &+ sizes[1]) : .unknown
      return [input.with(sequence?.result(width) ?? .unknownRank)] + states
    },
    cost: CostRule { context in
      let timeMajor = (try? context.node.attributes.bool("timeMajor")) ?? false
      let matrices = [1, 2, 5, 6, 10, 11]
      return context.liteRNNCost(matrices, biases: [3, 7], timeMajor: timeMajor, isStep: false)
    },
    evaluate: { (context) throws(OperatorError) in
      let timeMajor = try context.attributes.bool("timeMajor")
      // A second input without weights of its own is the backward direction's input; the kernel
      // passes it over where the batch comes first.
      let isSplit = context.hasInput(9) && !context.hasInput(10) && timeMajor
      let forward = try LiteRNN(
        context,
        input: 0,
        first: 1,
        auxiliary: context.hasInput(10) ? (9, 10) : nil
      )
      let backward = try LiteRNN(
        context,
        input: isSplit ? 9 : 0,
        first: 5,
        auxiliary: context.hasInput(11) ? (9, 11) : nil
      )
      let a = try forward.run(timeMajor: timeMajor, isStep: false, backward: false)
      let b = try backward.run(timeMajor: timeMajor, isStep: false, backward: true)
      guard let rows = a.sequence.rows, let batch = a.sequence.batch.size else {
        throw .invalid("the shape of the input is not known")
      }
      return try LiteDirections.results(
        [(a.output, forward.units), (b.output, backward.units)],
        rows: rows,
        a.sequence,
        merges: try context.attributes.bool("mergeOutputs")
      ) + [
        Tensor([batch, forward.units], floats: a.state),
        Tensor([batch, backward.units], floats: b.state),
      ]
    },
    isPure: false,
    stateOperands: { _ in [4, 8] }
  )

  private static func liteRNN(_ name: String, _ summary: String, _ isStep: Bool)
    -> OperatorDefinition
  {
    OperatorDefinition(
      name,
      summary,
      family: .recurrent,
      inputs: 5...5,
      outputs: 1...2,
      inferTypes: { (context) throws(OperatorError) in
        let input = try context.input(0)
        let timeMajor = try context.attributes.bool("timeMajor")
        let width = try context.input(1).shape.dimensions?.first ?? .unknown
        let sequence = try LiteSequence(input.shape, timeMajor: timeMajor, isStep: isStep)
        return [
          input.with(sequence?.result(width) ?? .unknownRank),
          input.with(sequence.map { .ranked([$0.batch, width]) } ?? .unknownRank),
        ]
      },
      cost: CostRule { context in
        let timeMajor = (try? context.node.attributes.bool("timeMajor")) ?? false
        return context.liteRNNCost([1, 2], biases: [3], timeMajor: timeMajor, isStep: isStep)
      },
      evaluate: { (context) throws(OperatorError) in
        let network = try LiteRNN(context, input: 0, first: 1, auxiliary: nil)
        let timeMajor = try context.attributes.bool("timeMajor")
        let run = try network.run(timeMajor: timeMajor, isStep: isStep, backward: false)
        guard let sizes = run.sequence.result(.fixed(network.units)).sizes,
          let batch = run.sequence.batch.size
        else { throw .invalid("the shape of the input is not known") }
        return [
          Tensor(sizes, floats: run.sequence.ordered(run.output, network.units)),
          Tensor([batch, network.units], floats: run.state),
        ]
      },
      isPure: false,
      stateOperands: { _ in [4] }
    )
  }
}

extension CostContext {
  /// The products of all matrices for every step; a bias and a function are two operations a unit.
  fileprivate func liteRNNCost(
    _ matrices: [Int],
    biases: [Int],
    timeMajor: Bool,
    isStep: Bool
  ) -> OperatorCost {
    guard let shape = node.optionalInput(0)?.shape,
      let sequence = try? LiteSequence(shape, timeMajor: timeMajor, isStep: isStep),
      let rows = sequence.rows
    else { return .uncounted }
    var products = 0
    for operand in matrices where node.hasInput(operand) {
      guard let count = inputElements(operand) else { return .uncounted }
      products = products &+ count
    }
    var units = 0
    for operand in biases {
      guard let count = inputElements(operand) else { return .uncounted }
      units = units &+ count
    }
    let (others, overflow) = units.multipliedReportingOverflow(by: 2)
    guard products >= 0, !overflow else { return .uncounted }
    return .times(rows, multiplyAdds: products, otherOperations: others)
  }
}

/// One direction of TensorFlow Lite's simple recurrent network.
private struct LiteRNN {
  private let context: EvaluationContext
  private let input: Int
  private let stateOperand: Int
  private let weights: LiteMatrix
  private let recurrent: LiteMatrix
  private let auxiliary: (values: Tensor, weights: LiteMatrix)?
  private let bias: [Float]
  private let activation: FusedActivation
  private let asymmetric: Bool
  let units: Int

  init(
    _ context: EvaluationContext,
    input: Int,
    first: Int,
    auxiliary: (input: Int, weights: Int)?
  ) throws(OperatorError) {
    guard let weights = try LiteMatrix(context, first),
      let recurrent = try LiteMatrix(context, first + 1), recurrent.rows == weights.rows,
      recurrent.columns == weights.rows
    else { throw .invalid("the weights are missing or do not fit each other") }
    self.context = context
    self.input = input
    self.weights = weights
    self.recurrent = recurrent
    units = weights.rows
    bias = try LiteVector.required(context, first + 2, count: units)
    stateOperand = first + 3
    self.auxiliary = try auxiliary.map { (operands) throws(OperatorError) in
      guard let matrix = try LiteMatrix(context, operands.weights), matrix.rows == weights.rows
      else { throw .invalid("the second input's weights do not fit") }
      return (try context.input(operands.input), matrix)
    }
    activation = try FusedActivation(context.attributes)
    asymmetric = try context.attributes.bool("asymmetricQuantizeInputs")
  }

  func run(
    timeMajor: Bool,
    isStep: Bool,
    backward: Bool
  ) throws(OperatorError) -> (output: [Float], state: [Float], sequence: LiteSequence) {
    let tensor = try context.input(input)
    guard
      let sequence = try LiteSequence(.fixed(tensor.sizes), timeMajor: timeMajor, isStep: isStep),
      let time = sequence.time.size, let batch = sequence.batch.size,
      let width = sequence.width.size, width == weights.columns
    else { throw .invalid("an input of shape \(Shape.fixed(tensor.sizes)) for the weights") }
    let x = sequence.timeMajor(try OperandValues.floats(tensor), tensor.sizes)
    var second: [Float] = []
    let secondWidth = auxiliary?.weights.columns ?? 0
    if let auxiliary {
      guard auxiliary.values.count == (try OperandValues.count([time, batch, secondWidth])) else {
        throw .invalid("the second input does not have the extents of the first")
      }
      second = sequence.timeMajor(
        try OperandValues.floats(auxiliary.values),
        auxiliary.values.sizes
      )
    }
    var state = try LiteVector.required(context, stateOperand, count: batch * units)
    var output = [Float](repeating: 0, count: try OperandValues.count([time, batch, units]))
    for step in 0..<time {
      let from = (backward ? time - 1 - step : step) * batch
      var sums = [Float](repeating: 0, count: batch * units)
      for index in sums.indices { sums[index] = bias[index % units] }
      let row = Array(x[(from * width)..<((from + batch) * width)])
      weights.accumulate(row, batch: batch, asymmetric: asymmetric, into: &sums)
      if let auxiliary {
        let other = Array(second[(from * secondWidth)..<((from + batch) * secondWidth)])
        auxiliary.weights.accumulate(other, batch: batch, asymmetric: asymmetric, into: &sums)
      }
      recurrent.accumulate(state, batch: batch, asymmetric: asymmetric, into: &sums)
      state = sums.map { activation($0) }
      for index in state.indices { output[from * units + index] = state[index] }
    }
    return (output, state, sequence)
  }
}
