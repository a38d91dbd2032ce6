import ModelIR

/// The operands of one direction of a recurrent operator, as doubles.
struct RecurrentWeights {
  /// `[gate][hidden][input]`, one after the other.
  var input: [Double]
  /// `[gate][hidden][hidden]`.
  var recurrent: [Double]
  /// `[gate][hidden]`: the biases of the input's and of the state's product.
  var inputBias: [Double]
  var recurrentBias: [Double]
  /// `[gate][hidden]` of the peephole connections; empty where there are none.
  var peephole: [Double]
  let inputSize: Int
  let hiddenSize: Int

  /// `W · x` of one gate, without the bias.
  func inputProduct(_ gate: Int, _ x: ArraySlice<Double>) -> [Double] {
    Self.product(input, gate, x, hiddenSize, inputSize)
  }

  /// `R · h` of one gate, without the bias.
  func recurrentProduct(_ gate: Int, _ state: [Double]) -> [Double] {
    Self.product(recurrent, gate, state[...], hiddenSize, hiddenSize)
  }

  /// The bias of a gate for the input's product.
  func inputBias(_ gate: Int) -> ArraySlice<Double> {
    inputBias[(gate * hiddenSize)..<((gate + 1) * hiddenSize)]
  }

  /// The bias of a gate for the state's product.
  func recurrentBias(_ gate: Int) -> ArraySlice<Double> {
    recurrentBias[(gate * hiddenSize)..<((gate + 1) * hiddenSize)]
  }

  private static func product(
    _ matrix: [Double],
    _ gate: Int,
    _ vector: ArraySlice<Double>,
    _ rows: Int,
    _ columns: Int
  ) -> [Double] {
    (0..<rows).map { row in
      var place = (gate * rows + row) * columns
      var sum = 0.0
      for value in vector {
        sum += matrix[place] * value
        place += 1
      }
      return sum
    }
  }
}

/// A cell: the new states from an input and the old ones.
///
/// The second state is empty where a cell has only one.
typealias RecurrentCell = (
  _ weights: RecurrentWeights, _ x: ArraySlice<Double>, _ h: [Double], _ c: [Double],
  _ functions: ArraySlice<RecurrentActivation>
) -> (h: [Double], c: [Double])

/// The evaluation that LSTM, GRU and RNN share: operands, directions, lengths, results.
///
/// Sums are made in double precision. Sources: ONNX LSTM-22, GRU-22, RNN-22.
struct RecurrentEvaluation {
  let context: EvaluationContext
  let gates: Int
  /// The names of one direction's functions.
  let functions: [String]
  let hasCellState: Bool

  func callAsFunction(_ cell: RecurrentCell) throws(OperatorError) -> [Tensor] {
    let shape = try RecurrentShape(context.operatorContext, gates: gates)
    guard let time = shape.time.size, let batch = shape.batch.size, let input = shape.input.size,
      let hidden = shape.hidden.size
    else { throw .invalid("the shapes of the operands are not known") }
    let count = try OperandValues.count([time, batch, shape.directions, hidden])
    let type = try context.input(0).type
    let x = try steps(shape, time, batch, input)
    let names = Array(repeating: functions, count: shape.directions).flatMap { $0 }
    let activations = try RecurrentActivation.list(context.attributes, standard: names)
    let lengths = try sequenceLengths(time, batch)
    var h = try state(5, shape, batch, hidden)
    var c = hasCellState ? try state(6, shape, batch, hidden) : []
    var sequence = [Double](repeating: 0, count: count)
    for direction in 0..<shape.directions {
      let weights = try weights(direction, shape.directions, input, hidden)
      let own = activations[(direction * functions.count)..<((direction + 1) * functions.count)]
      let isReverse = shape.isReverse || direction == 1
      for entry in 0..<batch {
        let place = direction * batch + entry
        for step in 0..<lengths[entry] {
          let moment = isReverse ? lengths[entry] - 1 - step : step
          let start = (moment * batch + entry) * input
          let old = hasCellState ? c[place] : []
          let new = cell(weights, x[start..<(start + input)], h[place], old, own)
          h[place] = new.h
          if hasCellState { c[place] = new.c }
          let target = ((moment * shape.directions + direction) * batch + entry) * hidden
          for index in 0..<hidden { sequence[target + index] = new.h[index] }
        }
      }
    }
    return results(shape, type, [time, batch, hidden], sequence, h, c)
  }
}

