import ModelIR
import Operators
import Testing

@testable import Profiling

@Suite struct ExecutionOrderTests {
  /// The peak of an order, slowly: sums what is alive at every step.
  private func peak(_ graph: Graph, _ order: [Int], _ bytes: [Int]) -> Int {
    var most = 0
    for step in order.indices {
      var live = 0
      for value in graph.values.indices where bytes[value] > 0 {
        let born = order.firstIndex { graph.nodes[$0].outputs.contains(ValueID(value)) }
        let isInput = graph.inputs.contains(ValueID(value))
        let last =
          graph.outputs.contains(ValueID(value))
          ? order.count - 1
          : order.lastIndex { graph.nodes[$0].inputs.contains(ValueID(value)) }
        guard isInput || born != nil else { continue }
        let first = isInput ? 0 : born ?? 0
        if first <= step, step <= max(last ?? first, first) { live += bytes[value] }
      }
      most = max(most, live)
    }
    return most
  }

  private func permutations(_ items: [Int]) -> [[Int]] {
    items.isEmpty
      ? [[]]
      : items.flatMap { item in
        permutations(items.filter { $0 != item }).map { [item] + $0 }
      }
  }

  private func isValid(_ graph: Graph, _ order: [Int]) -> Bool {
    var known = Set(graph.inputs)
    for node in order {
      guard graph.nodes[node].inputs.allSatisfy({ $0.map { known.contains($0) } ?? true }) else {
        return false
      }
      for case .some(let output) in graph.nodes[node].outputs { known.insert(output) }
    }
    return true
  }

  /// Small random graphs; seven operators have at most 5,040 orders, which are all tried.
  @Test(arguments: 1...20)
  func `no other order is better`(seed: Int) throws {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
    func random(_ limit: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(limit))
    }
    var sketch = GraphSketch()
    var values = [sketch.input("x", [16 + random(64)])]
    for index in 0..<6 {
      let operands = (0...random(2)).map { _ in values[random(values.count)] }
      let result = sketch.value("v\(index)", [16 + random(64)])
      sketch.node("ADD_N", "addN", operands, [result])
      values.append(result)
    }
    sketch.output(values[values.count - 1])
    let bytes = sketch.graph.values.map { $0.byteCount ?? 0 }
    let search = ExecutionOrder(graph: sketch.graph, bytes: bytes, keepsInputs: false)
    let found = try #require(search.search())
    #expect(found.isComplete)
    let order = found.order.map(\.index)
    #expect(isValid(sketch.graph, order))
    #expect(found.peakBytes == peak(sketch.graph, order, bytes))
    let best = permutations(Array(0..<6)).filter { isValid(sketch.graph, $0) }
      .map { peak(sketch.graph, $0, bytes) }.min()
    #expect(found.peakBytes == best)
  }

  @Test func `two branches are computed one after the other`() throws {
    var sketch = GraphSketch()
    let input = sketch.input("x", [16])
    // The file makes both large tensors first; each shrinks before the other is needed.
    let large = [sketch.value("a", [1_024]), sketch.value("b", [1_024])]
    let small = [sketch.value("c", [16]), sketch.value("d", [16])]
    let sum = sketch.value("sum", [16])
    sketch.node("TILE", "tile", [input], [large[0]])
    sketch.node("TILE", "tile", [input], [large[1]])
    sketch.node("SUM", "reduceSum", [large[0]], [small[0]])
    sketch.node("SUM", "reduceSum", [large[1]], [small[1]])
    sketch.node("ADD", "add", [small[0], small[1]], [sum])
    sketch.output(sum)
    let bytes = sketch.graph.values.map { $0.byteCount ?? 0 }
    let search = ExecutionOrder(graph: sketch.graph, bytes: bytes, keepsInputs: false)
    let found = try #require(search.search())
    // x, one large tensor, and both small ones.
    #expect(found.peakBytes == 4_096 + 64 + 64 + 0)
  }
}
