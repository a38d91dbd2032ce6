import ModelIR
import Operators
import Testing

@Suite struct ElementwiseTests {
  private func integers(_ values: [Int64], _ type: ElementType = .int32) -> Tensor {
    Tensor(type: type, sizes: [values.count], elements: .integers(values))
  }

  // By hand: two's complement of eight bits.
  @Test(arguments: [
    ("add", [Int64(-56)]), ("sub", [0]), ("mul", [16]), ("div", [1]), ("floorMod", [0]),
  ])
  func `integers wrap to the width of their type`(name: String, expected: [Int64]) throws {
    let operand = integers([100], .int8)
    let result = try OperatorHarness.evaluate(name, [operand, operand])[0]
    #expect(result.elements == .integers(expected))
  }

  // Source: Python's `//` and `%`, and C's division.
  @Test(arguments: [
    ("div", [Int64(-3), -3, 3, 3]), ("floorDiv", [-4, -4, 3, 3]), ("floorMod", [1, -1, 1, -1]),
  ])
  func `quotients round toward zero or down`(name: String, expected: [Int64]) throws {
    let left = integers([-7, 7, 7, -7])
    let right = integers([2, -2, 2, -2])
    let result = try OperatorHarness.evaluate(name, [left, right])[0]
    #expect(result.elements == .integers(expected))
  }

  @Test func `the least integer over minus one does not trap`() throws {
    let left = integers([.min], .int64)
    let result = try OperatorHarness.evaluate("div", [left, integers([-1], .int64)])[0]
    #expect(result.elements == .integers([.min]))
  }