extension RecurrentEvaluation {
  /// The input as `[time][batch][input]`.
  private func steps(
    _ shape: RecurrentShape,
    _ time: Int,
    _ batch: Int,
    _ input: Int
  ) throws(OperatorError) -> [Double] {
    let values = try OperandValues.doubles(try context.input(0))
    guard shape.isBatchFirst else { return values }
    return AxisOrder.rearrange(values, [batch, time, input], [1, 0, 2])
  }

  /// The steps of each batch entry.
  private func sequenceLengths(_ time: Int, _ batch: Int) throws(OperatorError) -> [Int] {
    guard context.hasInput(4) else { return Array(repeating: time, count: batch) }
    let lengths = try context.integers(4)
    guard lengths.count == batch, lengths.allSatisfy({ $0 >= 0 && $0 <= time }) else {
      throw .invalid("sequence lengths \(lengths) for \(batch) sequences of \(time) steps")
    }
    return lengths
  }

  /// The initial state of each direction and batch entry, in this order.
  private func state(
    _ operand: Int,
    _ shape: RecurrentShape,
    _ batch: Int,
    _ hidden: Int
  ) throws(OperatorError) -> [[Double]] {
    let rows = shape.directions * batch
    guard let tensor = context.optionalInput(operand) else {
      return Array(repeating: Array(repeating: 0, count: hidden), count: rows)
    }
    var values = try OperandValues.doubles(tensor)
    guard values.count == rows * hidden else {
      throw .invalid("a state of shape \(Shape.fixed(tensor.sizes)) for \(rows) rows of \(hidden)")
    }
    if shape.isBatchFirst {
      values = AxisOrder.rearrange(values, [batch, shape.directions, hidden], [1, 0, 2])
    }
    return (0..<rows).map { Array(values[($0 * hidden)..<(($0 + 1) * hidden)]) }
  }

  private func weights(
    _ direction: Int,
    _ directions: Int,
    _ input: Int,
    _ hidden: Int
  ) throws(OperatorError) -> RecurrentWeights {
    let rows = gates * hidden
    func part(_ operand: Int, _ count: Int) throws(OperatorError) -> [Double]? {
      guard let tensor = context.optionalInput(operand) else { return nil }
      let values = try OperandValues.doubles(tensor)
      guard values.count == directions * count else {
        throw .invalid("operand \(operand) has \(values.count) values, not \(directions * count)")
      }
      return Array(values[(direction * count)..<((direction + 1) * count)])
    }
    let bias = try part(3, 2 * rows) ?? Array(repeating: 0, count: 2 * rows)
    return RecurrentWeights(
      input: try part(1, rows * input) ?? [],
      recurrent: try part(2, rows * hidden) ?? [],
      inputBias: Array(bias[..<rows]),
      recurrentBias: Array(bias[rows...]),
      peephole: hasCellState ? try part(7, 3 * hidden) ?? [] : [],
      inputSize: input,
      hiddenSize: hidden
    )
  }

  /// The results in the node's layout; the sequence is `[time][direction][batch][hidden]` before.
  private func results(
    _ shape: RecurrentShape,
    _ type: ElementType,
    _ extents: [Int],
    _ sequence: [Double],
    _ h: [[Double]],
    _ c: [[Double]]
  ) -> [Tensor] {
    let (time, batch, hidden) = (extents[0], extents[1], extents[2])
    let directions = shape.directions
    func result(_ values: [Double], _ sizes: [Int], _ axes: [Int]) -> Tensor {
      guard shape.isBatchFirst else { return OperandValues.tensor(type, sizes, values) }
      let moved = AxisOrder.rearrange(values, sizes, axes)
      return OperandValues.tensor(type, axes.map { sizes[$0] }, moved)
    }
    let state = [directions, batch, hidden]
    var results = [
      result(sequence, [time, directions, batch, hidden], [2, 0, 1, 3]),
      result(h.flatMap { $0 }, state, [1, 0, 2]),
    ]
    if hasCellState { results.append(result(c.flatMap { $0 }, state, [1, 0, 2])) }
    return results
  }
}
