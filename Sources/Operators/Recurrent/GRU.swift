import ModelIR

extension OperatorDefinition {
  /// Gated recurrent unit, in one direction or both; gates in the order z, r, h.
  ///
  /// `z, r = σ(W·x + R·h + b)`, `h̃ = g(W·x + R·(r∘h) + b)` or, with `linearBeforeReset`,
  /// `g(W·x + r∘(R·h + b) + b)`; `h' = (1 − z)∘h̃ + z∘h`. Operands x, W, R, B?, sequence lengths?, h₀?.
  /// Sources: ONNX GRU-22; Cho et al. 2014.
  static let gru = OperatorDefinition(
    "gru",
    "Gated recurrent unit over a sequence.",
    family: .recurrent,
    inputs: 3...6,
    outputs: 0...2,
    inferTypes: { (context) throws(OperatorError) in
      let shape = try RecurrentShape(context, gates: 3)
      let x = try context.input(0)
      return [x.with(shape.sequence), x.with(shape.state)]
    },
    // A gate and unit: two biases, an activation, and its part of the state's update.
    cost: .recurrent(gates: 3, operations: 4),
    evaluate: { (context) throws(OperatorError) in
      let clip = try context.attributes.float("clip").map { $0 > 0 ? $0 : .infinity }
      let isLinear = try context.attributes.bool("linearBeforeReset")
      let evaluation = RecurrentEvaluation(
        context: context,
        gates: 3,
        functions: ["Sigmoid", "Tanh"],
        hasCellState: false
      )
      return try evaluation { weights, x, h, _, functions in
        (gruStep(weights, x, h, Array(functions), clip ?? .infinity, isLinear), [])
      }
    }
  )

  /// Elman's recurrent network: `h' = f(W·x + R·h + b)`, in one direction or both.
  ///
  /// Operands x, W, R, B?, sequence lengths?, h₀?. Source: ONNX RNN-22.
  static let rnn = OperatorDefinition(
    "rnn",
    "Simple recurrent network over a sequence.",
    family: .recurrent,
    inputs: 3...6,
    outputs: 0...2,
    inferTypes: { (context) throws(OperatorError) in
      let shape = try RecurrentShape(context, gates: 1)
      let x = try context.input(0)
      return [x.with(shape.sequence), x.with(shape.state)]
    },
    // A unit: two biases and an activation.
    cost: .recurrent(gates: 1, operations: 3),
    evaluate: { (context) throws(OperatorError) in
      let clip = try context.attributes.float("clip").map { $0 > 0 ? $0 : .infinity } ?? .infinity
      let evaluation = RecurrentEvaluation(
        context: context,
        gates: 1,
        functions: ["Tanh"],
        hasCellState: false
      )
      return try evaluation { weights, x, h, _, functions in
        let function = Array(functions)[0]
        let a = weights.inputProduct(0, x)
        let b = weights.recurrentProduct(0, h)
        let first = Array(weights.inputBias(0))
        let second = Array(weights.recurrentBias(0))
        let new = h.indices.map { unit in
          function(min(max(a[unit] + b[unit] + first[unit] + second[unit], -clip), clip))
        }
        return (new, [])
      }
    }
  )
}

private func gruStep(
  _ weights: RecurrentWeights,
  _ x: ArraySlice<Double>,
  _ h: [Double],
  _ functions: [RecurrentActivation],
  _ clip: Double,
  _ isLinear: Bool
) -> [Double] {
  let units = h.indices
  func bounded(_ value: Double) -> Double { min(max(value, -clip), clip) }
  func biases(_ gate: Int) -> ([Double], [Double]) {
    (Array(weights.inputBias(gate)), Array(weights.recurrentBias(gate)))
  }
  func gate(_ index: Int) -> [Double] {
    let a = weights.inputProduct(index, x)
    let b = weights.recurrentProduct(index, h)
    let (first, second) = biases(index)
    return units.map { functions[0](bounded(a[$0] + b[$0] + first[$0] + second[$0])) }
  }
  let (update, reset) = (gate(0), gate(1))
  let a = weights.inputProduct(2, x)
  let (first, second) = biases(2)
  let b = weights.recurrentProduct(2, isLinear ? h : units.map { reset[$0] * h[$0] })
  return units.map { unit in
    let state =
      isLinear ? reset[unit] * (b[unit] + second[unit]) : b[unit] + second[unit]
    let candidate = functions[1](bounded(a[unit] + first[unit] + state))
    return (1 - update[unit]) * candidate + update[unit] * h[unit]
  }
}
