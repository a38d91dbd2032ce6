import TestSupport
import Testing

@testable import Diagrams

/// What is drawn of a graph; expected boxes by hand.
@Suite struct SimplificationTests {
  private static let convolution: [ONNX.Part] = [
    ONNX.input("x", [1, 1, 4, 4]),
    ONNX.floats(initializer: "w", [2, 1, 3, 3], Array(repeating: 1, count: 18)),
    ONNX.floats(initializer: "s", [2], [1, 1]),
    ONNX.node("Conv", ["x", "w"], ["c"], name: "/stem/conv/Conv"),
    ONNX.node("BatchNormalization", ["c", "s", "s", "s", "s"], ["b"], name: "/stem/bn/BN"),
    ONNX.node("Relu", ["b"], ["y"], name: "/stem/relu/Relu"),
    ONNX.output("y", [1, 2, 2, 2]),
  ]

  @Test func `what follows a convolution shares its box`() throws {
    let diagram = try diagram(Self.convolution)
    #expect(diagram.headings == ["Conv  3×3"])
    #expect(diagram.nodes.map(\.id) == ["in0", "op0", "out0"])
    #expect(diagram.node("op0")?.lines[1] == "+ BatchNormalization + Relu")
    // 3·3·1 window, 2·2 places, 2 filters; 18 floats of 4 bytes, and the four of "s" twice.
    #expect(diagram.node("op0")?.lines.last == "72 MACs · 80 B")
    #expect(diagram.coveredOperators == [0, 1, 2])
  }

  @Test func `never folding gives each operator a box`() throws {
    let diagram = try diagram(Self.convolution, options: .init(folding: .never))
    #expect(diagram.headings == ["Conv  3×3", "BatchNormalization", "Relu"])
  }

  @Test func `shape arithmetic and computed constants are not drawn but counted`() throws {
    let diagram = try diagram([
      ONNX.input("x", [2, 3, 4]),
      ONNX.ints(initializer: "zero", [1], [0]),
      ONNX.ints(initializer: "rest", [1], [-1]),
      ONNX.floats(initializer: "w", [12, 5], Array(repeating: 1, count: 60)),
      ONNX.node("Neg", ["w"], ["negative"]),
      ONNX.node("Shape", ["x"], ["extents"]),
      ONNX.node("Gather", ["extents", "zero"], ["batch"]),
      ONNX.node("Concat", ["batch", "rest"], ["shape"], attributes: [ONNX.int("axis", 0)]),
      ONNX.node("Reshape", ["x", "shape"], ["flat"]),
      ONNX.node("MatMul", ["flat", "negative"], ["y"]),
      ONNX.output("y", [2, 5]),
    ])
    #expect(diagram.headings == ["Reshape", "MatMul"])
    #expect(diagram.coveredOperators == [0, 1, 2, 3, 4, 5])
    // The weights belong to the operator that computes with them, though Neg reads them first.
    #expect(diagram.node("op5")?.lines.last?.hasSuffix("240 B") == true)
    #expect(diagram.legend.notes.contains("4 operators on constants and shapes not drawn"))
  }

  @Test func `a model of constants alone is drawn as it is`() throws {
    let diagram = try diagram([
      ONNX.floats(initializer: "w", [2], [1, 2]), ONNX.node("Neg", ["w"], ["y"]),
      ONNX.output("y", [2]),
    ])
    #expect(diagram.headings == ["Neg"])
  }

  @Test func `an operator whose result others read ends a box`() throws {
    let diagram = try diagram([
      ONNX.input("x", [1, 4]), ONNX.node("Relu", ["x"], ["a"]), ONNX.node("Tanh", ["a"], ["b"]),
      ONNX.node("Exp", ["a"], ["c"]), ONNX.output("b", [1, 4]), ONNX.output("c", [1, 4]),
    ])
    #expect(diagram.headings == ["Relu", "Tanh", "Exp"])
  }

  @Test func `lines bear the shape and the type once a tensor`() throws {
    let diagram = try diagram([
      ONNX.input("x", [1, 4]), ONNX.node("Relu", ["x"], ["a"]), ONNX.node("Tanh", ["a"], ["b"]),
      ONNX.node("Exp", ["a"], ["c"]), ONNX.output("b", [1, 4]), ONNX.output("c", [1, 4]),
    ])
    let labels = diagram.edges.map(\.label).filter { !$0.isEmpty }
    #expect(labels.count == 4)
    #expect(Set(labels) == ["1×4 float32"])
  }

  @Test func `scopes become frames`() throws {
    let diagram = try diagram(Sample.blocks([4, 4]), options: .init(folding: .never))
    #expect(diagram.clusters.map(\.label) == ["block0", "block1"])
    let inside = diagram.nodes.filter { $0.kind == .operation }.map(\.cluster)
    #expect(inside == [0, 0, 0, 1, 1, 1])
  }

  @Test func `depth draws a scope as one box`() throws {
    let diagram = try diagram(Sample.blocks([4, 4]), options: .init(depth: 1))
    // The Add of each block is in the scope itself, not below it.
    #expect(diagram.headings.filter { $0.hasPrefix("block") } == ["block0", "block1"])
    #expect(diagram.node("op0")?.lines[1] == "2 operators")
    #expect(diagram.coveredOperators == Array(0..<6))
  }

  @Test func `a nested graph stands in a frame behind its operator`() throws {
    let diagram = try diagram([
      ONNX.input("x", [1, 4]), ONNX.input("flag", [], type: 9),
      ONNX.node(
        "If",
        ["flag"],
        ["y"],
        name: "choice",
        attributes: [
          ONNX.graph(
            "then_branch",
            [
              ONNX.node("Relu", ["x"], ["t0"]), ONNX.node("ReduceSum", ["t0"], ["t"]),
              ONNX.output("t", [1, 1]),
            ]
          ),
          ONNX.graph("else_branch", [ONNX.node("Exp", ["x"], ["e"]), ONNX.output("e", [1, 4])]),
        ]
      ),
      ONNX.output("y"),
    ])
    #expect(diagram.headings == ["If", "Relu", "ReduceSum", "Exp"])
    #expect(diagram.clusters.map(\.label) == ["choice · thenGraph"])
    #expect(diagram.coveredOperators == [0, 1, 2, 3])
  }
}
