import ByteIO
import ModelIR
import WireFormats

/// The graph while layers are lowered into it.
final class GraphBuilder {
  var graph: Graph
  private var scalars: [String: ValueID] = [:]
  /// How many nodes may still be made: shared and nested models could unfold without end.
  private var nodesLeft: Int
  private(set) var isExhausted = false
  /// The first number of Keras' version.
  let generation: Int
  /// The values that say which steps count.
  var masks: Set<ValueID> = []
  /// The layers that keep states between calls.
  var statefulLayers: [String] = []

  init(name: String, generation: Int, nodeLimit: Int) {
    graph = Graph(name: name)
    self.generation = generation
    nodesLeft = nodeLimit
  }

  func emit(
    _ op: OperatorKind,
    _ inputs: [ValueID?],
    _ attributes: Attributes,
    outputs: Int,
    for context: LayerContext
  ) -> [ValueID] {
    let name = context.displayName + "/" + op.name
    let results = (0..<outputs).map { index in
      graph.append(
        Value(name: index == 0 ? name : "\(name):\(index)", type: .unknown, shape: .unknownRank)
      )
    }
    // The values are made all the same, so that lowering goes on to where the limit is looked at.
    guard nodesLeft > 0 else {
      isExhausted = true
      return results
    }
    nodesLeft -= 1
    graph.append(
      Node(
        name: name,
        op: op,
        attributes: attributes,
        inputs: inputs,
        outputs: results.map(Optional.some),
        origin: Origin(
          sourceType: context.config.className,
          layer: context.displayName,
          path: context.config.path
        )
      )
    )
    return results
  }

  /// A constant of one number, made once.
  func scalar(_ number: Double, _ type: ElementType) -> ValueID {
    let key = "\(type.rawValue) \(number)"
    if let known = scalars[key] { return known }
    let value = constant(Self.bytes([number], type), type, [], name: "\(number)")
    scalars[key] = value
    return value
  }

  /// A constant of several numbers that the configuration states.
  func constant(_ numbers: [Double], _ type: ElementType, _ sizes: [Int]) -> ValueID {
    constant(Self.bytes(numbers, type), type, sizes, name: "constant")
  }

  private func constant(_ bytes: [UInt8], _ type: ElementType, _ sizes: [Int], name: String)
    -> ValueID
  {
    let storage = TensorStorage.owned(
      ByteSource(bytes, name: "configuration").bytes,
      fileBytes: 0
    )
    return graph.append(
      Value(name: name, type: type, shape: .fixed(sizes), content: .constant(storage))
    )
  }

  private static func bytes(_ numbers: [Double], _ type: ElementType) -> [UInt8] {
    var result: [UInt8] = []
    func add<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { result.append(contentsOf: $0) }
    }
    for number in numbers {
      switch type {
      case .float64: add(number.bitPattern)
      case .bfloat16: add(UInt16(truncatingIfNeeded: Float(number).bitPattern >> 16))
      case .float16: add(halfBits(Float(number)))
      case .int8, .uint8: result.append(UInt8(truncatingIfNeeded: Int(exactly: number) ?? 0))
      case .int16, .uint16: add(Int16(clamping: Int(exactly: number) ?? 0))
      case .uint32: add(UInt32(clamping: Int(exactly: number) ?? 0))
      case .int32: add(Int32(clamping: Int(exactly: number.rounded()) ?? 0))
      case .int64, .uint64: add(Int64(exactly: number.rounded()) ?? 0)
      case .bool: result.append(number == 0 ? 0 : 1)
      default: add(Float(number).bitPattern)
      }
    }
    return result
  }

  /// IEEE 754 half precision, rounded to nearest even.
  private static func halfBits(_ number: Float) -> UInt16 {
    let bits = number.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
    guard number.isFinite else { return sign | (number.isNaN ? 0x7E00 : 0x7C00) }
    let magnitude = abs(number)
    if magnitude >= 65520 { return sign | 0x7C00 }
    // 2⁻²⁴ is the step of subnormal numbers.
    if magnitude < 6.103515625e-05 {
      return sign | UInt16((magnitude * 16_777_216).rounded(.toNearestOrEven))
    }
    let rebased = magnitude.bitPattern - (112 << 23)
    let rest = rebased & 0x1FFF
    var half = rebased >> 13
    if rest > 0x1000 || rest == 0x1000 && half & 1 == 1 { half += 1 }
    return sign | UInt16(truncatingIfNeeded: half)
  }

  /// Takes out masks that nothing asked for: layers make them before anyone can.
  func dropUnreadMasks() {
    var isRead = Array(repeating: false, count: graph.values.count)
    for output in graph.outputs { isRead[output.index] = true }
    var kept: [Node] = []
    for node in graph.nodes.reversed() {
      let isMask = node.outputs.count == 1 && node.outputs[0].map { masks.contains($0) } ?? false
      if isMask, let output = node.outputs[0], !isRead[output.index] { continue }
      for case .some(let input) in node.inputs { isRead[input.index] = true }
      kept.append(node)
    }
    graph.nodes = kept.reversed()
  }

  /// Where the graph stands, to go back to.
  struct Mark {
    var nodes: Int
    var values: Int
  }

  var mark: Mark { Mark(nodes: graph.nodes.count, values: graph.values.count) }

  /// Takes back what was emitted since.
  func rewind(to mark: Mark) {
    graph.nodes.removeLast(graph.nodes.count - mark.nodes)
    graph.values.removeLast(graph.values.count - mark.values)
    scalars = scalars.filter { $0.value.index < mark.values }
  }
}
