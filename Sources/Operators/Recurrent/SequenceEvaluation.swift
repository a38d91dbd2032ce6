import ModelIR

/// A recurrent cell in Keras' layout: weights and functions.
struct SequenceCell {
  let units: Int
  let functions: [RecurrentActivation]
  let resetsAfter: Bool
  fileprivate let input: Int
  fileprivate let columns: Int
  /// `[input][gates · units]` and `[units][gates · units]`.
  fileprivate let kernel: [Double]
  fileprivate let recurrent: [Double]
  /// Of the input's product, and of the state's with `resetAfter`; empty where there is none.
  fileprivate let bias: [Double]

  /// `W·x + b`.
  func inputSums(_ x: ArraySlice<Double>) -> [Double] {
    var sums = bias.isEmpty ? [Double](repeating: 0, count: columns) : Array(bias[..<columns])
    Self.add(x, kernel, columns, 0..<columns, to: &sums)
    return sums
  }

  /// `R·h`, with its bias where there is one, for some columns.
  func stateSums(_ h: [Double], columns range: Range<Int>) -> [Double] {
    var sums =
      resetsAfter && bias.count == 2 * columns
      ? Array(bias[(columns + range.lowerBound)..<(columns + range.upperBound)])
      : [Double](repeating: 0, count: range.count)
    Self.add(h[...], recurrent, columns, range, to: &sums)
    return sums
  }

  /// `W·x + R·h + b`.
  func sums(_ x: ArraySlice<Double>, _ h: [Double]) -> [Double] {
    var sums = inputSums(x)
    Self.add(h[...], recurrent, columns, 0..<columns, to: &sums)
    return sums
  }

  private static func add(
    _ vector: ArraySlice<Double>,
    _ matrix: [Double],
    _ columns: Int,
    _ range: Range<Int>,
    to sums: inout [Double]
  ) {
    for (row, value) in vector.enumerated() {
      let start = row * columns + range.lowerBound
      for index in 0..<range.count { sums[index] += value * matrix[start + index] }
    }
  }
}

/// The evaluation that Keras' recurrent layers share: steps, masks, results.
///
/// Sums are made in double precision.
struct SequenceEvaluation {
  /// The new states from a step's input and the old ones; the first is the result.
  typealias Step =
    @Sendable (_ cell: SequenceCell, _ x: ArraySlice<Double>, _ states: [[Double]]) -> [[Double]]

  private let context: EvaluationContext
  private let cell: SequenceCell
  private let states: Int
  private let batch: Int
  private let time: Int

  init(
    _ context: EvaluationContext,
    gates: Int,
    states: Int,
    functions: [String]
  ) throws(OperatorError) {
    self.context = context
    self.states = states
    let shape = try SequenceShape(context.operatorContext, gates: gates)
    guard let batch = shape.batch.size, let time = shape.time.size, let input = shape.input.size,
      let units = shape.units.size
    else { throw .invalid("the shapes of the operands are not known") }
    (self.batch, self.time) = (batch, time)
    let columns = gates * units
    let resets = try context.attributes.bool("resetAfter")
    let bias = try context.optionalInput(3).map { (bias) throws(OperatorError) in
      try OperandValues.doubles(bias)
    }
    let needed = resets ? 2 * columns : columns
    guard bias == nil || bias?.count == needed else {
      throw .invalid("a bias of \(bias?.count ?? 0) numbers, \(needed) are needed")
    }
    let kernel = try OperandValues.doubles(try context.input(1))
    let recurrent = try OperandValues.doubles(try context.input(2))
    guard kernel.count == input * columns, recurrent.count == units * columns else {
      throw .invalid("the weights do not have the extents of the operands")
    }
    cell = SequenceCell(
      units: units,
      functions: try RecurrentActivation.list(context.attributes, standard: functions),
      resetsAfter: resets,
      input: input,
      columns: columns,
      kernel: kernel,
      recurrent: recurrent,
      bias: bias ?? []
    )
  }

  func results(_ step: Step) throws(OperatorError) -> [Tensor] {
    let units = cell.units
    let type = try context.input(0).type
    let x = try OperandValues.doubles(try context.input(0))
    let mask = try mask()
    let isBackwards = try context.attributes.bool("goBackwards")
    let returnsAll = try context.attributes.bool("returnSequences")
    let zeroes = try context.attributes.bool("zeroOutputForMask")
    var all = [Double](
      repeating: 0,
      count: returnsAll ? try OperandValues.count([batch, time, units]) : 0
    )
    var last: [Double] = []
    var finals = Array(repeating: [Double](), count: states)
    for entry in 0..<batch {
      var current = try initial(entry)
      var output = [Double](repeating: 0, count: units)
      for index in 0..<time {
        let moment = isBackwards ? time - 1 - index : index
        let place = entry * time + moment
        let counts = mask?[place] ?? true
        if counts {
          current = step(cell, x[(place * cell.input)..<((place + 1) * cell.input)], current)
          output = current[0]
        }
        guard returnsAll, counts || !zeroes else { continue }
        let target = (entry * time + index) * units
        for unit in 0..<units { all[target + unit] = output[unit] }
      }
      last += output
      for state in 0..<states { finals[state] += current[state] }
    }
    let shape = [batch, units]
    return [
      returnsAll
        ? OperandValues.tensor(type, [batch, time, units], all)
        : OperandValues.tensor(type, shape, last)
    ] + finals.map { OperandValues.tensor(type, shape, $0) }
  }

  private func mask() throws(OperatorError) -> [Bool]? {
    guard let mask = context.optionalInput(4) else { return nil }
    guard case .booleans(let values) = mask.elements, values.count == batch * time else {
      throw .invalid("a mask of shape \(Shape.fixed(mask.sizes)) for \(batch) × \(time) steps")
    }
    return values
  }

  /// The states that an entry of the batch begins with.
  private func initial(_ entry: Int) throws(OperatorError) -> [[Double]] {
    var result: [[Double]] = []
    for state in 0..<states {
      guard let tensor = context.optionalInput(5 + state) else {
        result.append(Array(repeating: 0, count: cell.units))
        continue
      }
      let values = try OperandValues.doubles(tensor)
      guard values.count == batch * cell.units else {
        throw .invalid("a state of shape \(Shape.fixed(tensor.sizes))")
      }
      result.append(Array(values[(entry * cell.units)..<((entry + 1) * cell.units)]))
    }
    return result
  }
}
