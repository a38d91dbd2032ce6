import ModelIR
import Operators
import Testing

@Suite struct ReductionTests {
  private static let operand = Tensor([2, 3], floats: [1, -2, 3, 4, 0.5, -6])

  private func close(_ tensor: Tensor, _ expected: [Double]) -> Bool {
    guard let values = tensor.doubleValues, values.count == expected.count else { return false }
    // Single precision: a few roundings of numbers below 100.
    return zip(values, expected).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($1)) }
  }

  // Source: `onnx.reference` of onnx 1.23.2.
  @Test(
    arguments: [
      ("reduceSum", [2, -1.5]), ("reduceMean", [0.6666667, -0.5]), ("reduceProd", [-6, -12]),
      ("reduceMax", [3, 4]), ("reduceMin", [-2, -6]), ("reduceL1", [6, 10.5]),
      ("reduceL2", [3.7416575, 7.228416]), ("reduceLogSumExp", [3.1328452, 4.0297947]),
      ("reduceSumSquare", [14, 52.25]),
    ] as [(String, [Double])]
  )
  func `folds give the standard's numbers`(name: String, expected: [Double]) throws {
    let result = try OperatorHarness.evaluate(
      name,
      [Self.operand, .list(-1)],
      ["keepDimensions": .bool(false)]
    )[0]
    #expect(result.sizes == [2])
    #expect(close(result, expected))
  }

  // Source: ONNX, "the reduction of an empty set".
  @Test(
    arguments: [
      ("reduceSum", 0), ("reduceProd", 1), ("reduceMax", -Double.infinity),
      ("reduceMin", .infinity), ("reduceLogSumExp", -.infinity), ("reduceL1", 0),
    ] as [(String, Double)]
  )
  func `nothing folded gives the neutral element`(name: String, expected: Double) throws {
    let empty = Tensor([2, 0], floats: [])
    let result = try OperatorHarness.evaluate(name, [empty, .list(1)])[0]
    #expect(result.sizes == [2, 1])
    #expect(result.doubleValues == [expected, expected])
  }

  @Test func `no axes mean all, or none where the attribute says so`() throws {
    let all = try OperatorHarness.evaluate("reduceSum", [Self.operand])[0]
    #expect(all == Tensor([1, 1], floats: [0.5]))
    let none = try OperatorHarness.evaluate(
      "reduceSum",
      [Self.operand],
      ["noopWithEmptyAxes": .bool(true)]
    )[0]
    #expect(none == Self.operand)
  }

  @Test func `means of integers are cut`() throws {
    let whole = Tensor(type: .int32, sizes: [2], elements: .integers([-3, -4]))
    let result = try OperatorHarness.evaluate("reduceMean", [whole])[0]
    #expect(result.elements == .integers([-3]))
  }

  // The integers: `BUILTIN_REF` of ai-edge-litert 2.3.0 on models of one operator.
  @Test(arguments: [("reduceMean", [-69, 70]), ("reduceProd", [-52, 76])] as [(String, [Int64])])
  func `quantized folds give the runtime's integers`(name: String, expected: [Int64]) throws {
    let values: [Int64] = [-128, -100, -20, -3, 0, 5, 60, 127]
    let result = try OperatorHarness.evaluate(
      name,
      [Tensor(type: .int8, sizes: [2, 4], elements: .integers(values)), .list(1)],
      ["keepDimensions": .bool(false)],
      outputQuantization: [
        Quantization(granularity: .perTensor, scales: [0.04], zeroPoints: [3])
      ],
      inputQuantization: [
        Quantization(granularity: .perTensor, scales: [0.05], zeroPoints: [-5])
      ]
    )[0]
    #expect(result.elements == .integers(expected))
  }

  @Test func `the shape keeps what cannot be folded`() throws {
    let operand = OperatorContext.Operand.shaped(.symbolic("batch"), 8, 1)
    #expect(
      try OperatorHarness.infer("reduceMean", [operand, .list(1)])
        == [.ranked([.symbolic("batch"), 1, 1])]
    )
    #expect(
      try OperatorHarness.infer("reduceMean", [operand, .hidden(1)])
        == [.ranked([.unknown, .unknown, 1])]
    )
    #expect(
      try OperatorHarness.infer(
        "reduceMean",
        [operand, .hidden(1)],
        ["keepDimensions": .bool(false)]
      ) == [.ranked([.unknown, .unknown])]
    )
    #expect(
      try OperatorHarness.infer("reduceMean", [.unknown], ["keepDimensions": .bool(false)])
        == [.scalar]
    )
  }

  @Test func `the product of extents keeps a name where the others are one`() throws {
    let named = OperatorContext.Operand.extents(1, .symbolic("batch"), 1)
    #expect(try OperatorHarness.dimensions("reduceProd", [named]) == [.symbolic("batch")])
    let mixed = OperatorContext.Operand.extents(2, .symbolic("batch"))
    #expect(try OperatorHarness.dimensions("reduceProd", [mixed]) == [.unknown])
  }

  // Source: NumPy's argmax, which takes the first of equal elements and any NaN.
  @Test func `positions are those of the first or the last best element`() throws {
    let row = Tensor([4], floats: [1, 7, 7, 0])
    #expect(try OperatorHarness.evaluate("argMax", [row])[0].elements == .integers([1]))
    let last = try OperatorHarness.evaluate("argMax", [row], ["selectLastIndex": .bool(true)])[0]
    #expect(last.elements == .integers([2]))
    let withNaN = Tensor([3], floats: [1, .nan, 7])
    #expect(try OperatorHarness.evaluate("argMin", [withNaN])[0].elements == .integers([1]))
  }

  @Test func `running sums begin at either end, with or without the element`() throws {
    let row = Tensor([3], floats: [1, 2, 3])
    func run(_ attributes: Attributes) throws -> Tensor.Elements {
      try OperatorHarness.evaluate("cumulativeSum", [row, .list(0)], attributes)[0].elements
    }
    #expect(try run([:]) == .floats([1, 3, 6]))
    #expect(try run(["exclusive": .bool(true)]) == .floats([0, 1, 3]))
    #expect(try run(["reverse": .bool(true)]) == .floats([6, 5, 3]))
  }

  @Test func `the greatest elements come with their positions`() throws {
    let rows = Tensor([2, 4], floats: [1, 4, 4, 2, .nan, 0, 9, -1])
    let result = try OperatorHarness.evaluate("topK", [rows, .list(2)], outputs: 2)
    #expect(result[1] == Tensor([2, 2], integers: [1, 2, 0, 2]))
    let least = try OperatorHarness.evaluate(
      "topK",
      [rows, .list(1)],
      ["largest": .bool(false)],
      outputs: 2
    )
    #expect(least[0] == Tensor([2, 1], floats: [1, -1]))
    #expect(throws: OperatorError.self) {
      try OperatorHarness.evaluate("topK", [rows, .list(5)], outputs: 2)
    }
  }

  @Test func `a k that is an extent names the extent of the result`() throws {
    let shapes = try OperatorHarness.infer(
      "topK",
      [.shaped(.symbolic("batch"), .unknown), .extents(.symbolic("k"))],
      outputs: 2
    )
    #expect(shapes.first == .ranked([.symbolic("batch"), .symbolic("k")]))
  }
}
