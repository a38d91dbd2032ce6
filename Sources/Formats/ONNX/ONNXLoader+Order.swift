import ByteIO
import ModelIR

/// The order of nodes: the format asks for it, not every file has it.
extension ONNXLoader {
  /// Puts a node after those that compute its operands, and otherwise keeps the order of the file.
  ///
  /// A node reads what the graphs inside it capture, too.
  ///
  /// - Throws: `MODEL_INVALID` where nodes wait for each other.
  /// - Complexity: O(n) for a sorted graph, O(n log n) for others (Kahn, 1962).
  mutating func sortNodes(of graph: GraphID) throws(ReadError) {
    let nodes = graphs[graph.index].nodes
    var producers = [Int?](repeating: nil, count: graphs[graph.index].values.count)
    for (index, node) in nodes.enumerated() {
      for case .some(let output) in node.outputs { producers[output.index] = index }
    }
    var isSorted = true
    for (index, node) in nodes.enumerated() {
      for case .some(let value) in node.inputs {
        if let producer = producers[value.index], producer >= index { isSorted = false }
      }
      for (_, attribute) in node.attributes.all {
        guard case .graph(let inner) = attribute else { continue }
        for capture in graphs[inner.index].captures {
          if let producer = producers[capture.outer.index], producer >= index { isSorted = false }
        }
      }
    }
    guard !isSorted else { return }
    var readers = [[Int]](repeating: [], count: nodes.count)
    var waitingFor = [Int](repeating: 0, count: nodes.count)
    for (index, node) in nodes.enumerated() {
      for value in operands(of: node) {
        guard let producer = producers[value.index] else { continue }
        readers[producer].append(index)
        waitingFor[index] += 1
      }
    }
    var ready = IndexHeap()
    for index in nodes.indices where waitingFor[index] == 0 { ready.insert(index) }
    var sorted: [Node] = []
    sorted.reserveCapacity(nodes.count)
    while let index = ready.removeLeast() {
      sorted.append(nodes[index])
      for reader in readers[index] {
        waitingFor[reader] -= 1
        if waitingFor[reader] == 0 { ready.insert(reader) }
      }
    }
    guard sorted.count == nodes.count else {
      let stuck = nodes[waitingFor.firstIndex { $0 > 0 } ?? 0]
      throw ReadError(
        .modelInvalid,
        "node \"\(stuck.name)\" (\(stuck.origin.sourceType)) needs its own result: nodes wait for"
          + " each other in a circle",
        at: stuck.origin.byteRange?.lowerBound
      )
    }
    graphs[graph.index].nodes = sorted
    tally.unsortedGraphs.append(graph)
  }

  /// The values that a node reads, itself or in the graphs inside it.
  private func operands(of node: Node) -> [ValueID] {
    let own = node.inputs.compactMap { $0 }
    let inner = node.attributes.graphs
    guard !inner.isEmpty else { return own }
    return own + inner.flatMap { graphs[$0.index].captures.map(\.outer) }
  }
}

/// Indices of which the least comes out first.
struct IndexHeap {
  private var items: [Int] = []

  mutating func insert(_ item: Int) {
    items.append(item)
    var child = items.count - 1
    while child > 0, items[(child - 1) / 2] > items[child] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeLeast() -> Int? {
    guard let last = items.popLast() else { return nil }
    guard let least = items.first else { return last }
    items[0] = last
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < items.count && items[child] < items[smallest] {
        smallest = child
      }
      guard smallest != parent else { return least }
      items.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
