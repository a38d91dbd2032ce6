import ModelIR

extension OperatorDefinition {
  /// A tensor of one value: (shape, value).
  ///
  /// Source: TFLite FILL.
  static let fill = OperatorDefinition(
    "fill",
    "A tensor of one value.",
    family: .generation,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in
      [TensorType(try context.input(1).element, try statedShape(from: 0, of: context))]
    },
    inferDimensions: { context in
      guard let value = context.dimensions(1)?.first else { return nil }
      return repeated(value, context)
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      [try Tensor.filled(with: try context.input(1), try context.integers(0))]
    }
  )

  /// A tensor of the attribute `value`, by default float32 zeros.
  ///
  /// Source: ONNX ConstantOfShape.
  static let constantOfShape = OperatorDefinition(
    "constantOfShape",
    "A tensor of one constant value.",
    family: .generation,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      let element = try context.attributes.tensor("value")?.type ?? .float32
      return [TensorType(element, try statedShape(from: 0, of: context))]
    },
    inferDimensions: { context in
      guard let value = (try? context.attributes.tensor("value"))??.integerValues?.first else {
        return nil
      }
      return repeated(.fixed(value), context)
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let value = try context.attributes.tensor("value") ?? Tensor([1], floats: [0])
      return [try Tensor.filled(with: value, try context.integers(0))]
    }
  )

  /// Ones on one diagonal of a matrix of the operand's shape, zeros elsewhere.
  ///
  /// `k` counts diagonals above the main one. Source: ONNX EyeLike.
  static let eyeLike = OperatorDefinition(
    "eyeLike",
    "Ones on one diagonal, zeros elsewhere.",
    family: .generation,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      if let rank = input.shape.rank, rank != 2 { throw .invalid("\(input.shape) is no matrix") }
      let element = try generatedType(context.attributes, default: input.element)
      return [TensorType(element, input.shape)]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard input.rank == 2 else { throw .invalid("\(input.shape) is no matrix") }
      let element = try generatedType(context.attributes, default: input.type)
      let k = try context.attributes.int("k", default: 0)
      let (rows, columns) = (input.sizes[0], input.sizes[1])
      let diagonal = (0..<rows).compactMap { row in
        let (column, overflow) = row.addingReportingOverflow(k)
        return !overflow && (0..<columns).contains(column) ? row * columns + column : nil
      }
      let ones = Tensor(element, [diagonal.count], numbers: diagonal.map { _ in 1 })
      return [try Tensor.zeros(element, input.sizes).scattering(ones, at: diagonal)]
    }
  )
}

/// The type that a node wants of what it makes: `outputType`, or ONNX's own name `dtype`.
func generatedType(
  _ attributes: AttributeReader,
  default element: ElementType
) throws(OperatorError) -> ElementType {
  if let type = try attributes.type("outputType") { return type }
  if let type = try attributes.type("dtype") { return type }
  return try attributes.type("outputDatatype") ?? element
}

/// The shape that a list operand holds.
func statedShape(from index: Int, of context: OperatorContext) throws(OperatorError) -> Shape {
  guard let dimensions = context.dimensions(index) else {
    return .unknown(rank: context.listLength(index))
  }
  if let size = dimensions.lazy.compactMap(\.size).first(where: { $0 < 0 }) {
    throw .invalid("the extent \(size) is asked for")
  }
  return .ranked(dimensions)
}

/// A list of one extent many times, where the list's length is known and small.
private func repeated(_ value: Dimension, _ context: OperatorContext) -> [Dimension]? {
  guard let sizes = context.integers(0), let count = checkedProduct(sizes), count <= 64 else {
    return nil
  }
  return Array(repeating: value, count: count)
}
