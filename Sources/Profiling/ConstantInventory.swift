import ByteIO
import ModelIR
import Operators

/// The constants of a model, each once, with who uses them first and which are parameters.
struct ConstantInventory {
  /// One stored constant.
  struct Entry {
    var graph: GraphID
    var value: ValueID
    /// The first operator that computes with it, looking through operators that only prepare it.
    var user: (graph: GraphID, node: NodeID)?
    var isParameter: Bool
    var elements: Int
  }

  var entries: [Entry] = []

  /// Operands that say how others are quantized: scales and zero points.
  private static let quantizationOperands: [String: Set<Int>] = [
    "quantize": [1, 2], "dequantize": [1, 2], "qLinearConvolution": [1, 2, 4, 5, 6, 7],
    "qLinearMatMul": [1, 2, 4, 5, 6, 7], "matMulInteger": [2, 3], "convolutionInteger": [2, 3],
    "qLinearAdd": [1, 2, 4, 5, 6, 7], "qLinearMul": [1, 2, 4, 5, 6, 7],
    "dynamicQuantizeMatMul": [2, 3], "matMulIntegerToFloat": [2, 3, 4, 5],
    "qGemm": [1, 2, 4, 5, 7, 8], "matMulNBits": [2, 3], "qAttention": [3, 4, 6, 7],
  ]

  /// Operands that hold quantized numbers although nothing at the value says so.
  private static let quantizedOperands: [String: Set<Int>] = [
    "dequantize": [0], "qLinearConvolution": [3, 8], "qLinearMatMul": [0, 3],
    "matMulInteger": [0, 1], "convolutionInteger": [0, 1], "qLinearAdd": [0, 3],
    "qLinearMul": [0, 3], "dynamicQuantizeMatMul": [1], "matMulIntegerToFloat": [1],
    "qGemm": [3, 6], "matMulNBits": [1], "qAttention": [1],
  ]

  init(_ model: Model) {
    var seen: Set<StorageKey> = []
    for id in model.graphIDs {
      let graph = model[id]
      let usage = Usage(graph)
      for value in graph.valueIDs where graph[value].isConstant {
        guard let storage = graph[value].constant,
          let elements = graph[value].shape.elementCount
        else { continue }
        if let key = StorageKey(storage), !seen.insert(key).inserted { continue }
        entries.append(
          Entry(
            graph: id,
            value: value,
            user: usage.user(of: value).map { (graph: id, node: $0) },
            isParameter: Self.isParameter(graph, value, usage),
            elements: elements
          )
        )
      }
    }
  }

  private static func isParameter(_ graph: Graph, _ id: ValueID, _ usage: Usage) -> Bool {
    let value = graph[id]
    guard value.shape.rank != 0 else { return false }
    var isQuantized = value.quantization != nil
    for (node, position) in usage.uses(of: id) {
      let name = graph[node].op.name
      if quantizationOperands[name]?.contains(position) == true { return false }
      if quantizedOperands[name]?.contains(position) == true { isQuantized = true }
    }
    return value.type.isFloat || isQuantized
  }

  /// Tells two constants that share their bytes from two that do not.
  private struct StorageKey: Hashable {
    var source: ObjectIdentifier
    var offset: Int

    init?(_ storage: TensorStorage) {
      guard case .mapped(let bytes) = storage, bytes.count > 0 else { return nil }
      source = ObjectIdentifier(bytes.source)
      offset = bytes.offset
    }
  }

  /// Who reads the constants of a graph.
  private struct Usage {
    private var firstUses: [[(node: NodeID, position: Int)]]
    private let graph: Graph
    /// Nodes that read nothing but constants, which only prepare weights (dequantize, transpose).
    private var isPreparation: [Bool]

    init(_ graph: Graph) {
      self.graph = graph
      var isConstant = graph.values.map(\.isConstant)
      isPreparation = Array(repeating: false, count: graph.nodes.count)
      firstUses = Array(repeating: [], count: graph.values.count)
      for (index, node) in graph.nodes.enumerated() {
        var readsOnlyConstants = !node.inputs.isEmpty && node.attributes.graphs.isEmpty
        for (position, input) in node.inputs.enumerated() {
          guard let input else { continue }
          readsOnlyConstants = readsOnlyConstants && isConstant[input.index]
          if isConstant[input.index] {
            firstUses[input.index].append((node: NodeID(index), position: position))
          }
        }
        guard readsOnlyConstants else { continue }
        isPreparation[index] = true
        for case .some(let output) in node.outputs { isConstant[output.index] = true }
      }
    }

    func uses(of value: ValueID) -> [(node: NodeID, position: Int)] { firstUses[value.index] }

    /// Follows preparing operators to the one that computes with the constant.
    func user(of value: ValueID) -> NodeID? {
      var current = value
      while let use = firstUses[current.index].first {
        guard isPreparation[use.node.index], let output = graph[use.node].outputs.first,
          let output, !firstUses[output.index].isEmpty
        else { return use.node }
        current = output
      }
      return nil
    }
  }
}
