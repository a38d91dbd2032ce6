import ByteIO
import FuzzSupport
import ModelIR
import Operators

/// Every operator of the catalog with operands and attributes out of the fuzzer's bytes.
enum OperatorCalls {
  @Sendable static func check(_ bytes: Bytes) throws {
    var input = FuzzInput(bytes.array)
    let all = OperatorCatalog.all
    let definition = all[input.number(0...all.count - 1)]
    let attributes = attributes(&input)
    let tensors = operands(of: definition, &input)
    let outputs = input.number(1...3)
    try checkInference(definition, attributes, tensors, outputs, &input)
    let context = EvaluationContext(
      attributes: attributes,
      sourceVersion: input.number(1...24),
      inputs: tensors,
      hasOutput: Array(repeating: true, count: outputs)
    )
    // As a run does: what would be large is refused before it is made.
    guard let types = try? definition.inferTypes?(context.operatorContext),
      types.allSatisfy({ ($0.shape.elementCount ?? 0) < 20_000 })
    else { return }
    guard let results = try? definition.evaluate?(context) else { return }
    for result in results where result.type != .variant {
      try promise(result.count >= 0, "\(definition.name): a negative count")
    }
  }

  /// Inference sees some extents as unknown, and some values not at all.
  private static func checkInference(
    _ definition: OperatorDefinition,
    _ attributes: Attributes,
    _ tensors: [Tensor?],
    _ outputs: Int,
    _ input: inout FuzzInput
  ) throws {
    let operands = tensors.map { tensor -> OperatorContext.Operand? in
      guard let tensor else { return nil }
      let dimensions = tensor.sizes.map { input.byte() % 4 == 1 ? .unknown : Dimension.fixed($0) }
      let shape: Shape = input.byte() % 8 == 1 ? .unknownRank : .ranked(dimensions)
      return OperatorContext.Operand(
        type: TensorType(tensor.type, shape),
        value: input.byte() % 2 == 0 ? tensor : nil,
        dimensions: input.byte() % 8 == 1 ? [.symbolic("n"), .fixed(input.number(0...4))] : nil
      )
    }
    let context = OperatorContext(
      attributes: attributes,
      sourceVersion: input.number(0...24),
      operands: operands,
      hasOutput: Array(repeating: true, count: outputs),
      statedOutputs: Array(repeating: nil, count: outputs)
    )
    let types = try? definition.inferTypes?(context)
    _ = definition.inferDimensions?(context)
    guard let cost = definition.cost?(CostContext(node: context, outputs: types ?? [])) else {
      return
    }
    try promise(cost.multiplyAdds >= 0 && cost.otherOperations >= 0, "\(definition.name): \(cost)")
  }

  private static func operands(of definition: OperatorDefinition, _ input: inout FuzzInput)
    -> [Tensor?]
  {
    let most = min(definition.inputs.upperBound, 8)
    let count = max(0, min(most, definition.inputs.lowerBound + input.number(0...2)))
    let shared = sizes(&input)
    return (0..<count).map { _ -> Tensor? in
      switch input.number(0...11) {
      case 0: return nil
      case 1...5: return tensor(sizes(&input), &input)
      default: return tensor(shared, &input)
      }
    }
  }

  private static func sizes(_ input: inout FuzzInput) -> [Int] {
    (0..<input.number(0...5)).map { _ in input.pick([0, 1, 1, 2, 3, 4, 5]) }
  }

  private static func tensor(_ sizes: [Int], _ input: inout FuzzInput) -> Tensor {
    let count = sizes.reduce(1, *)
    let type = input.pick(
      [
        .float32, .float32, .float64, .float16, .int64, .int32, .int8, .uint8, .bool, .string,
      ] as [ElementType]
    )
    switch type {
    case .float64:
      let values = (0..<count).map { _ in Double(input.float()) }
      return Tensor(type: type, sizes: sizes, elements: .doubles(values))
    case .float32, .float16:
      let values = (0..<count).map { _ in input.float() }
      return Tensor(type: type, sizes: sizes, elements: .floats(values))
    case .bool:
      let values = (0..<count).map { _ in input.byte() % 2 == 0 }
      return Tensor(type: type, sizes: sizes, elements: .booleans(values))
    case .string:
      let texts = ["", "a", "b c", "é.*", "1.5", "NaN", "(", "[a-", "\u{0}"]
      let values = (0..<count).map { _ in input.pick(texts) }
      return Tensor(type: type, sizes: sizes, elements: .strings(values))
    default:
      let values = (0..<count).map { _ in Int64(integer(&input)) }
      return Tensor(type: type, sizes: sizes, elements: .integers(values)).normalized()
    }
  }

  private static func integer(_ input: inout FuzzInput) -> Int {
    let drawn = Int(input.byte())
    let special = [Int.max, Int.min, Int(Int32.max), Int(Int32.min), 1 << 40, -1, 1 << 20]
    return drawn >= 249 ? special[drawn - 249] : drawn % 12 - 4
  }

  /// Names that operators of the catalog ask for; values that files could hold.
  private static func attributes(_ input: inout FuzzInput) -> Attributes {
    var result = Attributes()
    for _ in 0..<input.number(0...6) {
      switch input.number(0...4) {
      case 0, 1: result[input.pick(AttributeNames.integers)] = .int(integer(&input))
      case 2:
        let values = (0..<input.number(0...6)).map { _ in integer(&input) }
        result[input.pick(AttributeNames.lists)] = .ints(values)
      case 3:
        let (name, words) = input.pick(AttributeNames.words)
        result[name] = .string(input.pick(words))
      default:
        result[input.pick(AttributeNames.floats)] = .float(Double(input.float()))
      }
    }
    if input.byte() % 4 == 1 {
      result["to"] = .type(input.pick([ElementType.int8, .float16, .string, .bool, .uint64]))
    }
    if input.byte() % 4 == 1 { result["outputType"] = .type(.int8) }
    return result
  }
}
