import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where the operands of one direction of TensorFlow Lite's LSTM are.
///
/// Four gates in the order input, forget, cell, output; the input gate's operands are left out where
/// it is coupled to the forget gate.
struct LiteLSTMOperands {
  var input: Int
  var weights: Int
  var recurrent: Int
  var peephole: Int
  var bias: Int
  var projection: Int
  var projectionBias: Int
  var outputState: Int
  var cellState: Int
  var normalization: Int?
  var auxiliary: (input: Int, weights: Int)?

  /// LSTM and UNIDIRECTIONAL_SEQUENCE_LSTM.
  static let unidirectional = LiteLSTMOperands(
    input: 0,
    weights: 1,
    recurrent: 5,
    peephole: 9,
    bias: 12,
    projection: 16,
    projectionBias: 17,
    outputState: 18,
    cellState: 19,
    normalization: 20
  )

  /// A direction of BIDIRECTIONAL_SEQUENCE_LSTM.
  static func bidirectional(
    backward: Bool,
    _ context: OperatorContext
  ) -> LiteLSTMOperands {
    let first = backward ? 18 : 1
    let hasAuxiliaryWeights = context.hasInput(backward ? 45 : 41)
    // A second input without weights of its own is the backward direction's input.
    let isSplit = context.hasInput(39) && !context.hasInput(41)
    return LiteLSTMOperands(
      input: backward && isSplit ? 39 : 0,
      weights: first,
      recurrent: first + 4,
      peephole: first + 8,
      bias: first + 11,
      projection: first + 15,
      projectionBias: first + 16,
      outputState: backward ? 37 : 35,
      cellState: backward ? 38 : 36,
      auxiliary: hasAuxiliaryWeights ? (39, backward ? 44 : 40) : nil
    )
  }

  /// The cells and the elements of a step's output.
  func extents(_ context: OperatorContext) -> (cells: Dimension, outputs: Dimension) {
    let cells = context.optionalInput(weights + 3)?.shape.dimensions?.first ?? .unknown
    let projected = context.optionalInput(projection)?.shape.dimensions?.first
    let recurrent = context.optionalInput(recurrent + 3)?.shape.dimensions
    return (cells, projected ?? (recurrent?.count == 2 ? recurrent?[1] : cells) ?? .unknown)
  }
}

/// The extents of a sequence: `[time, batch, width]` or `[batch, time, width]`; one step of
/// `[batch, width]`.
struct LiteSequence {
  var time: Dimension
  var batch: Dimension
  var width: Dimension
  var isTimeMajor: Bool
  var isStep: Bool

  /// - Returns: `nil` where the shape is not known.
  init?(_ shape: Shape, timeMajor: Bool, isStep: Bool) throws(OperatorError) {
    guard let axes = shape.dimensions else { return nil }
    guard axes.count == (isStep ? 2 : 3) else {
      throw .invalid("an operand of shape \(shape); \(isStep ? 2 : 3) axes are needed")
    }
    self.isStep = isStep
    isTimeMajor = timeMajor
    time = isStep ? 1 : axes[timeMajor ? 0 : 1]
    batch = isStep ? axes[0] : axes[timeMajor ? 1 : 0]
    width = axes[axes.count - 1]
  }

  /// The shape of a result of `width` elements a step.
  func result(_ width: Dimension) -> Shape {
    if isStep { return .ranked([batch, width]) }
    return .ranked(isTimeMajor ? [time, batch, width] : [batch, time, width])
  }

  /// Steps · batch.
  var rows: Int? { Shape.ranked([time, batch]).elementCount }

  /// The elements as `[time][batch][width]`.
  func timeMajor(_ values: [Float], _ sizes: [Int]) -> [Float] {
    isStep || isTimeMajor ? values : AxisOrder.rearrange(values, sizes, [1, 0, 2])
  }

  /// The elements of `[time][batch][width]` in the operand's order.
  func ordered(_ values: [Float], _ width: Int) -> [Float] {
    guard !isStep, !isTimeMajor, let time = time.size, let batch = batch.size else {
      return values
    }
    return AxisOrder.rearrange(values, [time, batch, width], [1, 0, 2])
  }
}

