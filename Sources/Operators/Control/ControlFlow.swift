import ModelIR

extension OperatorDefinition {
  /// Runs one of two graphs: operands after the condition go to the graph.
  ///
  /// Sources: ONNX If (whose graphs see the values around them), TFLite IF.
  static let `if` = OperatorDefinition(
    "if",
    "Runs one of two graphs.",
    family: .control,
    inputs: .atLeast(1),
    outputs: .atLeast(1),
    inferTypes: { (context) throws(OperatorError) in
      let operands = (1..<max(1, context.inputCount)).map { context.optionalInput($0) }
      let thenGraph = try context.attributes.graph("thenGraph")
      let elseGraph = try context.attributes.graph("elseGraph")
      if let condition = context.value(0)?.truth {
        return context.infer(condition ? thenGraph : elseGraph, operands)
      }
      let left = context.infer(thenGraph, operands)
      let right = context.infer(elseGraph, operands)
      guard left.count == right.count else {
        throw .invalid("the graphs give \(left.count) and \(right.count) results")
      }
      return zip(left, right).map { $0.joined(with: $1) }
    },
    cost: .nested,
    evaluate: { (context) throws(OperatorError) in
      guard let condition = try context.input(0).truth else {
        throw .invalid("the condition is no truth value")
      }
      let graph = try context.attributes.graph(condition ? "thenGraph" : "elseGraph")
      return try context.run(graph, Array(context.inputs.dropFirst()))
    }
  )

  /// Runs a graph on its own results while another one holds.
  ///
  /// Source: TFLite WHILE.
  static let `while` = OperatorDefinition(
    "while",
    "Runs a graph on its own results while another one holds.",
    family: .control,
    inputs: .atLeast(0),
    outputs: .atLeast(0),
    inferTypes: { (context) throws(OperatorError) in
      let body = try context.attributes.graph("bodyGraph")
      let operands = (0..<context.inputCount).map { context.optionalInput($0) }
      return try carriedTypes(operands) { types in context.infer(body, types) }
    },
    cost: .nested,
    evaluate: { (context) throws(OperatorError) in
      let condition = try context.attributes.graph("conditionGraph")
      let body = try context.attributes.graph("bodyGraph")
      var values = context.inputs
      var iterations = 0
      while true {
        guard let holds = try context.run(condition, values).first?.truth else {
          throw .invalid("the condition is no truth value")
        }
        if !holds { break }
        try checkIterations(&iterations)
        let results = try context.run(body, values)
        guard results.count == values.count else {
          throw .invalid("the body gives \(results.count) results for \(values.count) values")
        }
        values = results
      }
      return try present(values)
    }
  )

  /// Runs a graph.
  ///
  /// Source: TFLite CALL.
  static let call = OperatorDefinition(
    "call",
    "Runs a graph.",
    family: .control,
    inputs: .atLeast(0),
    outputs: .atLeast(0),
    inferTypes: { (context) throws(OperatorError) in
      let operands = (0..<context.inputCount).map { context.optionalInput($0) }
      return context.infer(try context.attributes.graph("graph"), operands)
    },
    cost: .nested,
    evaluate: { (context) throws(OperatorError) in
      try context.run(try context.attributes.graph("graph"), context.inputs)
    }
  )

  /// Runs a graph the first time only, to set up state.
  ///
  /// Source: TFLite CALL_ONCE.
  static let callOnce = OperatorDefinition(
    "callOnce",
    "Runs a graph the first time only.",
    family: .control,
    inputs: 0...0,
    outputs: 0...0,
    inferTypes: { (_) throws(OperatorError) in [] },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let graph = try context.attributes.graph("graph")
      if context.variables.isFirst(graph) { _ = try context.run(graph, []) }
      return []
    },
    isPure: false
  )
}

/// The most iterations of a loop.
///
/// Trip counts come from models and their data; 2^20 is far beyond any sequence or image that a
/// network walks through.
let iterationLimit = 1 << 20

/// Counts one more iteration.
func checkIterations(_ iterations: inout Int) throws(OperatorError) {
  iterations += 1
  guard iterations <= iterationLimit else {
    throw OperatorError(.limit, "more than \(iterationLimit) iterations")
  }
}

/// All values of a list, none of them left out.
func present(_ values: [Tensor?]) throws(OperatorError) -> [Tensor] {
  var result: [Tensor] = []
  for value in values {
    guard let value else { throw .invalid("an operand of the loop is missing") }
    result.append(value)
  }
  return result
}

/// The types of values that a loop carries: what holds before the first and after any iteration.
func carriedTypes(
  _ initial: [TensorType?],
  _ infer: ([TensorType?]) -> [TensorType]
) throws(OperatorError) -> [TensorType] {
  var types = initial
  // Each round only loses knowledge, an axis or a rank at a time; after a few rounds what still
  // changes is given up.
  for _ in 0..<4 {
    let results = infer(types)
    guard results.count >= types.count else { break }
    let joined = zip(types, results).map { before, after in before?.joined(with: after) ?? after }
    if joined.elementsEqual(types, by: { $0 == $1 }) { break }
    types = joined
  }
  return types.map { $0 ?? TensorType(.variant, .unknownRank) }
}

extension TensorType {
  /// What holds of a value that is one or the other.
  func joined(with other: TensorType) -> TensorType {
    guard let left = shape.dimensions, let right = other.shape.dimensions,
      left.count == right.count
    else { return with(.unknownRank) }
    return with(.ranked(zip(left, right).map { $0 == $1 ? $0 : .unknown }))
  }
}

extension Tensor {
  /// The one truth value that a condition holds.
  var truth: Bool? {
    guard count == 1 else { return nil }
    return integerValues?.first.map { $0 != 0 } ?? doubleValues?.first.map { $0 != 0 }
  }
}

extension CostRule {
  /// The arithmetic is that of the nested graphs' nodes, which are counted there.
  static let nested = CostRule { _ in .none }
}
