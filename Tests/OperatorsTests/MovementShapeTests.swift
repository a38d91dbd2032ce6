import ModelIR
import Operators
import Testing

/// Expected shapes by hand from the operators' definitions.
@Suite struct MovementShapeTests {
  @Test func `the extent -1 takes what the others leave, symbols cancelled`() throws {
    func reshaped(_ input: OperatorContext.Operand, _ wanted: OperatorContext.Operand) throws
      -> Shape?
    {
      try OperatorHarness.infer("reshape", [input, wanted]).first
    }
    let image = OperatorContext.Operand.shaped(.symbolic("batch"), 7, 7, 64)
    #expect(try reshaped(image, .list(-1, 3136)) == .ranked([.symbolic("batch"), 3136]))
    #expect(
      try reshaped(image, .extents(.symbolic("batch"), -1)) == .ranked([.symbolic("batch"), 3136])
    )
    #expect(try reshaped(image, .list(0, -1, 64)) == .ranked([.symbolic("batch"), 49, 64]))
    #expect(
      try reshaped(image, .extents(.unknown, 49, 64)) == .ranked([.symbolic("batch"), 49, 64])
    )
    #expect(try reshaped(image, .list(-1)) == .ranked([.unknown]))
    #expect(try reshaped(image, .hidden(3)) == .ranked([.unknown, .unknown, .unknown]))
    #expect(try reshaped(.unknown, .list(2, -1)) == .ranked([2, .unknown]))
    #expect(try reshaped(.shaped(0, 5), .list(0, -1)) == .ranked([0, 0]))
  }

  @Test func `a shape that cannot hold the elements is refused`() {
    #expect(throws: OperatorError.self) {
      try OperatorHarness.infer("reshape", [.shaped(2, 3), .list(4, -1)])
    }
    #expect(throws: OperatorError.self) {
      try OperatorHarness.infer("reshape", [.shaped(2, 3), .list(7)])
    }
  }

  @Test func `extents flow through a chain of shape computations`() throws {
    let shape = try OperatorHarness.dimensions("shape", [.shaped(.symbolic("batch"), 3, 8, 8)])
    #expect(shape == [.symbolic("batch"), 3, 8, 8])
    let first = try OperatorHarness.dimensions(
      "slice",
      [.extents(.symbolic("batch"), 3, 8, 8), .list(0), .list(1)]
    )
    #expect(first == [.symbolic("batch")])
    let joined = try OperatorHarness.dimensions(
      "concat",
      [.extents(.symbolic("batch")), .list(-1)],
      ["axis": .int(0)]
    )
    #expect(joined == [.symbolic("batch"), .fixed(-1)])
    let packed = try OperatorHarness.dimensions(
      "pack",
      [.init(type: .init(.int64, .scalar), dimensions: [.symbolic("batch")]), .scalar(10)]
    )
    #expect(packed == [.symbolic("batch"), 10])
    let single = try OperatorHarness.dimensions(
      "stridedSlice",
      [.extents(.symbolic("batch"), 3), .list(0), .list(1), .list(1)],
      ["shrinkAxisMask": .int(1)]
    )
    #expect(single == [.symbolic("batch")])
  }

  @Test func `slices keep an extent that they span whatever its value`() throws {
    let input = OperatorContext.Operand.shaped(.symbolic("n"), 10)
    let whole = try OperatorHarness.infer("slice", [input, .list(0), .list(.max), .list(0)])
    #expect(whole == [.ranked([.symbolic("n"), 10])])
    let named = try OperatorHarness.infer(
      "slice",
      [input, .list(0), .extents(.symbolic("n")), .list(0)]
    )
    #expect(named == [.ranked([.symbolic("n"), 10])])
    let part = try OperatorHarness.infer("slice", [input, .list(1, 2), .list(3, -1)])
    #expect(part == [.ranked([.unknown, 7])])
    let hidden = try OperatorHarness.infer("slice", [input, .hidden(1), .hidden(1), .list(1)])
    #expect(hidden == [.ranked([.symbolic("n"), .unknown])])
  }

  @Test func `concatenation adds extents and merges what its operands know`() throws {
    let shapes = try OperatorHarness.infer(
      "concat",
      [.shaped(.symbolic("n"), 3, .unknown), .shaped(.unknown, 4, 5)],
      ["axis": .int(1)]
    )
    #expect(shapes == [.ranked([.symbolic("n"), 7, 5])])
    #expect(throws: OperatorError.self) {
      try OperatorHarness.infer("concat", [.shaped(2, 3), .shaped(3, 3)], ["axis": .int(1)])
    }
  }

  @Test func `the last of equal parts may be smaller where their number is stated`() throws {
    let shapes = try OperatorHarness.infer(
      "split",
      [.shaped(7, .symbolic("c"))],
      ["count": .int(4)],
      outputs: 4
    )
    #expect(shapes.map { $0.dimensions?.first } == [2, 2, 2, 1])
    let tflite = try OperatorHarness.infer(
      "split",
      [.scalar(1), .shaped(.symbolic("n"), 6)],
      ["operandOrder": .string("tflite"), "count": .int(2)],
      outputs: 2
    )
    #expect(tflite == Array(repeating: .ranked([.symbolic("n"), 3]), count: 2))
  }

  @Test func `expanding knows symbols on both sides`() throws {
    let shapes = try OperatorHarness.infer(
      "expand",
      [.shaped(1, 4), .extents(.symbolic("n"), 1)]
    )
    #expect(shapes == [.ranked([.symbolic("n"), 4])])
  }

  @Test func `an operand without a rank gives a result without one`() throws {
    for name in ["squeeze", "transpose", "concat", "trilu", "reverse"] {
      #expect(try OperatorHarness.infer(name, [.unknown]) == [.unknownRank])
    }
  }
}
