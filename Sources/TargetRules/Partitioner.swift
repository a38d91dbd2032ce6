import ModelIR

/// Which operators of a graph run on the target, and in which groups.
///
/// Islands are built as TensorFlow Lite builds them for a delegate
/// (`PartitionGraphIntoIndependentNodeSubsets`): from the operators whose operands are ready, all of
/// one side are taken until none is left, then those of the other side, and so on.
struct Partitioner {
  /// Whether each operator runs on the target.
  private(set) var isOnTarget: [Bool]
  /// The group of each operator.
  private(set) var groups: [Int]
  /// How many groups there are.
  private(set) var count: Int
  /// The tensors that are computed on one side and read on the other.
  private(set) var crossings: [TargetReport.Crossing] = []

  /// - Parameters:
  ///   - graph: The graph, in execution order.
  ///   - isSupported: Whether the target runs each operator.
  ///   - kind: What happens to the others.
  init(_ graph: Graph, _ isSupported: [Bool], _ kind: PartitionRule.Kind) {
    let connections = graph.connections()
    switch kind {
    case .whole:
      isOnTarget = isSupported
      groups = Array(repeating: 0, count: isSupported.count)
      count = isSupported.isEmpty ? 0 : 1
    case .prefix:
      let end = isSupported.firstIndex(of: false) ?? isSupported.count
      isOnTarget = isSupported.indices.map { $0 < end }
      groups = isOnTarget.map { $0 || end == 0 ? 0 : 1 }
      count = isSupported.isEmpty ? 0 : (end == 0 || end == isSupported.count ? 1 : 2)
    case .islands:
      isOnTarget = isSupported
      (groups, count) = Self.islands(graph, isSupported, connections)
    }
    crossings = Self.crossings(graph, groups, isOnTarget, connections)
  }

  private static func islands(
    _ graph: Graph,
    _ isSupported: [Bool],
    _ connections: Connections
  ) -> ([Int], Int) {
    // How many computed operands each operator waits for.
    var missing = graph.nodes.map { node in
      Set(node.inputs.compactMap { $0 }).count { connections.producer(of: $0) != nil }
    }
    var groups = Array(repeating: 0, count: graph.nodes.count)
    // Operators that are ready, by side.
    var ready: [Bool: [Int]] = [true: [], false: []]
    for index in graph.nodes.indices.reversed() where missing[index] == 0 {
      ready[isSupported[index]]?.append(index)
    }
    guard let first = graph.nodes.indices.first(where: { missing[$0] == 0 }) else {
      return (groups, graph.nodes.isEmpty ? 0 : 1)
    }
    var side = isSupported[first]
    var count = 0
    while ready[true]?.isEmpty == false || ready[false]?.isEmpty == false {
      var isUsed = false
      while let index = ready[side]?.popLast() {
        isUsed = true
        groups[index] = count
        for case .some(let output) in graph.nodes[index].outputs {
          for consumer in connections.consumers(of: output) {
            missing[consumer.index] -= 1
            if missing[consumer.index] == 0 {
              ready[isSupported[consumer.index]]?.append(consumer.index)
            }
          }
        }
      }
      if isUsed { count += 1 }
      side.toggle()
    }
    return (groups, count)
  }

  private static func crossings(
    _ graph: Graph,
    _ groups: [Int],
    _ isOnTarget: [Bool],
    _ connections: Connections
  ) -> [TargetReport.Crossing] {
    var result: [TargetReport.Crossing] = []
    for (index, node) in graph.nodes.enumerated() {
      for case .some(let output) in node.outputs {
        var seen: Set<Int> = []
        for consumer in connections.consumers(of: output)
        where isOnTarget[consumer.index] != isOnTarget[index]
          && seen.insert(groups[consumer.index]).inserted
        {
          result.append(
            .init(
              tensor: graph[output].name,
              from: index,
              to: consumer.index,
              bytes: graph[output].byteCount
            )
          )
        }
      }
    }
    return result
  }
}

extension TargetReport {
  /// Adds where the operators of the main graph run.
  mutating func place(_ partitioner: Partitioner) {
    partitions = partitioner.count
    fallbackOperators = partitioner.isOnTarget.indices.filter { !partitioner.isOnTarget[$0] }
    crossings = partitioner.crossings
    var bytes = 0
    for crossing in crossings {
      let (sum, overflow) = bytes.addingReportingOverflow(crossing.bytes ?? 0)
      guard let _ = crossing.bytes, !overflow else { return }
      bytes = sum
    }
    boundaryBytes = bytes
  }
}
