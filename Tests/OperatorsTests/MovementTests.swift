import ModelIR
import Operators
import Testing

/// Expected values: TensorFlow 2 and NumPy on the same operands, unless a test says otherwise.
@Suite struct MovementTests {
  private func integers(_ name: String, _ inputs: [Tensor?], _ attributes: Attributes = [:]) throws
    -> (sizes: [Int], values: [Int])
  {
    let result = try #require(try OperatorHarness.evaluate(name, inputs, attributes).first)
    return (result.sizes, try #require(result.integerValues))
  }

  @Test func `a strided slice goes backwards`() throws {
    let result = try integers(
      "stridedSlice",
      [.counting(2, 3, 4), .list(0, -1, 3), .list(2, -4, 0), .list(1, -1, -2)]
    )
    #expect(result.sizes == [2, 3, 2])
    #expect(result.values == [11, 9, 7, 5, 3, 1, 23, 21, 19, 17, 15, 13])
  }

  @Test func `a strided slice knows ellipsis, new axes and single positions`() throws {
    let ellipsis = try integers(
      "stridedSlice",
      [.counting(2, 3, 4), .list(0, 1), .list(0, 3), .list(1, 1)],
      ["ellipsisMask": .int(1)]
    )
    #expect(ellipsis.sizes == [2, 3, 2])
    #expect(ellipsis.values == [1, 2, 5, 6, 9, 10, 13, 14, 17, 18, 21, 22])
    let mixed = try integers(
      "stridedSlice",
      [.counting(2, 3, 4), .list(1, 0, 0, 0), .list(2, 0, 0, 0), .list(1, 1, 1, 2)],
      [
        "newAxisMask": .int(2), "shrinkAxisMask": .int(1), "beginMask": .int(12),
        "endMask": .int(12),
      ]
    )
    #expect(mixed.sizes == [1, 3, 2])
    #expect(mixed.values == [12, 14, 16, 18, 20, 22])
  }

  @Test func `blocks go from batch to space and back`() throws {
    let spread = try integers(
      "batchToSpace",
      [.counting(4, 2, 2, 1), .list(2, 2), Tensor([2, 2], integers: [0, 1, 1, 0])]
    )
    #expect(spread.sizes == [1, 3, 3, 1])
    #expect(spread.values == [4, 1, 5, 12, 9, 13, 6, 3, 7])
    let gathered = try integers(
      "spaceToBatch",
      [
        Tensor([1, 2, 3, 1], integers: Array(1...6)), .list(2, 2),
        Tensor([2, 2], integers: [0, 0, 0, 1]),
      ]
    )
    #expect(gathered.sizes == [4, 1, 2, 1])
    #expect(gathered.values == [1, 3, 2, 0, 4, 6, 5, 0])
  }

  @Test func `blocks go between channels and space with the channels last`() throws {
    let attributes: Attributes = ["blockSize": .int(2), "dataLayout": .string("nhwc")]
    let spread = try integers("depthToSpace", [.counting(1, 1, 2, 4)], attributes)
    #expect(spread.sizes == [1, 2, 4, 1])
    #expect(spread.values == [0, 1, 4, 5, 2, 3, 6, 7])
    let gathered = try integers("spaceToDepth", [.counting(1, 4, 4, 1)], attributes)
    #expect(gathered.sizes == [1, 2, 2, 4])
    #expect(gathered.values == [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15])
  }

  @Test func `sequences are turned round up to their lengths`() throws {
    let result = try integers(
      "reverseSequence",
      [.counting(3, 4), .list(2, 4, 0)],
      ["timeAxis": .int(1), "batchAxis": .int(0)]
    )
    #expect(result.values == [1, 0, 2, 3, 7, 6, 5, 4, 8, 9, 10, 11])
    #expect(try integers("reverse", [.counting(2, 3), .list(1)]).values == [2, 1, 0, 5, 4, 3])
  }

  @Test(arguments: [
    ("reflect", [5, 4, 3, 4, 5, 4, 2, 1, 0, 1, 2, 1, 5, 4, 3, 4, 5, 4]),
    ("symmetric", [1, 0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 4, 3, 3, 4, 5, 5]),
  ])
  func `padding mirrors`(mode: String, expected: [Int]) throws {
    let result = try integers(
      "pad",
      [.counting(2, 3), Tensor([2, 2], integers: [1, 0, 2, 1])],
      ["mode": .string(mode), "padsLayout": .string("pairs")]
    )
    #expect(result.sizes == [3, 6])
    #expect(result.values == expected)
  }

  @Test func `a quantized tensor is padded with its zero point`() throws {
    let quantization = Quantization(granularity: .perTensor, scales: [0.5], zeroPoints: [-3])
    let result = try OperatorHarness.evaluate(
      "pad",
      [
        Tensor(type: .int8, sizes: [2], elements: .integers([7, 8])),
        Tensor([1, 2], integers: [1, 2]),
      ],
      ["padsLayout": .string("pairs")],
      outputQuantization: [quantization]
    )
    #expect(result.first?.integerValues == [-3, 7, 8, -3, -3])
  }

  // round(q · s + b) + z' by hand: s = 0.5 / 0.25, b = -10 · 2.
  @Test func `uint8 operands of a concatenation take the scale of the result`() throws {
    func quantization(_ scale: Float, _ zeroPoint: Int) -> Quantization {
      Quantization(granularity: .perTensor, scales: [scale], zeroPoints: [zeroPoint])
    }
    let operand = Tensor(type: .uint8, sizes: [3], elements: .integers([10, 11, 200]))
    let result = try OperatorHarness.evaluate(
      "concat",
      [operand, operand],
      outputQuantization: [quantization(0.25, 5)],
      inputQuantization: [quantization(0.5, 10), quantization(0.25, 5)]
    )
    #expect(result.first?.integerValues == [5, 7, 255, 10, 11, 200])
  }

  @Test func `diagonals are set`() throws {
    let made = try integers("matrixDiag", [Tensor([2, 2], integers: [1, 2, 3, 4])])
    #expect(made.values == [1, 0, 0, 2, 3, 0, 0, 4])
    let set = try integers(
      "matrixSetDiag",
      [Tensor([1, 2, 3], integers: [0, 0, 0, 0, 0, 0]), Tensor([1, 2], integers: [7, 8])]
    )
    #expect(set.values == [7, 0, 0, 0, 8, 0])
  }

  // The start is moved to (0, 2), the last place where the box fits (TFLite's clamping).
  @Test func `a box that sticks out is moved inside`() throws {
    let result = try integers(
      "dynamicUpdateSlice",
      [.counting(2, 4), Tensor([1, 2], integers: [-1, -2]), .list(-5, 9)]
    )
    #expect(result.values == [0, 1, -1, -2, 4, 5, 6, 7])
  }

  @Test func `strings and truth values move like numbers`() throws {
    let words = Tensor(type: .string, sizes: [2, 2], elements: .strings(["a", "b", "c", "d"]))
    let moved = try OperatorHarness.evaluate("transpose", [words])
    #expect(moved.first?.elements == .strings(["a", "c", "b", "d"]))
    let flags = Tensor(type: .bool, sizes: [2], elements: .booleans([true, false]))
    let tiled = try OperatorHarness.evaluate("tile", [flags, .list(2)])
    #expect(tiled.first?.elements == .booleans([true, false, true, false]))
  }

  @Test func `empty tensors stay empty however large the other extents are`() throws {
    let empty = Tensor([0, 1 << 40], integers: [])
    #expect(try integers("transpose", [empty]).sizes == [1 << 40, 0])
    let sliced = try integers("slice", [empty, .list(5), .list(1 << 39), .list(1)])
    #expect(sliced.sizes == [0, (1 << 39) - 5])
  }

  @Test(arguments: [
    ("tile", [Tensor.list(1), .list(1 << 40)]), ("expand", [.list(1), .list(1 << 40)]),
    ("pad", [.list(1), .list(1 << 30, 0)]),
  ])
  func `a result beyond the limit is refused before it is made`(name: String, inputs: [Tensor])
    throws
  {
    #expect(throws: OperatorError.self) { try OperatorHarness.evaluate(name, inputs) }
  }

  @Test(arguments: [
    ("transpose", [Tensor.counting(2, 2), .list(0, 0)]), ("reshape", [.list(1, 2), .list(3)]),
    ("reshape", [.list(1, 2), .list(-1, -1)]), ("squeeze", [.list(1, 2), .list(0)]),
    ("slice", [.list(1, 2), .list(0), .list(1), .list(0), .list(0)]),
    ("sliceBySize", [.list(1, 2), .list(1), .list(2)]), ("concat", [.counting(2, 2), .list(1)]),
    ("stridedSlice", [.list(1, 2), .list(0), .list(1), .list(0)]),
    ("reverseSequence", [.counting(2, 2), .list(3, 3)]), ("tile", [.list(1), .list(-1)]),
    ("expand", [.list(1, 2), .list(3)]), ("pad", [.list(1), .list(-1, -1)]),
    ("batchToSpace", [.counting(3, 1, 1), .list(2), Tensor([1, 2], integers: [0, 0])]),
  ])
  func `operands that contradict each other are refused`(name: String, inputs: [Tensor]) throws {
    #expect(throws: OperatorError.self) { try OperatorHarness.evaluate(name, inputs) }
  }
}
