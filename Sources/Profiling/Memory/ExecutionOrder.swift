import ModelIR
import Operators

/// Searches for an order of a graph's operators that keeps fewer bytes alive at once.
///
/// Orders are built one operator at a time. Two beginnings of an order that ran the same operators
/// have the same future, so only the better of them is kept: a shortest-path search over the sets of
/// operators that can have run. It is complete while the sets of one size stay below a limit; beyond
/// it the best ones go on (a beam), and the result is a heuristic's.
///
/// Lifetimes are plain: inputs to the last use unless `keepsInputs`, outputs to the end.
struct ExecutionOrder {
  let graph: Graph
  /// The bytes of each value; 0 for constants.
  let bytes: [Int]
  /// Whether inputs stay to the end, as in TensorFlow Lite.
  let keepsInputs: Bool

  /// Sets of operators kept of each size before the search becomes a beam.
  private static let completeLimit = 2_000
  /// Sets kept of each size afterwards.
  private static let beamWidth = 64
  /// Larger graphs are not searched.
  private static let nodeLimit = 400

  /// What was found.
  struct Result {
    var order: [NodeID]
    var peakBytes: Int
    /// Whether no other order is better.
    var isComplete: Bool
  }

  private struct State {
    /// The operators that have run, as bits.
    var done: [UInt64]
    var live: Int
    var peak: Int
    /// The state before in the layer before, and the operator that led here.
    var parent: Int
    var node: Int
  }

  /// The best order found; `nil` where the graph is too large or has a value that two operators write.
  func search() -> Result? {
    let count = graph.nodes.count
    guard count > 1, count <= Self.nodeLimit, let needs = needs() else { return nil }
    let words = (count + 63) / 64
    let consumers = consumers()
    let outputs = Set(graph.outputs)
    let inputs = Set(graph.inputs)
    let start = graph.inputs.reduce(0) { $0 + bytes[$1.index] }
    var layers: [[State]] = [
      [
        State(
          done: Array(repeating: 0, count: words),
          live: start,
          peak: start,
          parent: -1,
          node: -1
        )
      ]
    ]
    var isComplete = true
    for _ in 0..<count {
      var next: [[UInt64]: State] = [:]
      for (parent, state) in (layers.last ?? []).enumerated() {
        for node in 0..<count where !state.done.has(node) {
          guard needs[node].allSatisfy({ state.done.has($0) }) else { continue }
          var done = state.done
          done.insert(node)
          let created = results(node).reduce(0) { $0 + bytes[$1] }
          let during = state.live + created
          var after = during
          for value in touched(node)
          where !outputs.contains(ValueID(value))
            && !(keepsInputs && inputs.contains(ValueID(value)))
            && consumers[value].allSatisfy({ done.has($0) })
          {
            after -= bytes[value]
          }
          let peak = max(state.peak, during)
          if let known = next[done], (known.peak, known.live) <= (peak, after) { continue }
          next[done] = State(done: done, live: after, peak: peak, parent: parent, node: node)
        }
      }
      // Sorted, so that the result does not depend on the order of a dictionary.
      var layer = next.values.sorted {
        ($0.peak, $0.live, $0.parent, $0.node) < ($1.peak, $1.live, $1.parent, $1.node)
      }
      if layer.isEmpty { return nil }
      if layer.count > Self.completeLimit || (!isComplete && layer.count > Self.beamWidth) {
        isComplete = false
        layer = Array(layer.prefix(Self.beamWidth))
      }
      layers.append(layer)
    }
    var order: [NodeID] = []
    guard let best = layers.last?.first else { return nil }
    var state = best
    for layer in layers.dropLast().reversed() {
      order.append(NodeID(state.node))
      guard layer.indices.contains(state.parent) else { break }
      state = layer[state.parent]
    }
    return Result(order: order.reversed(), peakBytes: best.peak, isComplete: isComplete)
  }

  /// The operators that must run before each.
  private func needs() -> [[Int]]? {
    var producers = Array(repeating: -1, count: graph.values.count)
    for (index, node) in graph.nodes.enumerated() {
      for case .some(let output) in node.outputs {
        guard producers[output.index] == -1 else { return nil }
        producers[output.index] = index
      }
    }
    return graph.nodes.map { node in
      Array(Set(node.inputs.compactMap { $0 }.map { producers[$0.index] }.filter { $0 >= 0 }))
        .sorted()
    }
  }

  private func consumers() -> [[Int]] {
    var consumers: [[Int]] = Array(repeating: [], count: graph.values.count)
    for (index, node) in graph.nodes.enumerated() {
      for value in operands(node) { consumers[value].append(index) }
    }
    return consumers
  }

  private func operands(_ node: Node) -> [Int] {
    Array(Set(node.inputs.compactMap { $0?.index })).sorted()
  }

  private func results(_ node: Int) -> [Int] {
    graph.nodes[node].outputs.compactMap { $0?.index }
  }

  /// Operands and results, which may die with the operator: a result that nothing reads dies at once.
  private func touched(_ node: Int) -> [Int] {
    Array(Set(operands(graph.nodes[node]) + results(node))).sorted()
  }
}

extension [UInt64] {
  fileprivate func has(_ bit: Int) -> Bool { self[bit / 64] & (1 << UInt64(bit % 64)) != 0 }
  fileprivate mutating func insert(_ bit: Int) { self[bit / 64] |= 1 << UInt64(bit % 64) }
}
