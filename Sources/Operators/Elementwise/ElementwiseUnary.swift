import ModelIR

/// A function of one number, in the precisions that operators are evaluated in.
struct UnaryFunction: Sendable {
  var float: @Sendable (Float) -> Float
  var double: @Sendable (Double) -> Double
  /// `nil` where the operator does not take integers.
  var integer: (@Sendable (Int64) -> Int64)?

  init(
    float: @escaping @Sendable (Float) -> Float,
    double: @escaping @Sendable (Double) -> Double,
    integer: (@Sendable (Int64) -> Int64)? = nil
  ) {
    self.float = float
    self.double = double
    self.integer = integer
  }

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
  /// Computes one quantized result from quantized operands, as TensorFlow Lite's reference kernels.
  typealias QuantizedEvaluation = @Sendable (EvaluationContext) throws(OperatorError) -> Tensor

  /// An operator that maps each element by itself and keeps type and shape.
  ///
  /// - Parameters:
  ///   - name: The canonical name.
  ///   - summary: One sentence.
  ///   - family: For tables.
  ///   - operations: Operations an element; a transcendental function is one.
  ///   - quantized: What it computes on quantized integers; `nil` where the runtime has no such
  ///     kernel.
  ///   - function: What it computes.
  /// - Returns: The definition.
  static func elementwiseUnary(
    _ name: String,
    _ summary: String,
    family: Family = .arithmetic,
    operations: Int = 1,
    quantized: QuantizedEvaluation? = nil,
    _ function: UnaryFunction
  ) -> OperatorDefinition {
    elementwiseUnary(
      name,
      summary,
      family: family,
      operations: operations,
      quantized: quantized,
      parameterized: { _ in function }
    )
  }

  /// An operator that maps each element by itself with a function that attributes shape.
  ///
  /// - Parameters:
  ///   - name: The canonical name.
  ///   - summary: One sentence.
  ///   - family: For tables.
  ///   - operations: Operations an element; a transcendental function is one.
  ///   - quantized: What it computes on quantized integers.
  ///   - parameterized: Reads the attributes and gives the function.
  /// - Returns: The definition.
  static func elementwiseUnary(
    _ name: String,
    _ summary: String,
    family: Family = .arithmetic,
    operations: Int = 1,
    quantized: QuantizedEvaluation? = nil,
    parameterized:
      @escaping @Sendable (AttributeReader) throws(OperatorError) ->
      UnaryFunction
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: family,
      inputs: 1...1,
      inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
      cost: .perOutputElement(otherOperations: operations),
      evaluate: { (context) throws(OperatorError) in
        if context.isQuantized {
          guard let quantized else { throw context.noQuantizedKernel(name) }
          return [try quantized(context)]
        }
        return [try parameterized(context.attributes)(try context.input(0))]
      }
    )
  }

  /// An operator that gives a truth value for each element.
  ///
  /// - Parameters:
  ///   - name: The canonical name.
  ///   - summary: One sentence.
  ///   - predicate: Reads the attributes and gives the test; it sees narrow floats exactly.
  /// - Returns: The definition.
  static func elementwisePredicate(
    _ name: String,
    _ summary: String,
    _ predicate:
      @escaping @Sendable (AttributeReader) throws(OperatorError) ->
      @Sendable (Double) -> Bool
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .comparison,
      inputs: 1...1,
      inferTypes: { (context) throws(OperatorError) in
        [TensorType(.bool, try context.input(0).shape)]
      },
      cost: .perOutputElement(),
      evaluate: { (context) throws(OperatorError) in
        let input = try context.input(0)
        let test = try predicate(context.attributes)
        guard let values = input.doubleValues else {
          throw .invalid("\(input.type) operands are not taken")
        }
        return [
          Tensor(type: .bool, sizes: input.sizes, elements: .booleans(values.map { test($0) }))
        ]
      }
    )
  }
}
