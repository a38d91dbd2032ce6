import ModelIR

extension OperatorDefinition {
  /// `condition ? a : b`, element by element, all three broadcasting.
  ///
  /// With `legacyBroadcast` a condition of one axis chooses whole slices along the first axis.
  /// Sources: ONNX Where-16; TensorFlow Lite SELECT and SELECT_V2.
  static let select = OperatorDefinition(
    "select",
    "Chooses between two tensors, element by element.",
    family: .movement,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in
      let condition = try context.input(0)
      let first = try context.input(1)
      let second = try context.input(2)
      var shapes = [condition.shape, first.shape, second.shape]
      if try context.attributes.bool("legacyBroadcast"), let rank = first.shape.rank,
        condition.shape.rank == 1, rank > 1
      {
        shapes.removeFirst()
      }
      return [first.with(try Broadcasting.shape(shapes))]
    },
    inferDimensions: { context in
      guard let conditions = ExtentArithmetic.list(context, 0),
        let first = ExtentArithmetic.list(context, 1),
        let second = ExtentArithmetic.list(context, 2)
      else { return nil }
      let counts = [conditions.count, first.count, second.count]
      let count = counts.contains(0) ? 0 : counts.max() ?? 0
      guard counts.allSatisfy({ $0 == count || $0 == 1 }) else { return nil }
      return (0..<count).map { index in
        let yes = first[first.count == 1 ? 0 : index]
        let no = second[second.count == 1 ? 0 : index]
        guard let condition = conditions[conditions.count == 1 ? 0 : index].size else {
          return yes == no && yes != .unknown ? yes : .unknown
        }
        return condition != 0 ? yes : no
      }
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      var condition = try context.input(0)
      let first = try context.input(1)
      if try context.attributes.bool("legacyBroadcast"), condition.rank == 1, first.rank > 1 {
        condition.sizes += Array(repeating: 1, count: first.rank - 1)
      }
      return [try choose(condition, first, try context.input(2))]
    }
  )

  private static func choose(
    _ condition: Tensor,
    _ first: Tensor,
    _ second: Tensor
  ) throws(OperatorError) -> Tensor {
    guard case .booleans(let conditions) = condition.elements else {
      throw .invalid("the condition is \(condition.type), not bool")
    }
    let plan = try BroadcastPlan([condition, first, second])
    let flags = plan.spread(conditions, operand: 0)
    func pick<Value>(_ a: [Value], _ b: [Value]) -> [Value] {
      let yes = plan.spread(a, operand: 1)
      let no = plan.spread(b, operand: 2)
      return flags.indices.map { flags[$0] ? yes[$0] : no[$0] }
    }
    var result = Tensor(type: first.type, sizes: plan.sizes, elements: first.elements)
    switch (first.elements, second.elements) {
    case (.floats(let a), .floats(let b)): result.elements = .floats(pick(a, b))
    case (.doubles(let a), .doubles(let b)): result.elements = .doubles(pick(a, b))
    case (.integers(let a), .integers(let b)): result.elements = .integers(pick(a, b))
    case (.booleans(let a), .booleans(let b)): result.elements = .booleans(pick(a, b))
    case (.strings(let a), .strings(let b)): result.elements = .strings(pick(a, b))
    default: throw .invalid("operands of types \(first.type) and \(second.type) are not taken")
    }
    return result
  }
}