/// TensorFlow Lite's LSTM over a sequence, in real numbers or with integer weights.
///
/// Source: LiteRT `tflite/kernels/lstm_eval.cc` (`LstmStepFloat`, `LstmStepHybrid`).
struct LiteLSTM {
  private let context: EvaluationContext
  private let operands: LiteLSTMOperands
  private let weights: [LiteMatrix?]
  private let recurrent: [LiteMatrix?]
  private let auxiliary: [LiteMatrix?]
  private let peepholes: [[Float]?]
  private let biases: [[Float]]
  private let normalizations: [[Float]?]
  private let projection: LiteMatrix?
  private let projectionBias: [Float]?
  private let activation: FusedActivation
  private let asymmetric: Bool
  private let cellClip: Float
  private let projectionClip: Float
  let cells: Int
  let outputs: Int

  init(_ context: EvaluationContext, _ operands: LiteLSTMOperands) throws(OperatorError) {
    self.context = context
    self.operands = operands
    guard case .floats = try context.input(operands.input).elements else {
      throw .unsupported("an LSTM whose activations are integers")
    }
    func matrices(_ first: Int) throws(OperatorError) -> [LiteMatrix?] {
      var result: [LiteMatrix?] = []
      for gate in 0..<4 {
        result.append(try LiteMatrix(context, first + gate, allowsDiagonal: true))
      }
      return result
    }
    weights = try matrices(operands.weights)
    recurrent = try matrices(operands.recurrent)
    auxiliary =
      try operands.auxiliary.map { (own) throws(OperatorError) in
        try matrices(own.weights)
      } ?? [nil, nil, nil, nil]
    projection = try LiteMatrix(context, operands.projection)
    let hasInputGate = weights[0] != nil
    guard let last = weights[3], let lastRecurrent = recurrent[3] else {
      throw .invalid("the weights of the output gate are missing")
    }
    cells = last.rows
    outputs = projection?.rows ?? lastRecurrent.columns
    let (cells, outputs) = (cells, outputs)
    for gate in (hasInputGate ? 0 : 1)..<4 {
      guard let own = weights[gate], own.rows == cells, own.columns == last.columns,
        let back = recurrent[gate], back.rows == cells, back.columns == outputs
      else { throw .invalid("the weights of gate \(gate) are missing or have another shape") }
    }
    guard projection?.columns ?? cells == cells, projection != nil || cells == outputs else {
      throw .invalid("\(cells) cells do not give \(outputs) outputs")
    }
    var peepholes: [[Float]?] = []
    // Input, forget and output gates have peepholes; the cell gate has none.
    for place in [0, 1, nil, 2] {
      peepholes.append(
        try place.flatMap { (place) throws(OperatorError) in
          try LiteVector.read(context, operands.peephole + place, count: cells)
        }
      )
    }
    self.peepholes = peepholes
    var biases: [[Float]] = []
    var normalizations: [[Float]?] = []
    for gate in 0..<4 {
      let bias = try LiteVector.read(context, operands.bias + gate, count: cells)
      biases.append(bias ?? Array(repeating: 0, count: cells))
      normalizations.append(
        try operands.normalization.flatMap { (first) throws(OperatorError) in
          try LiteVector.read(context, first + gate, count: cells)
        }
      )
    }
    self.biases = biases
    self.normalizations = normalizations
    projectionBias = try LiteVector.read(context, operands.projectionBias, count: outputs)
    activation = try FusedActivation(context.attributes)
    asymmetric = try context.attributes.bool("asymmetricQuantizeInputs")
    cellClip = Float(try context.attributes.float("cellClip", default: 0))
    projectionClip = Float(try context.attributes.float("projectionClip", default: 0))
  }

