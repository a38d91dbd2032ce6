import ModelIR

/// Which operands hold the elements that an operator moves; the others only direct it.
struct DataOperands: Sendable {
  private let includes: @Sendable (Int, OperatorContext) -> Bool

  /// The first one.
  static let first = DataOperands { index, _ in index == 0 }
  /// All of them.
  static let all = DataOperands { _, _ in true }
  /// One of them.
  static func at(_ index: Int) -> DataOperands {
    DataOperands { position, _ in position == index }
  }
  /// The second one where the node has TFLite's order, otherwise the first.
  static let splitOperand = DataOperands { index, context in
    let order = try? context.attributes.string("operandOrder")
    return index == (order == "tflite" ? 1 : 0)
  }

  private init(_ includes: @escaping @Sendable (Int, OperatorContext) -> Bool) {
    self.includes = includes
  }

  /// Whether operand `index` of a node is one of them.
  func contains(_ index: Int, _ context: OperatorContext) -> Bool { includes(index, context) }
}

extension OperatorDefinition {
  /// An operator that only moves elements: no arithmetic, any element type.
  ///
  /// Because it looks at no element, the extents that flow through it are found by moving their
  /// numbers: evaluation runs on positions instead of values.
  ///
  /// - Parameters:
  ///   - name: The canonical name.
  ///   - summary: One sentence.
  ///   - family: For tables.
  ///   - inputs: How many operands it takes.
  ///   - outputs: How many results it has.
  ///   - data: The operands whose elements are moved.
  ///   - types: The inference of types.
  ///   - evaluate: What it computes.
  /// - Returns: The definition.
  static func movement(
    _ name: String,
    _ summary: String,
    family: Family = .movement,
    inputs: ClosedRange<Int>,
    outputs: ClosedRange<Int> = 1...1,
    data: DataOperands = .first,
    types: @escaping TypeInference,
    evaluate: @escaping Evaluation
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: family,
      inputs: inputs,
      outputs: outputs,
      inferTypes: types,
      inferDimensions: { context in movedDimensions(context, data, evaluate) },
      cost: .free,
      evaluate: evaluate
    )
  }
}

/// The most extents that are followed through an operator; shapes have a handful.
private let followedExtents = 256

/// Moves extents as evaluation moves elements.
func movedDimensions(
  _ context: OperatorContext,
  _ data: DataOperands,
  _ evaluate: OperatorDefinition.Evaluation
) -> [Dimension]? {
  var moved: [Dimension] = []
  var inputs: [Tensor?] = []
  for index in 0..<context.inputCount {
    guard context.hasInput(index) else {
      inputs.append(nil)
      continue
    }
    guard data.contains(index, context) else {
      guard let value = context.value(index) else { return nil }
      inputs.append(value)
      continue
    }
    guard let dimensions = context.dimensions(index),
      let sizes = context.optionalInput(index)?.shape.sizes,
      checkedProduct(sizes) == dimensions.count,
      moved.count + dimensions.count <= followedExtents
    else { return nil }
    let numbers = moved.count..<(moved.count + dimensions.count)
    inputs.append(Tensor(sizes, integers: Array(numbers)))
    moved += dimensions
  }
  let evaluation = EvaluationContext(
    attributes: context.attributes.attributes,
    sourceVersion: context.sourceVersion,
    inputs: inputs,
    hasOutput: context.hasOutput
  )
  guard let results = try? evaluate(evaluation), let first = results.first,
    let numbers = first.integerValues, numbers.count <= followedExtents,
    numbers.allSatisfy(moved.indices.contains)
  else { return nil }
  return numbers.map { moved[$0] }
}
