import ModelIR

extension OperatorDefinition {
  /// Runs one of several graphs, chosen by a number; operands after it go to the graph.
  ///
  /// A number that names no graph takes the last one. Sources: StableHLO `case`, TensorFlow Case
  /// (whose graphs see the values around them).
  static let stablehloCase = OperatorDefinition(
    "stablehloCase",
    "Runs one of several graphs.",
    family: .control,
    inputs: .atLeast(1),
    outputs: .atLeast(1),
    inferTypes: { (context) throws(OperatorError) in
      let operands = (1..<max(1, context.inputCount)).map { context.optionalInput($0) }
      let branches = try context.attributes.graphs("branchGraphs")
      if let number = context.value(0)?.integerValues?.first {
        return context.infer(chosen(branches, number), operands)
      }
      var types = context.infer(branches[0], operands)
      for branch in branches.dropFirst() {
        let others = context.infer(branch, operands)
        guard others.count == types.count else {
          throw .invalid("the graphs give \(types.count) and \(others.count) results")
        }
        types = zip(types, others).map { $0.joined(with: $1) }
      }
      return types
    },
    cost: .nested,
    evaluate: { (context) throws(OperatorError) in
      let branches = try context.attributes.graphs("branchGraphs")
      guard let number = try context.integers(0).first, try context.input(0).count == 1 else {
        throw .invalid("the number of the graph is no single integer")
      }
      return try context.run(chosen(branches, number), Array(context.inputs.dropFirst()))
    }
  )
}

/// The graph of a number; the list is not empty.
private func chosen(_ branches: [GraphID], _ number: Int) -> GraphID {
  branches[branches.indices.contains(number) ? number : branches.count - 1]
}