  /// The outputs `[time][batch][outputs]`, the last output and the last cells.
  func run(
    timeMajor: Bool,
    isStep: Bool,
    backward: Bool = false
  ) throws(OperatorError) -> (output: [Float], state: [Float], cell: [Float]) {
    let input = try context.input(operands.input)
    guard
      let sequence = try LiteSequence(
        .fixed(input.sizes),
        timeMajor: timeMajor,
        isStep: isStep
      ),
      let time = sequence.time.size, let batch = sequence.batch.size,
      let width = sequence.width.size, width == weights[3]?.columns
    else { throw .invalid("an input of shape \(Shape.fixed(input.sizes)) for the weights") }
    let x = sequence.timeMajor(try OperandValues.floats(input), input.sizes)
    var auxiliaryInput: [Float] = []
    var auxiliaryWidth = 0
    if let auxiliary = operands.auxiliary {
      let second = try context.input(auxiliary.input)
      auxiliaryWidth = self.auxiliary[3]?.columns ?? 0
      guard second.count == (try OperandValues.count([time, batch, auxiliaryWidth])) else {
        throw .invalid("the second input does not have the extents of the first")
      }
      auxiliaryInput = sequence.timeMajor(try OperandValues.floats(second), second.sizes)
    }
    let count = try OperandValues.count([time, batch, outputs])
    var result = [Float](repeating: 0, count: count)
    var state =
      try LiteVector.read(context, operands.outputState, count: batch * outputs)
      ?? Array(repeating: 0, count: batch * outputs)
    var cell =
      try LiteVector.read(context, operands.cellState, count: batch * cells)
      ?? Array(repeating: 0, count: batch * cells)
    for step in 0..<time {
      let moment = backward ? time - 1 - step : step
      let from = moment * batch
      advance(
        Array(x[(from * width)..<((from + batch) * width)]),
        Array(auxiliaryInput[(from * auxiliaryWidth)..<((from + batch) * auxiliaryWidth)]),
        batch,
        &state,
        &cell
      )
      for index in state.indices { result[from * outputs + index] = state[index] }
    }
    return (result, state, cell)
  }

  private func gate(
    _ index: Int,
    _ x: [Float],
    _ auxiliaryInput: [Float],
    _ batch: Int,
    _ state: [Float],
    _ cell: [Float],
    _ function: FusedActivation
  ) -> [Float] {
    let normalization = normalizations[index]
    var sums = [Float](repeating: 0, count: batch * cells)
    if normalization == nil {
      for place in sums.indices { sums[place] = biases[index][place % cells] }
    }
    weights[index]?.accumulate(x, batch: batch, asymmetric: asymmetric, into: &sums)
    if !auxiliaryInput.isEmpty {
      auxiliary[index]?.accumulate(
        auxiliaryInput,
        batch: batch,
        asymmetric: asymmetric,
        into: &sums
      )
    }
    recurrent[index]?.accumulate(state, batch: batch, asymmetric: asymmetric, into: &sums)
    if let peephole = peepholes[index] {
      for place in sums.indices { sums[place] += peephole[place % cells] * cell[place] }
    }
    if let normalization { normalize(&sums, batch, normalization, biases[index]) }
    return sums.map { function($0) }
  }

  /// Normalizes each batch entry to mean 0 and deviation 1, then scales and shifts it.
  private func normalize(
    _ sums: inout [Float],
    _ batch: Int,
    _ scale: [Float],
    _ bias: [Float]
  ) {
    for entry in 0..<batch {
      let row = sums[(entry * cells)..<((entry + 1) * cells)]
      let mean = row.reduce(0, +) / Float(cells)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(cells)
      // The kernel's guard against rows that do not vary.
      let inverse = 1 / (variance + 1e-8).squareRoot()
      for cell in 0..<cells {
        let place = entry * cells + cell
        sums[place] = (sums[place] - mean) * inverse * scale[cell] + bias[cell]
      }
    }
  }

  /// One step: new states from the input and the old ones.
  private func advance(
    _ x: [Float],
    _ second: [Float],
    _ batch: Int,
    _ state: inout [Float],
    _ cell: inout [Float]
  ) {
    let forget = gate(1, x, second, batch, state, cell, .sigmoid)
    let input =
      weights[0] == nil
      ? forget.map { 1 - $0 } : gate(0, x, second, batch, state, cell, .sigmoid)
    let candidate = gate(2, x, second, batch, state, cell, activation)
    for place in cell.indices {
      cell[place] = forget[place] * cell[place] + candidate[place] * input[place]
      if cellClip > 0 { cell[place] = min(max(cell[place], -cellClip), cellClip) }
    }
    let output = gate(3, x, second, batch, state, cell, .sigmoid)
    let hidden = cell.indices.map { output[$0] * activation(cell[$0]) }
    guard let projection else {
      state = hidden
      return
    }
    var projected = [Float](repeating: 0, count: batch * outputs)
    if let projectionBias {
      for place in projected.indices { projected[place] = projectionBias[place % outputs] }
    }
    projection.accumulate(hidden, batch: batch, asymmetric: asymmetric, into: &projected)
    if projectionClip > 0 {
      projected = projected.map { min(max($0, -projectionClip), projectionClip) }
    }
    state = projected
  }
}
