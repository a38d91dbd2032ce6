import ModelIR

/// A function of one number, in the precisions that operators are evaluated in.
struct UnaryFunction: Sendable {
  var float: @Sendable (Float) -> Float
  var double: @Sendable (Double) -> Double
  /// `nil` where the operator does not take integers.
  var integer: (@Sendable (Int64) -> Int64)?

  /// Applies it to every element.
  func callAsFunction(_ tensor: Tensor) throws(OperatorError) -> Tensor {
    var result = tensor
    switch tensor.elements {
    case .floats(let values): result.elements = .floats(values.map(float))
    case .doubles(let values): result.elements = .doubles(values.map(double))
    case .integers(let values):
      guard let integer else { throw .invalid("\(tensor.type) operands are not taken") }
      result.elements = .integers(values.map(integer))
    case .booleans, .strings, .tensors: throw .invalid("\(tensor.type) operands are not taken")
    }
    return result.normalized()
  }
}

extension OperatorDefinition {
  /// An operator that maps each element by itself and keeps type and shape.
  ///
  /// - Parameters:
  ///   - name: The canonical name.
  ///   - summary: One sentence.
  ///   - family: For tables.
  ///   - operations: Operations an element.
  ///   - function: What it computes; `nil` where it cannot be run.
  /// - Returns: The definition.
  static func elementwiseUnary(
    _ name: String,
    _ summary: String,
    family: Family = .arithmetic,
    operations: Int = 1,
    _ function: UnaryFunction?
  ) -> OperatorDefinition {
    var evaluate: Evaluation?
    if let function {
      evaluate = { (context) throws(OperatorError) in [try function(try context.input(0))] }
    }
    return OperatorDefinition(
      name,
      summary,
      family: family,
      inputs: 1...1,
      inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
      cost: .perOutputElement(otherOperations: operations),
      evaluate: evaluate
    )
  }
}
