import ModelIR

extension OperatorDefinition {
  /// `min(max(x, min), max)`; bounds are operands, or attributes before ONNX opset 11.
  ///
  /// Where the bounds cross the result is `max` everywhere. Source: ONNX Clip-13.
  static let clip = OperatorDefinition(
    "clip",
    "Keeps numbers between bounds.",
    family: .activation,
    inputs: 1...3,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    inferDimensions: { context in
      guard context.inputCount > 1, var result = ExtentArithmetic.list(context, 0) else {
        return nil
      }
      if context.hasInput(1) {
        guard let least = ExtentArithmetic.list(context, 1)?.first else { return nil }
        result = result.map { ExtentArithmetic.maximum($0, least) }
      }
      if context.hasInput(2) {
        guard let greatest = ExtentArithmetic.list(context, 2)?.first else { return nil }
        result = result.map { ExtentArithmetic.minimum($0, greatest) }
      }
      return result
    },
    cost: .perOutputElement(otherOperations: 2),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let bounded = try clipped(
        input,
        least: try bound(context, 1, "min"),
        greatest: try bound(context, 2, "max")
      )
      return [bounded]
    }
  )

  /// A bound as a tensor of one element.
  private static func bound(
    _ context: EvaluationContext,
    _ index: Int,
    _ name: String
  ) throws(OperatorError) -> Tensor? {
    let type = try context.input(0).type
    if let operand = context.optionalInput(index) {
      guard operand.count == 1, operand.type == type else {
        throw .invalid("the bound \(name) is no single \(type) number")
      }
      return operand
    }
    guard let value = try context.attributes.float(name) else { return nil }
    return try Tensor(type: .float64, sizes: [], elements: .doubles([value])).converted(to: type)
  }

  private static func clipped(
    _ input: Tensor,
    least: Tensor?,
    greatest: Tensor?
  ) throws(OperatorError) -> Tensor {
    let lower = BinaryFunction(
      float: { $0 < $1 ? $1 : $0 },
      double: { $0 < $1 ? $1 : $0 },
      integer: { max($0, $1) },
      unsigned: { max($0, $1) }
    )
    let upper = BinaryFunction(
      float: { $0 > $1 ? $1 : $0 },
      double: { $0 > $1 ? $1 : $0 },
      integer: { min($0, $1) },
      unsigned: { min($0, $1) }
    )
    var result = input
    if let least { result = try lower(result, least.reshaped(to: [])) }
    if let greatest { result = try upper(result, greatest.reshaped(to: [])) }
    return result
  }
}
