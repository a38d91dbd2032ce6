import ModelIR

extension OperatorDefinition {
  /// `x` above zero, `slope · x` below; the slope broadcasts to the operand.
  ///
  /// Source: ONNX PRelu-16; K. He et al. 2015, "Delving Deep into Rectifiers".
  static let prelu = OperatorDefinition(
    "prelu",
    "Rectified linear unit with learned slopes below zero.",
    family: .activation,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let slope = try context.input(1)
      let shape = try Broadcasting.shape([input.shape, slope.shape])
      // The slope stretches to the operand, never the other way round.
      return [input.shape == .unknownRank ? input.with(shape) : input]
    },
    cost: .perOutputElement(otherOperations: 2),
    evaluate: { (context) throws(OperatorError) in
      if context.isQuantized { return [try QuantizedActivation.prelu(context)] }
      let function = BinaryFunction(
        float: { $0 < 0 ? $0 * $1 : $0 },
        double: { $0 < 0 ? $0 * $1 : $0 },
        integer: { $0 < 0 ? $0 &* $1 : $0 },
        unsigned: { (x, _) in x }
      )
      return [try function(try context.input(0), try context.input(1))]
    }
  )
}
