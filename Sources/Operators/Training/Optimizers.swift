import ModelIR

extension OperatorDefinition {
  /// Adagrad: `g' = n·x + g`, `h' = h + g'²`, `x' = x − r / (1 + t·decay) · g' / (√h' + ε)`.
  ///
  /// Operands: learning rate r, step t, then all x, all g, all h. Results: all x', all h'.
  /// Source: ONNX ai.onnx.preview.training Adagrad-1; Duchi et al. 2011.
  static let adagrad = optimizer("adagrad", "One step of Adagrad.", states: 1) {
    (attributes) throws(OperatorError) in
    let decay = try attributes.float("decayFactor", default: 0)
    let epsilon = try attributes.float("epsilon", default: 1e-6)
    let norm = try attributes.float("normCoefficient", default: 0)
    return { rate, step, x, gradient, states in
      let regularized = norm * x + gradient
      let squares = states[0] + regularized * regularized
      let adjusted = rate / (1 + step * decay)
      return (x - adjusted * regularized / (squares.squareRoot() + epsilon), [squares])
    }
  }

  /// Adam: `v' = α·v + (1 − α)·g'`, `h' = β·h + (1 − β)·g'²`, `x' = x − r'·v' / (√h' + ε)`.
  ///
  /// `g' = n·x + g`; `r' = r·√(1 − βᵗ) / (1 − αᵗ)` for t > 0. Operands: r, t, then all x, g, v, h.
  /// Source: ONNX ai.onnx.preview.training Adam-1; Kingma and Ba 2015.
  static let adam = optimizer("adam", "One step of Adam.", states: 2) {
    (attributes) throws(OperatorError) in
    let alpha = try attributes.float("alpha", default: 0.9)
    let beta = try attributes.float("beta", default: 0.999)
    let epsilon = try attributes.float("epsilon", default: 1e-6)
    let norm = try attributes.float("normCoefficient", default: 0)
    let post = try attributes.float("normCoefficientPost", default: 0)
    return { rate, step, x, gradient, states in
      let regularized = norm * x + gradient
      let mean = alpha * states[0] + (1 - alpha) * regularized
      let squares = beta * states[1] + (1 - beta) * regularized * regularized
      var adjusted = rate
      if step > 0 {
        adjusted = rate * (1 - Double.pow(beta, step)).squareRoot() / (1 - Double.pow(alpha, step))
      }
      let moved = x - adjusted * mean / (squares.squareRoot() + epsilon)
      return ((1 - post) * moved, [mean, squares])
    }
  }

  /// Momentum: `v' = α·v + β'·g'`, `x' = x − r·v'` or, in Nesterov's form, `x − r·(g' + α·v')`.
  ///
  /// `g' = n·x + g`; β' is 1 at the first step. Operands: r, t, then all x, g, v.
  /// Source: ONNX ai.onnx.preview.training Momentum-1; Sutskever et al. 2013.
  static let momentum = optimizer("momentum", "One step of descent with momentum.", states: 1) {
    (attributes) throws(OperatorError) in
    let alpha = try attributes.float("alpha", default: 0)
    let beta = try attributes.float("beta", default: 1)
    let norm = try attributes.float("normCoefficient", default: 0)
    let isNesterov = try attributes.string("mode", default: "standard") == "nesterov"
    return { rate, step, x, gradient, states in
      let regularized = norm * x + gradient
      let velocity = alpha * states[0] + (step > 0 ? beta : 1) * regularized
      let direction = isNesterov ? regularized + alpha * velocity : velocity
      return (x - rate * direction, [velocity])
    }
  }

  /// Derivatives of a value by others in the same graph.
  ///
  /// Neither counted nor evaluated: both need the derivative of every operator between them.
  /// Source: ONNX ai.onnx.preview.training Gradient-1.
  static let gradient = OperatorDefinition(
    "gradient",
    "Derivatives of a value by other values of the graph.",
    family: .training,
    inputs: .atLeast(1),
    outputs: 1...Int.max,
    inferTypes: { (context) throws(OperatorError) in
      // A derivative has the shape of what it is taken by: the operands named in `xs`, in order.
      let count = try context.attributes.strings("xs")?.count ?? context.inputCount
      return Array(context.inputs().prefix(count))
    }
  )

  /// One step of one element: the rate, the step's number, the value, its gradient and states.
  private typealias Update =
    @Sendable (Double, Double, Double, Double, [Double]) -> (Double, [Double])

  /// An optimizer over any number of tensors: rate, step, all x, all gradients, all states.
  private static func optimizer(
    _ name: String,
    _ summary: String,
    states: Int,
    _ make: @escaping @Sendable (AttributeReader) throws(OperatorError) -> Update
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .training,
      inputs: .atLeast(4 + states),
      outputs: .atLeast(1 + states),
      inferTypes: { (context) throws(OperatorError) in
        let count = try tensors(context.inputCount, states)
        var types: [TensorType] = []
        for index in 0..<count { types.append(try context.input(2 + index)) }
        for index in 0..<(count * states) {
          types.append(try context.input(2 + 2 * count + index))
        }
        return types
      },
      // About ten operations an element: see the formula.
      cost: CostRule { context in
        guard let count = try? tensors(context.node.inputCount, states) else { return .uncounted }
        var elements = 0
        for index in 0..<count {
          guard let size = context.inputElements(2 + index) else { return .uncounted }
          elements = elements &+ size
        }
        return .times(elements, otherOperations: 10, status: .approximated)
      },
      evaluate: { (context) throws(OperatorError) in
        try step(context, states, try make(context.attributes))
      }
    )
  }

  private static func tensors(_ operands: Int, _ states: Int) throws(OperatorError) -> Int {
    let (count, rest) = (operands - 2).quotientAndRemainder(dividingBy: 2 + states)
    guard count > 0, rest == 0 else {
      throw .invalid("\(operands) operands are no rate, step and \(2 + states) for each tensor")
    }
    return count
  }

  private static func step(
    _ context: EvaluationContext,
    _ states: Int,
    _ update: Update
  ) throws(OperatorError) -> [Tensor] {
    let count = try tensors(context.inputs.count, states)
    guard let rate = try OperandValues.doubles(try context.input(0)).first,
      let number = try OperandValues.doubles(try context.input(1)).first
    else { throw .invalid("the learning rate or the step is empty") }
    var results: [Tensor] = []
    var stateResults: [[Tensor]] = Array(repeating: [], count: states)
    for index in 0..<count {
      let x = try context.input(2 + index)
      let values = try OperandValues.doubles(x)
      var parts: [[Double]] = []
      for part in 1...(1 + states) {
        let operand = try OperandValues.doubles(try context.input(2 + part * count + index))
        guard operand.count == values.count else {
          throw .invalid("operand \(2 + part * count + index) is not as large as its tensor")
        }
        parts.append(operand)
      }
      var moved: [Double] = []
      var newStates = Array(repeating: [Double](), count: states)
      for (place, value) in values.enumerated() {
        let (result, own) = update(
          rate,
          number,
          value,
          parts[0][place],
          parts.dropFirst().map { $0[place] }
        )
        moved.append(result)
        for state in 0..<states { newStates[state].append(own[state]) }
      }
      results.append(OperandValues.tensor(x.type, x.sizes, moved))
      for state in 0..<states {
        stateResults[state].append(OperandValues.tensor(x.type, x.sizes, newStates[state]))
      }
    }
    return results + stateResults.flatMap { $0 }
  }
}
