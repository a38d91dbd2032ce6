import ModelIR

// Keras' recurrent layers: batch first, weights as Keras keeps them.
// Operands x [batch, time, input], kernel [input, gates · units], recurrent kernel
// [units, gates · units], bias?, mask [batch, time]?, initial states?. Results: all states or the last
// one (`returnSequences`), then the states after the last step. A step that the mask leaves out keeps
// the states and repeats the last result (0 with `zeroOutputForMask`).
// Source: Keras 3.15 `layers/rnn`.
extension OperatorDefinition {
  /// Long short-term memory; gates in the order i, f, c, o.
  ///
  /// `c' = f∘c + i∘g(z)`, `h' = o∘g(c')`. Source: Hochreiter, Schmidhuber 1997.
  static let sequenceLSTM = sequence(
    "sequenceLSTM",
    "Long short-term memory over a sequence, in Keras' layout.",
    gates: 4,
    states: 2,
    functions: ["Sigmoid", "Tanh"]
  ) { cell, x, states in
    let z = cell.sums(x, states[0])
    let (gate, function) = (cell.functions[0], cell.functions[1])
    let units = cell.units
    var h = states[0]
    var c = states[1]
    for unit in 0..<units {
      let input = gate(z[unit])
      let forget = gate(z[units + unit])
      let output = gate(z[3 * units + unit])
      c[unit] = forget * c[unit] + input * function(z[2 * units + unit])
      h[unit] = output * function(c[unit])
    }
    return [h, c]
  }

  /// Gated recurrent unit; gates in the order z, r, h.
  ///
  /// With `resetAfter` (bias `[2, 3 · units]`) the reset gate works on the product with the state,
  /// otherwise on the state. `h' = z∘h + (1 − z)∘h̃`. Source: Cho et al. 2014.
  static let sequenceGRU = sequence(
    "sequenceGRU",
    "Gated recurrent unit over a sequence, in Keras' layout.",
    gates: 3,
    states: 1,
    functions: ["Sigmoid", "Tanh"]
  ) { cell, x, states in
    let units = cell.units
    let h = states[0]
    let a = cell.inputSums(x)
    var b = cell.stateSums(h, columns: 0..<(cell.resetsAfter ? 3 * units : 2 * units))
    let (gate, function) = (cell.functions[0], cell.functions[1])
    let reset = (0..<units).map { gate(a[units + $0] + b[units + $0]) }
    if cell.resetsAfter {
      for unit in 0..<units { b[2 * units + unit] *= reset[unit] }
    } else {
      let state = (0..<units).map { reset[$0] * h[$0] }
      b += cell.stateSums(state, columns: (2 * units)..<(3 * units))
    }
    return [
      (0..<units).map { unit in
        let update = gate(a[unit] + b[unit])
        let candidate = function(a[2 * units + unit] + b[2 * units + unit])
        return update * h[unit] + (1 - update) * candidate
      }
    ]
  }

  /// Elman's network: `h' = f(W·x + R·h + b)`.
  static let sequenceRNN = sequence(
    "sequenceRNN",
    "Simple recurrent network over a sequence, in Keras' layout.",
    gates: 1,
    states: 1,
    functions: ["Tanh"]
  ) { cell, x, states in
    [cell.sums(x, states[0]).map { cell.functions[0]($0) }]
  }

  private static func sequence(
    _ name: String,
    _ summary: String,
    gates: Int,
    states: Int,
    functions: [String],
    _ step: @escaping SequenceEvaluation.Step
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .recurrent,
      inputs: 3...(5 + states),
      outputs: 1...(1 + states),
      inferTypes: { (context) throws(OperatorError) in
        let shape = try SequenceShape(context, gates: gates)
        let x = try context.input(0)
        let state = x.with(.ranked([shape.batch, shape.units]))
        let all = x.with(.ranked([shape.batch, shape.time, shape.units]))
        return [shape.returnsAll ? all : state] + Array(repeating: state, count: states)
      },
      // A gate and unit: bias, activation, and its part of the state's update.
      cost: CostRule { context in
        guard let shape = try? SequenceShape(context.node, gates: gates),
          let time = shape.time.size, let batch = shape.batch.size, let input = shape.input.size,
          let units = shape.units.size, let total = checkedProduct([time, batch, gates, units])
        else { return .uncounted }
        let (width, overflow) = input.addingReportingOverflow(units)
        return overflow
          ? .uncounted : .times(total, multiplyAdds: width, otherOperations: gates == 1 ? 2 : 4)
      },
      evaluate: { (context) throws(OperatorError) in
        try SequenceEvaluation(context, gates: gates, states: states, functions: functions)
          .results(step)
      }
    )
  }
}

/// The extents of Keras' recurrent layers.
struct SequenceShape {
  let batch: Dimension
  let time: Dimension
  let input: Dimension
  let units: Dimension
  let returnsAll: Bool

  init(_ context: OperatorContext, gates: Int) throws(OperatorError) {
    returnsAll = try context.attributes.bool("returnSequences")
    let x = try context.input(0).shape
    let kernel = try context.input(1).shape
    let recurrent = try context.input(2).shape
    guard (x.rank ?? 3) == 3, (kernel.rank ?? 2) == 2, (recurrent.rank ?? 2) == 2 else {
      throw .invalid("operands of \(x), \(kernel) and \(recurrent)")
    }
    let axes = x.dimensions ?? [.unknown, .unknown, .unknown]
    (batch, time, input) = (axes[0], axes[1], axes[2])
    units = recurrent.dimensions?[0] ?? .unknown
    let rows = kernel.dimensions?[0].size
    if let rows, let width = input.size, rows != width {
      throw .invalid("steps of \(width) elements, the kernel takes \(rows)")
    }
    guard let count = units.size else { return }
    for shape in [kernel, recurrent] {
      if let columns = shape.dimensions?[1].size, columns != checkedProduct([gates, count]) {
        throw .invalid("\(shape) is no matrix of \(gates) gates of \(count) units")
      }
    }
  }
}
