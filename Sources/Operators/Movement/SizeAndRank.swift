import ModelIR

extension OperatorDefinition {
  /// The number of elements, as a scalar.
  ///
  /// Source: ONNX Size-13.
  static let size = OperatorDefinition(
    "size",
    "The number of elements.",
    family: .movement,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      [TensorType(try context.attributes.type("outputType") ?? .int64, .scalar)]
    },
    inferDimensions: { context in
      guard let dimensions = context.optionalInput(0)?.shape.dimensions else { return nil }
      return [Dimension.product(dimensions)]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let type = try context.attributes.type("outputType") ?? .int64
      return [Tensor(type, [], integers: [try context.input(0).count])]
    }
  )

  /// The number of axes, as a scalar.
  ///
  /// Source: TFLite RANK (int32).
  static let rank = OperatorDefinition(
    "rank",
    "The number of axes.",
    family: .movement,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      [TensorType(try context.attributes.type("outputType") ?? .int32, .scalar)]
    },
    inferDimensions: { context in
      context.optionalInput(0)?.shape.rank.map { [.fixed($0)] }
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let type = try context.attributes.type("outputType") ?? .int32
      return [Tensor(type, [], integers: [try context.input(0).rank])]
    }
  )
}
