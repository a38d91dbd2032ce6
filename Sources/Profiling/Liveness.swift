import ModelIR
import Operators

/// From which step to which each value of a graph must be in memory, independent of a runtime.
///
/// A value lives from the operator that computes it to the last one that reads it; inputs live from
/// the start to their last use, outputs to the end; constants are elsewhere.
package struct Liveness: Sendable {
  /// The bytes alive at each step; `nil` where a size is not known.
  package var liveBytes: [Int?]
  private var first: [Int]
  private var last: [Int]

  /// The steps in which a value is alive, both ends inclusive; `nil` where it is never computed.
  package func life(of value: ValueID) -> ClosedRange<Int>? {
    let (begin, end) = (first[value.index], last[value.index])
    return begin != .max && end >= begin ? begin...end : nil
  }

  /// - Parameters:
  ///   - graph: The graph, in execution order.
  ///   - types: The type of each value.
  package init(_ graph: Graph, types: [TensorType]) {
    let steps = graph.nodes.count
    var first = Array(repeating: Int.max, count: graph.values.count)
    var last = Array(repeating: -1, count: graph.values.count)
    for input in graph.inputs where !graph[input].isConstant { first[input.index] = 0 }
    for (step, node) in graph.nodes.enumerated() {
      for case .some(let output) in node.outputs {
        first[output.index] = min(first[output.index], step)
        last[output.index] = max(last[output.index], step)
      }
      for case .some(let input) in node.inputs where first[input.index] != .max {
        last[input.index] = step
      }
    }
    for output in graph.outputs where first[output.index] != .max {
      last[output.index] = max(steps - 1, 0)
    }
    liveBytes = Self.sum(first, last, steps, types)
    (self.first, self.last) = (first, last)
  }

  /// Adds each value's bytes where its life begins and takes them away after it ends.
  private static func sum(_ first: [Int], _ last: [Int], _ steps: Int, _ types: [TensorType])
    -> [Int?]
  {
    var change = Array(repeating: 0, count: steps + 1)
    var unknown = Array(repeating: 0, count: steps + 1)
    for index in first.indices where first[index] != .max && last[index] >= first[index] {
      guard first[index] < steps else { continue }
      let elements = types[index].shape.elementCount
      if let bytes = elements.flatMap({ types[index].element.byteCount(elements: $0) }) {
        change[first[index]] &+= bytes
        change[last[index] + 1] &-= bytes
      } else {
        unknown[first[index]] += 1
        unknown[last[index] + 1] -= 1
      }
    }
    var bytes = 0
    var open = 0
    return (0..<steps).map { step in
      bytes &+= change[step]
      open += unknown[step]
      return open == 0 && bytes >= 0 ? bytes : nil
    }
  }
}
