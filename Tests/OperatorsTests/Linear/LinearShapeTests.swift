import ModelIR
import Operators
import Testing

/// Types and cost of a node whose operands' shapes are given.
private func node(
  _ name: String,
  _ attributes: Attributes,
  _ shapes: [Shape?]
) throws -> (type: TensorType, cost: OperatorCost) {
  let definition = try #require(OperatorCatalog.definition(of: name))
  let context = OperatorContext(
    attributes: attributes,
    sourceVersion: nil,
    operands: shapes.map { $0.map { OperatorContext.Operand(type: TensorType(.float32, $0)) } },
    hasOutput: [true]
  )
  let types = try #require(try definition.inferTypes?(context))
  let cost = try #require(definition.cost?(CostContext(node: context, outputs: types)))
  return (try #require(types.first), cost)
}

// All numbers by hand from the formulas: N·Ho·Wo·Co·Kh·Kw·Ci/g and so on.
@Suite struct LinearShapeTests {
  @Test func `a convolution counts its whole window`() throws {
    let (type, cost) = try node(
      "convolution",
      ["strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1])],
      [.fixed([2, 3, 32, 32]), .fixed([16, 3, 3, 3]), .fixed([16])]
    )
    #expect(type.shape == .fixed([2, 16, 16, 16]))
    #expect(cost.multiplyAdds == 2 * 16 * 16 * 16 * 27)
    #expect(cost.otherOperations == 2 * 16 * 16 * 16)
  }

  @Test func `a depthwise convolution multiplies each channel by itself`() throws {
    let (type, cost) = try node(
      "depthwiseConvolution",
      ["padding": .string("same"), "dataLayout": .string("nhwc"), "activation": .string("relu")],
      [.fixed([1, 10, 10, 8]), .fixed([1, 3, 3, 16])]
    )
    #expect(type.shape == .fixed([1, 10, 10, 16]))
    #expect(cost.multiplyAdds == 10 * 10 * 16 * 9)
    #expect(cost.otherOperations == 10 * 10 * 16)
  }

  @Test func `a transposed convolution counts the input's extents`() throws {
    let (type, cost) = try node(
      "transposedConvolution",
      ["strides": .ints([2, 2])],
      [.fixed([1, 4, 5, 6]), .fixed([4, 3, 2, 2])]
    )
    #expect(type.shape == .fixed([1, 3, 10, 12]))
    #expect(cost.multiplyAdds == 5 * 6 * 4 * 3 * 4)
  }

  @Test func `unknown extents leave what is known`() throws {
    let batch = Dimension.symbolic("batch")
    let (type, cost) = try node(
      "convolution",
      ["padding": .string("same")],
      [.ranked([batch, 3, .unknown, 8]), .fixed([4, 3, 3, 3])]
    )
    #expect(type.shape == .ranked([batch, 4, .unknown, 8]))
    #expect(cost.status == .uncounted)
    let unknown = try node("convolution", [:], [.unknownRank, .fixed([4, 3, 3, 3])])
    #expect(unknown.type.shape == .ranked([.unknown, 4, .unknown, .unknown]))
  }

  @Test func `channels that do not fit the filter are refused`() {
    #expect(throws: OperatorError.self) {
      try node("convolution", [:], [.fixed([1, 5, 8, 8]), .fixed([4, 3, 3, 3])])
    }
  }

  @Test func `stacks of matrices broadcast`() throws {
    let batch = Dimension.symbolic("n")
    let (type, _) = try node("matMul", [:], [.ranked([batch, 1, 4, 5]), .fixed([7, 5, 6])])
    #expect(type.shape == .ranked([batch, 7, 4, 6]))
    let (fixed, cost) = try node("matMul", [:], [.fixed([2, 1, 4, 5]), .fixed([7, 5, 6])])
    #expect(fixed.shape == .fixed([2, 7, 4, 6]))
    #expect(cost.multiplyAdds == 14 * 4 * 6 * 5)
    #expect(throws: OperatorError.self) {
      try node("matMul", [:], [.fixed([4, 5]), .fixed([6, 4])])
    }
  }

  @Test func `a fully connected layer reads rows`() throws {
    let (type, cost) = try node(
      "fullyConnected",
      [:],
      [.fixed([2, 3, 8]), .fixed([5, 8]), .fixed([5])]
    )
    #expect(type.shape == .fixed([6, 5]))
    #expect(cost.multiplyAdds == 6 * 5 * 8)
    let kept = try node(
      "fullyConnected",
      ["keepDimensions": .bool(true)],
      [.ranked([.symbolic("b"), 3, 8]), .fixed([5, 8])]
    )
    #expect(kept.type.shape == .ranked([.symbolic("b"), 3, 5]))
  }

  @Test(arguments: [
    ("bij,bjk->bik", [[2, 3, 4], [2, 4, 5]], [2, 3, 5], 2 * 3 * 4 * 5),
    ("ii->i", [[3, 3]], [3], 0), ("i,i", [[4], [4]], [], 4),
    ("...ij,jk", [[6, 2, 3], [3, 4]], [6, 2, 4], 6 * 2 * 3 * 4),
  ])
  func `an equation gives shape and products`(
    equation: String,
    operands: [[Int]],
    result: [Int],
    products: Int
  ) throws {
    let (type, cost) = try node(
      "einsum",
      ["equation": .string(equation)],
      operands.map { Shape.fixed($0) }
    )
    #expect(type.shape == .fixed(result))
    #expect(cost.multiplyAdds == products)
  }

  @Test(arguments: ["ij,", "i..j", "ij->ik", "i j1", "ij->ii"])
  func `a senseless equation is refused`(equation: String) {
    #expect(throws: OperatorError.self) {
      try node("einsum", ["equation": .string(equation)], [.fixed([2, 2])])
    }
  }

  @Test func `attention counts both products`() throws {
    let (type, cost) = try node(
      "attention",
      [:],
      [.fixed([2, 8, 5, 16]), .fixed([2, 4, 7, 16]), .fixed([2, 4, 7, 10])]
    )
    #expect(type.shape == .fixed([2, 8, 5, 10]))
    #expect(cost.multiplyAdds == 2 * 8 * 5 * 7 * (16 + 10))
  }

  @Test func `an LSTM counts all gates at every step`() throws {
    let (type, cost) = try node(
      "lstm",
      ["direction": .string("bidirectional"), "hiddenSize": .int(6)],
      [.fixed([10, 3, 4]), .fixed([2, 24, 4]), .fixed([2, 24, 6])]
    )
    #expect(type.shape == .fixed([10, 2, 3, 6]))
    #expect(cost.multiplyAdds == 10 * 3 * 2 * 24 * (4 + 6))
  }
}
