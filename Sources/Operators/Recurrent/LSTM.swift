import ModelIR

extension OperatorDefinition {
  /// Long short-term memory, in one direction or both; gates in the order i, o, f, c.
  ///
  /// `i, f = σ(W·x + R·h + P∘c + b)`, `c' = f∘c + i∘g(W·x + R·h + b)`, `o = σ(W·x + R·h + P∘c' + b)`,
  /// `h' = o∘h(c')`. Operands x, W, R, B?, sequence lengths?, h₀?, c₀?, P?.
  /// Sources: ONNX LSTM-22; Hochreiter and Schmidhuber 1997; Gers et al. 2000 (peepholes).
  static let lstm = OperatorDefinition(
    "lstm",
    "Long short-term memory over a sequence.",
    family: .recurrent,
    inputs: 3...8,
    outputs: 0...3,
    inferTypes: { (context) throws(OperatorError) in
      let shape = try RecurrentShape(context, gates: 4)
      let x = try context.input(0)
      return [x.with(shape.sequence), x.with(shape.state), x.with(shape.state)]
    },
    // A gate and unit: two biases, an activation, and its part of the state's update.
    cost: .recurrent(gates: 4, operations: 4),
    evaluate: { (context) throws(OperatorError) in
      let clip = try context.attributes.float("clip").map { $0 > 0 ? $0 : .infinity }
      let couples = try context.attributes.bool("inputForget")
      let evaluation = RecurrentEvaluation(
        context: context,
        gates: 4,
        functions: ["Sigmoid", "Tanh", "Tanh"],
        hasCellState: true
      )
      return try evaluation { weights, x, h, c, functions in
        lstmStep(weights, x, h, c, Array(functions), clip ?? .infinity, couples)
      }
    }
  )
}

private func lstmStep(
  _ weights: RecurrentWeights,
  _ x: ArraySlice<Double>,
  _ h: [Double],
  _ c: [Double],
  _ functions: [RecurrentActivation],
  _ clip: Double,
  _ couples: Bool
) -> (h: [Double], c: [Double]) {
  let size = weights.hiddenSize
  func bounded(_ value: Double) -> Double { min(max(value, -clip), clip) }
  func gate(_ index: Int) -> [Double] {
    let a = weights.inputProduct(index, x)
    let b = weights.recurrentProduct(index, h)
    let first = Array(weights.inputBias(index))
    let second = Array(weights.recurrentBias(index))
    return (0..<size).map { a[$0] + b[$0] + first[$0] + second[$0] }
  }
  /// Peephole weights are in the order i, o, f.
  func peep(_ index: Int, _ unit: Int, _ cell: Double) -> Double {
    weights.peephole.isEmpty ? 0 : weights.peephole[index * size + unit] * cell
  }
  let (inputs, outputs, forgets, cells) = (gate(0), gate(1), gate(2), gate(3))
  var newH: [Double] = []
  var newC: [Double] = []
  for unit in 0..<size {
    let input = functions[0](bounded(inputs[unit] + peep(0, unit, c[unit])))
    let forget =
      couples ? 1 - input : functions[0](bounded(forgets[unit] + peep(2, unit, c[unit])))
    let cell = forget * c[unit] + input * functions[1](bounded(cells[unit]))
    let output = functions[0](bounded(outputs[unit] + peep(1, unit, cell)))
    newC.append(cell)
    newH.append(output * functions[2](cell))
  }
  return (newH, newC)
}
