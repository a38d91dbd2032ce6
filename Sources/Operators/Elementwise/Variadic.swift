import ModelIR

// Sources: ONNX Max-13, Min-13, Sum-13, Mean-13; TensorFlow Lite MAXIMUM, MINIMUM, ADD_N.
extension OperatorDefinition {
  /// The greatest of all operands' elements; NaN where one is NaN, as NumPy has it.
  ///
  /// Quantized integers are compared as stored: TensorFlow Lite wants equal scales.
  static let maximum = variadic(
    "maximum",
    "Greatest of the operands, element by element.",
    dimensions: ExtentArithmetic.maximum,
    BinaryFunction(
      float: { $0 > $1 || $0.isNaN ? $0 : $1 },
      double: { $0 > $1 || $0.isNaN ? $0 : $1 },
      integer: { max($0, $1) },
      unsigned: { max($0, $1) }
    )
  )

  /// The least of all operands' elements; NaN where one is NaN, as NumPy has it.
  ///
  /// Quantized integers are compared as stored: TensorFlow Lite wants equal scales.
  static let minimum = variadic(
    "minimum",
    "Least of the operands, element by element.",
    dimensions: ExtentArithmetic.minimum,
    BinaryFunction(
      float: { $0 < $1 || $0.isNaN ? $0 : $1 },
      double: { $0 < $1 || $0.isNaN ? $0 : $1 },
      integer: { min($0, $1) },
      unsigned: { min($0, $1) }
    )
  )

  /// The sum of all operands.
  static let addN = variadic(
    "addN",
    "Sum of all operands.",
    BinaryFunction(float: { $0 + $1 }, double: { $0 + $1 }, integer: { $0 &+ $1 })
  )

  /// The sum of all operands over their number.
  static let mean = OperatorDefinition(
    "mean",
    "Mean of all operands.",
    family: .arithmetic,
    inputs: .atLeast(1),
    inferTypes: { (context) throws(OperatorError) in [try context.broadcastType()] },
    cost: CostRule { context in
      .times(context.outputElements(), otherOperations: context.node.inputCount)
    },
    evaluate: { (context) throws(OperatorError) in
      let sum = BinaryFunction(float: { $0 + $1 }, double: { $0 + $1 })
      let operands = context.allInputs()
      let total = try folded(operands, sum)
      let number = Double(operands.count)
      let scaled = UnaryFunction(float: { $0 / Float(number) }, double: { $0 / number })
      return [try scaled(total)]
    }
  )

  /// An operator that folds any number of operands with a function of two.
  private static func variadic(
    _ name: String,
    _ summary: String,
    dimensions: ExtentArithmetic.Function? = nil,
    _ function: BinaryFunction
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .arithmetic,
      inputs: .atLeast(1),
      inferTypes: { (context) throws(OperatorError) in [try context.broadcastType()] },
      inferDimensions: ExtentArithmetic.inference(dimensions),
      cost: CostRule { context in
        .times(context.outputElements(), otherOperations: max(context.node.inputCount - 1, 0))
      },
      evaluate: { (context) throws(OperatorError) in
        [try folded(context.allInputs(), function)]
      }
    )
  }

  /// Combines the operands from the first to the last.
  private static func folded(
    _ operands: [Tensor],
    _ function: BinaryFunction
  ) throws(OperatorError) -> Tensor {
    guard var result = operands.first else { throw .invalid("there are no operands") }
    for operand in operands.dropFirst() { result = try function(result, operand) }
    return result
  }
}
