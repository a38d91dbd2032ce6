import ModelIR
import Operators
import Testing

@testable import Profiling

/// All expected numbers by hand: float32 elements of four bytes.
@Suite struct LivenessTests {
  /// A graph over values of the given extents; nodes read and compute values by number.
  private func liveBytes(
    _ sizes: [[Int]?],
    nodes: [(reads: [Int], computes: [Int])],
    inputs: [Int],
    outputs: [Int],
    constants: Set<Int> = []
  ) -> [Int?] {
    let shapes = sizes.map { $0.map { Shape.fixed($0) } ?? .unknownRank }
    let graph = Graph(
      name: "test",
      nodes: nodes.enumerated().map { index, node in
        Node(
          name: "node\(index)",
          op: .known("relu"),
          inputs: node.reads.map { ValueID($0) },
          outputs: node.computes.map { ValueID($0) },
          origin: Origin(sourceType: "RELU", path: "nodes[\(index)]")
        )
      },
      values: shapes.enumerated().map { index, shape in
        Value(
          name: "value\(index)",
          type: .float32,
          shape: shape,
          content: constants.contains(index) ? .constant(.absent) : .activation
        )
      },
      inputs: inputs.map { ValueID($0) },
      outputs: outputs.map { ValueID($0) }
    )
    return Liveness(graph, types: shapes.map { TensorType(.float32, $0) }).liveBytes
  }

  @Test func `a convolution and a pool of a public example`() {
    // tflite-micro issue 2513: 125x90x1, 3x3 convolution to 32 channels, pool of 4. The peak that
    // is stated there is 1,469,952 bytes.
    let live = liveBytes(
      [[1, 125, 90, 1], [1, 123, 88, 32], [1, 30, 22, 32], [32, 3, 3, 1]],
      nodes: [([0, 3], [1]), ([1], [2])],
      inputs: [0],
      outputs: [2],
      constants: [3]
    )
    #expect(live == [45_000 + 1_385_472, 1_469_952])
  }

  @Test func `a value lives to its last reader`() {
    // A residual: value 1 is kept while 2 is computed.
    let live = liveBytes(
      [[10], [20], [30], [40]],
      nodes: [([0], [1]), ([1], [2]), ([2, 1], [3])],
      inputs: [0],
      outputs: [3]
    )
    #expect(live == [120, 200, 360])
  }

  @Test func `an output lives to the end`() {
    let live = liveBytes(
      [[1], [100], [2], [3]],
      nodes: [([0], [1]), ([0], [2]), ([2], [3])],
      inputs: [0],
      outputs: [1, 3]
    )
    #expect(live == [404, 412, 420])
  }

  @Test func `a result that nobody reads lives for its operator`() {
    let live = liveBytes(
      [[1], [100], [2]],
      nodes: [([0], [1]), ([0], [2])],
      inputs: [0],
      outputs: [2]
    )
    #expect(live == [404, 12])
  }

  @Test func `an input that nobody reads takes nothing`() {
    let live = liveBytes([[50], [1], [2]], nodes: [([1], [2])], inputs: [0, 1], outputs: [2])
    #expect(live == [12])
  }

  @Test func `a size that is unknown makes the steps it lives in unknown`() {
    let live = liveBytes(
      [[1], nil, [2], [3]],
      nodes: [([0], [1]), ([1], [2]), ([2], [3])],
      inputs: [0],
      outputs: [3]
    )
    #expect(live == [nil, nil, 20])
  }

  @Test func `sizes that do not fit an integer are unknown, not wrong`() {
    let live = liveBytes(
      [[Int.max], [2]],
      nodes: [([0], [1])],
      inputs: [0],
      outputs: [1]
    )
    #expect(live == [nil])
  }

  @Test func `a graph without operators has no steps`() {
    #expect(liveBytes([[4]], nodes: [], inputs: [0], outputs: [0]).isEmpty)
  }
}
