import ModelIR

extension OperatorDefinition {
  /// The operand itself.
  static let identity = OperatorDefinition(
    "identity",
    "The operand itself.",
    family: .movement,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    inferDimensions: { context in ExtentArithmetic.list(context, 0) },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in [try context.input(0)] }
  )

  /// Zeros in the shape and type of the operand.
  ///
  /// Source: TensorFlow Lite `zeros_like.cc`.
  static let zerosLike = OperatorDefinition(
    "zerosLike",
    "Zeros of the operand's shape and type.",
    family: .generation,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      var tensor = try context.input(0)
      switch tensor.elements {
      case .floats(let values): tensor.elements = .floats(values.map { _ in 0 })
      case .doubles(let values): tensor.elements = .doubles(values.map { _ in 0 })
      case .integers(let values): tensor.elements = .integers(values.map { _ in 0 })
      case .booleans(let values): tensor.elements = .booleans(values.map { _ in false })
      case .strings(let values): tensor.elements = .strings(values.map { _ in "" })
      case .tensors: throw .invalid("a sequence has no zeros")
      }
      return [tensor]
    }
  )

  /// The operand itself where the model is used; while it is trained some elements are dropped.
  ///
  /// The second result says which elements stay (bool; before ONNX opset 10 of the operand's type).
  /// Training with a positive ratio draws random numbers that no two programs share.
  /// Source: ONNX Dropout-22.
  static let dropout = OperatorDefinition(
    "dropout",
    "The operand itself outside training.",
    family: .movement,
    inputs: 1...3,
    outputs: 1...2,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      return [input, TensorType(maskType(context.sourceVersion, input.element), input.shape)]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let ratio = context.optionalInput(1)?.doubleValues?.first ?? 0.5
      if context.optionalInput(2)?.integerValues?.first ?? 0 != 0, ratio != 0 {
        throw .unsupported("dropout in training mode draws random numbers")
      }
      guard context.hasOutput.count > 1, context.hasOutput[1] else { return [input] }
      let kept = Tensor(
        type: .bool,
        sizes: input.sizes,
        elements: .booleans(Array(repeating: true, count: input.count))
      )
      return [input, try kept.converted(to: maskType(context.sourceVersion, input.type))]
    }
  )

  private static func maskType(_ version: Int?, _ element: ElementType) -> ElementType {
    (version ?? .max) < 10 ? element : .bool
  }
}
