import ModelIR
import Operators
import Testing

/// Expected values by hand.
@Suite struct GenerationTests {
  @Test(arguments: [
    (0, 5, 2, [0, 2, 4]), (5, 0, -2, [5, 3, 1]), (3, 3, 1, []), (0, 5, -1, []),
  ])
  func `ranges stop before their limit`(start: Int, limit: Int, delta: Int, expected: [Int]) throws
  {
    let operands = [start, limit, delta].map { Tensor([], integers: [$0]) }
    #expect(try OperatorHarness.evaluate("range", operands).first?.integerValues == expected)
  }

  @Test func `a range that would never end or fit is refused`() {
    for delta in [0, 1] {
      let operands = [0, Int.max, delta].map { Tensor([], integers: [$0]) }
      #expect(throws: OperatorError.self) { try OperatorHarness.evaluate("range", operands) }
    }
  }

  @Test func `a range from nothing by ones is as long as its limit`() throws {
    let limit = OperatorContext.Operand(
      type: .init(.int64, .scalar),
      dimensions: [.symbolic("seq")]
    )
    let shapes = try OperatorHarness.infer("range", [.scalar(0), limit, .scalar(1)])
    #expect(shapes == [.ranked([.symbolic("seq")])])
  }

  @Test func `fills take symbolic shapes`() throws {
    let shapes = try OperatorHarness.infer(
      "constantOfShape",
      [.extents(.symbolic("batch"), 4)]
    )
    #expect(shapes == [.ranked([.symbolic("batch"), 4])])
    let filled = try OperatorHarness.evaluate("fill", [.list(2, 1), Tensor([], integers: [7])])
    #expect(filled.first?.integerValues == [7, 7])
  }

  @Test func `equal seeds give equal numbers, in the range asked for`() throws {
    let attributes: Attributes = [
      "shape": .ints([100]), "seed": .float(3), "low": .float(-2), "high": .float(2),
    ]
    let first = try OperatorHarness.evaluate("randomUniform", [], attributes)
    #expect(first == (try OperatorHarness.evaluate("randomUniform", [], attributes)))
    let values = try #require(first.first?.doubleValues)
    #expect(values.allSatisfy { (-2..<2).contains($0) })
    #expect(Set(values).count > 90)
  }
}