  @Test(arguments: ["div", "floorDiv", "floorMod", "mod"])
  func `integers are not divided by zero`(name: String) {
    #expect(throws: OperatorError.self) {
      try OperatorHarness.evaluate(name, [integers([1]), integers([0])])
    }
  }

  @Test func `unsigned numbers of 64 bits are compared as such`() throws {
    let left = integers([-1, 1], .uint64)
    let right = integers([1, -1], .uint64)
    #expect(
      try OperatorHarness.evaluate("less", [left, right])[0].elements == .booleans([false, true])
    )
    #expect(
      try OperatorHarness.evaluate("maximum", [left, right])[0].elements == .integers([-1, -1])
    )
  }

  @Test func `operands stretch as NumPy stretches them`() throws {
    let column = Tensor([2, 1], floats: [1, 10])
    let row = Tensor([3], floats: [1, 2, 3])
    let result = try OperatorHarness.evaluate("mul", [column, row])[0]
    #expect(result == Tensor([2, 3], floats: [1, 2, 3, 10, 20, 30]))
  }

  @Test func `an empty operand gives an empty result`() throws {
    let empty = Tensor([0, 3], floats: [])
    let result = try OperatorHarness.evaluate("add", [empty, Tensor([1, 3], floats: [1, 2, 3])])[0]
    #expect(result == empty)
  }

  @Test func `maxima of NaN are NaN`() throws {
    let left = Tensor([2], floats: [.nan, 1])
    let right = Tensor([2], floats: [1, .nan])
    let result = try OperatorHarness.evaluate("maximum", [left, right])[0]
    #expect(result.doubleValues?.allSatisfy(\.isNaN) == true)
  }

  @Test func `half precision rounds each result`() throws {
    let one = Tensor(type: .float16, sizes: [], elements: .floats([2048]))
    let other = Tensor(type: .float16, sizes: [], elements: .floats([1]))
    #expect(try OperatorHarness.evaluate("add", [one, other])[0].elements == .floats([2048]))
  }

  @Test func `a fused activation bounds reals and integers`() throws {
    let attributes: Attributes = ["activation": .string("relu6")]
    let reals = Tensor([3], floats: [-4, 2, 5])
    #expect(
      try OperatorHarness.evaluate("add", [reals, reals], attributes)[0].elements
        == .floats([0, 4, 6])
    )
    let whole = integers([-4, 2, 5])
    #expect(
      try OperatorHarness.evaluate("add", [whole, whole], attributes)[0].elements
        == .integers([0, 4, 6])
    )
  }

  @Test func `powers keep the type of the base`() throws {
    let base = integers([2, 3, -2])
    let result = try OperatorHarness.evaluate("pow", [base, Tensor([3], floats: [3, 2, 3])])[0]
    #expect(result == integers([8, 9, -8]))
  }

  // Source: ONNX Cast-28 and LiteRT `cast.cc`.
  @Test func `casts cut, saturate and wrap`() throws {
    let reals = Tensor([4], floats: [-1.9, 1.9, 300, .nan])
    let cut = try OperatorHarness.evaluate("cast", [reals], ["to": .type(.int8)])[0]
    #expect(cut.elements == .integers([-1, 1, 127, 127]))
    let wrapped = try OperatorHarness.evaluate("cast", [integers([200])], ["to": .type(.int8)])[0]
    #expect(wrapped.elements == .integers([-56]))
    let text = Tensor(type: .string, sizes: [2], elements: .strings(["1e3", "-INF"]))
    let parsed = try OperatorHarness.evaluate("cast", [text], ["to": .type(.float32)])[0]
    #expect(parsed.elements == .floats([1000, -.infinity]))
  }

  @Test func `bytes are seen as another type`() throws {
    let one = Tensor([1], floats: [1])
    let bits = try OperatorHarness.evaluate("bitCast", [one], ["to": .type(.int32)])[0]
    #expect(bits.elements == .integers([0x3F80_0000]))
    let halves = try OperatorHarness.evaluate("bitCast", [one], ["to": .type(.int16)])[0]
    #expect(halves == Tensor(type: .int16, sizes: [1, 2], elements: .integers([0, 0x3F80])))
  }

  @Test func `a condition of one axis may choose rows`() throws {
    let condition = Tensor(type: .bool, sizes: [2], elements: .booleans([true, false]))
    let result = try OperatorHarness.evaluate(
      "select",
      [condition, .counting(2, 2), Tensor([2, 2], integers: [9, 9, 9, 9])],
      ["legacyBroadcast": .bool(true)]
    )[0]
    #expect(result == Tensor([2, 2], integers: [0, 1, 9, 9]))
  }

  @Test func `shapes combine as far as they are known`() throws {
    let shape = try OperatorHarness.infer(
      "add",
      [.shaped(.symbolic("batch"), 1, .unknown), .shaped(4, 7)]
    )
    #expect(shape == [.ranked([.symbolic("batch"), 4, 7])])
    #expect(try OperatorHarness.infer("add", [.unknown, .shaped(3)]) == [.unknownRank])
    #expect(throws: OperatorError.self) {
      try OperatorHarness.infer("add", [.shaped(3), .shaped(4)])
    }
  }

  @Test(arguments: [
    ("mul", Dimension.fixed(1)), ("div", 1), ("add", 0), ("sub", 0), ("maximum", 0),
  ])
  func `a named extent passes where the other operand is neutral`(
    name: String,
    neutral: Dimension
  ) throws {
    let list = OperatorContext.Operand.extents(.symbolic("batch"), 4)
    let result = try OperatorHarness.dimensions(name, [list, .extents(neutral, neutral)])
    #expect(result == [.symbolic("batch"), 4])
    let other = try OperatorHarness.dimensions(name, [list, .extents(3, 2)])
    #expect(other?.first == .unknown)
  }

  // PyTorch's exporter writes `expand` as a comparison with −1 and a choice.
  @Test func `a wildcard in a shape is told from a named extent`() throws {
    let shape = OperatorContext.Operand.extents(.symbolic("batch"), -1)
    let equal = try OperatorHarness.dimensions("equal", [shape, .list(-1)])
    #expect(equal == [0, 1])
    let condition = OperatorContext.Operand(
      type: .init(.bool, .fixed([2])),
      dimensions: equal
    )
    let chosen = try OperatorHarness.dimensions("select", [condition, .list(1, 1), shape])
    #expect(chosen == [.symbolic("batch"), 1])
  }
}
