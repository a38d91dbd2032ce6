import ModelIR

extension OperatorDefinition {
  /// `x` above zero, `slope · x` below; the slope broadcasts to the operand.
  ///
  /// A slope of one axis that fits the operand's second axis and not its last belongs to the channels
  /// (ONNX before opset 7).
  ///
  /// Source: ONNX PRelu-16; K. He et al. 2015, "Delving Deep into Rectifiers".
  static let prelu = OperatorDefinition(
    "prelu",
    "Rectified linear unit with learned slopes below zero.",
    family: .activation,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      var slope = try context.input(1).shape
      if let dimensions = slope.dimensions {
        let extents = input.shape.dimensions ?? []
        slope = .ranked(aligned(dimensions, with: extents, one: 1))
      }
      let shape = try Broadcasting.shape([input.shape, slope])
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
      let input = try context.input(0)
      let slope = try context.input(1)
      let sizes = aligned(slope.sizes, with: input.sizes, one: 1)
      return [try function(input, slope.reshaped(to: sizes))]
    }
  )

  /// The slope's extents, with axes of 1 behind those of the channels.
  private static func aligned<Extent: Equatable>(
    _ slope: [Extent],
    with input: [Extent],
    one: Extent
  ) -> [Extent] {
    guard slope.count == 1, input.count > 2, slope[0] == input[1], slope[0] != input.last,
      slope[0] != one
    else { return slope }
    return slope + Array(repeating: one, count: input.count - 2)
  }
}
