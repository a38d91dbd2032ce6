import TestSupport
import Testing

@testable import Diagrams

/// Blocks that repeat; expected counts by hand.
@Suite struct FoldingTests {
  private func folded(_ parts: [ONNX.Part]) throws -> Diagram {
    try diagram(parts, options: .init(folding: .always))
  }

  @Test(arguments: [2, 3, 7, 12])
  func `equal blocks are drawn once`(count: Int) throws {
    let diagram = try folded(Sample.blocks(Array(repeating: 4, count: count + 2)))
    let folds = diagram.clusters.filter { $0.repetitions > 1 }
    #expect(folds.map(\.label) == ["× \(count + 2)"])
    // MatMul with Sigmoid, and Add.
    #expect(diagram.headings.count == 2)
    #expect(diagram.coveredOperators == Array(0..<3 * (count + 2)))
  }

  @Test func `a box of a folded block says what each repetition costs`() throws {
    let diagram = try folded(Sample.blocks([4, 4, 4, 4]))
    // 4·4 multiply-adds and 16 floats each.
    #expect(diagram.node("op0")?.lines.last == "4 × 16 MACs · 64 B")
  }

  @Test func `blocks with other types are not folded`() throws {
    let parts = Sample.blocks([4, 4, 4])
    let single = try folded(parts)
    #expect(single.clusters.count { $0.repetitions > 1 } == 1)
    let odd = try diagram(
      [
        ONNX.input("x", [1, 4]), ONNX.node("Tile", ["x", "r"], ["a"]),
        ONNX.ints(initializer: "r", [2], [1, 2]), ONNX.node("Tile", ["a", "r"], ["b"]),
        ONNX.node("Tile", ["b", "r"], ["c"]), ONNX.node("Tile", ["c", "r"], ["y"]),
        ONNX.output("y", [1, 64]),
      ],
      options: .init(folding: .always)
    )
    #expect(odd.clusters.isEmpty)
    #expect(odd.headings.count == 4)
  }

  @Test func `a block whose inside is read elsewhere ends a fold`() throws {
    let diagram = try folded(Sample.blocks([4, 4, 4, 4, 4, 4], tap: 2))
    // Blocks 0 to 2 (the last one may be read from outside), then 3 to 5.
    #expect(diagram.clusters.map(\.repetitions).filter { $0 > 1 }.sorted() == [3, 3])
    #expect(diagram.coveredOperators == Array(0..<18))
  }

  @Test func `small graphs are not folded unless asked`() throws {
    let diagram = try diagram(Sample.blocks([4, 4, 4, 4]))
    #expect(!diagram.clusters.contains { $0.repetitions > 1 })
  }

  @Test func `equal operators in a chain are one fold`() throws {
    let diagram = try folded(
      [ONNX.input("x0", [1, 1])]
        + (0..<30).map { ONNX.node("ReduceSum", ["x\($0)"], ["x\($0 + 1)"]) }
        + [ONNX.output("x30", [1, 1])]
    )
    #expect(diagram.clusters.map(\.repetitions) == [30])
    #expect(diagram.nodes.count == 3)
  }
}
