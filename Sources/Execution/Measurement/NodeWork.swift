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
  /// Of nodes that are run as one, the last bears the time: only then is it known.
  package func nodeWork() -> [NodeWork] {
    var result = [NodeWork](repeating: .beforehand, count: graph.nodes.count)
    for step in steps { result[step.node.index] = .step(usesKernel: step.kernel != nil) }
    for group in fusedNodes {
      guard let last = group.last else { continue }
      for node in group.dropLast() { result[node.index] = .within(last) }
      result[last.index] = .step(usesKernel: true)
    }
    return result
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
