import ModelIR
import Operators

extension CompiledGraph {
  /// Where the time of a node is spent.
  package enum NodeWork: Equatable, Sendable {
    /// In a step of its own: by a kernel, or by the operator's definition.
    case step(usesKernel: Bool)
    /// Nowhere: it depends on constants alone and was computed while compiling.
    case beforehand
    /// In the step of another node, with which it is fused.
    case within(NodeID)
  }

  /// Where the time of each node is spent, in the order of the nodes.
  ///
  /// Of nodes that are run as one, the step's node bears the time.
  package func nodeWork() -> [NodeWork] {
    var result = [NodeWork?](repeating: nil, count: graph.nodes.count)
    for step in steps { result[step.node.index] = .step(usesKernel: step.kernel != nil) }
    let connections = graph.connections()
    var owners = result.indices.map { result[$0] == nil ? nil : NodeID($0) }
    func isBeforehand(_ node: Node) -> Bool {
      node.outputs.allSatisfy { $0.map { places[$0.index] == .constant } ?? true }
    }
    // A fused node belongs to the step that takes its result, and otherwise to the one it continues.
    for node in graph.nodeIDs.reversed() where owners[node.index] == nil {
      guard !isBeforehand(graph[node]) else { continue }
      let readers = graph[node].outputs.compactMap { $0 }.flatMap(connections.consumers)
      if readers.count == 1, let owner = owners[readers[0].index] { owners[node.index] = owner }
    }
    for node in graph.nodeIDs where owners[node.index] == nil && !isBeforehand(graph[node]) {
      let writers = graph[node].inputs.compactMap { $0.flatMap(connections.producer) }
      owners[node.index] = writers.compactMap { owners[$0.index] }.max()
    }
    return graph.nodeIDs.map { node in
      result[node.index] ?? owners[node.index].map(NodeWork.within) ?? .beforehand
    }
  }

  /// The bytes that each step must move at least: what it reads and what others read of it, each once.
  ///
  /// - Returns: By the step's node; without those whose shapes are not known.
  package func movedBytes() -> [NodeID: Int] {
    let work = nodeWork()
    var members: [NodeID: [NodeID]] = [:]
    for (index, work) in work.enumerated() {
      switch work {
      case .step: members[NodeID(index), default: []].append(NodeID(index))
      case .within(let owner): members[owner, default: []].append(NodeID(index))
      case .beforehand: break
      }
    }
    let connections = graph.connections()
    let outputs = Set(graph.outputs)
    var result: [NodeID: Int] = [:]
    for (owner, nodes) in members {
      let inside = Set(nodes)
      var values: Set<ValueID> = []
      for node in nodes {
        for case .some(let input) in graph[node].inputs {
          if connections.producer(of: input).map(inside.contains) ?? false { continue }
          values.insert(input)
        }
        for case .some(let output) in graph[node].outputs {
          let isRead = connections.consumers(of: output).contains { !inside.contains($0) }
          if isRead || outputs.contains(output) || nodes.count == 1 { values.insert(output) }
        }
      }
      var total = 0
      var isKnown = true
      for value in values {
        let type = types[value.index]
        guard let bytes = type.shape.elementCount.flatMap(type.element.byteCount(elements:)) else {
          isKnown = false
          break
        }
        total += bytes
      }
      if isKnown { result[owner] = total }
    }
    return result
  }
}
