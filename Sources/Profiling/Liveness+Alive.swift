import ModelIR

extension Liveness {
  /// The computed or given values that must be in memory while a step runs, in the graph's order.
  package static func alive(in graph: Graph, at step: Int) -> [ValueID] {
    var first = Array(repeating: Int.max, count: graph.values.count)
    var last = Array(repeating: -1, count: graph.values.count)
    for input in graph.inputs where !graph[input].isConstant { first[input.index] = 0 }
    for (place, node) in graph.nodes.enumerated() {
      for case .some(let output) in node.outputs {
        first[output.index] = min(first[output.index], place)
        last[output.index] = max(last[output.index], place)
      }
      for case .some(let input) in node.inputs where first[input.index] != .max {
        last[input.index] = place
      }
    }
    for output in graph.outputs where first[output.index] != .max {
      last[output.index] = graph.nodes.count - 1
    }
    return graph.valueIDs.filter { first[$0.index] <= step && step <= last[$0.index] }
  }
}
