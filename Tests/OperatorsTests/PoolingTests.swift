import ModelIR
import Operators
import Testing

@Suite struct PoolingTests {
  /// 0 … 15 as `[1, 1, 4, 4]`.
  private static let image = Tensor([1, 1, 4, 4], floats: (0..<16).map { Float($0) })

  private func expectClose(_ tensor: Tensor, _ expected: [Double]) throws {
    let values = try #require(tensor.doubleValues)
    try #require(values.count == expected.count)
    // One quotient or root in single precision.
    for (value, reference) in zip(values, expected) { #expect(abs(value - reference) <= 1e-5) }
  }

  // Source: `onnx.reference` of onnx 1.23.2.
  @Test(
    arguments: [
      (["pads": .ints([1, 1, 1, 1])], [2.5, 4, 8.5, 10]),
      (
        ["pads": .ints([1, 1, 1, 1]), "countIncludePad": .bool(true)],
        [1.1111112, 2.6666667, 5.6666665, 10]
      ),
      (["ceilMode": .bool(true)], [5, 6.5, 11, 12.5]),
    ] as [(Attributes, [Double])]
  )
  func `means count the padding only when asked`(
    attributes: Attributes,
    expected: [Double]
  ) throws {
    var attributes = attributes
    attributes["kernel"] = .ints([3, 3])
    attributes["strides"] = .ints([2, 2])
    try expectClose(
      try OperatorHarness.evaluate("averagePool", [Self.image], attributes)[0],
      expected
    )
  }

  // Source: `onnx.reference` of onnx 1.23.2.
  @Test func `maxima come with their places, by rows or by columns`() throws {
    var attributes: Attributes = ["kernel": .ints([2, 2]), "strides": .ints([2, 2])]
    let rows = try OperatorHarness.evaluate("maxPool", [Self.image], attributes, outputs: 2)
    #expect(rows[0].elements == .floats([5, 7, 13, 15]))
    #expect(rows[1].elements == .integers([5, 7, 13, 15]))
    attributes["storageOrder"] = .int(1)
    let columns = try OperatorHarness.evaluate("maxPool", [Self.image], attributes, outputs: 2)
    #expect(columns[1].elements == .integers([5, 13, 7, 15]))
  }

  // Source: `onnx.reference` of onnx 1.23.2; the mean of squares by hand.
  @Test func `norms of windows are roots of sums or of means`() throws {
    var attributes: Attributes = ["kernel": .ints([2, 2]), "strides": .ints([2, 2])]
    let sums = try OperatorHarness.evaluate("lpPool", [Self.image], attributes)[0]
    try expectClose(sums, [6.4807405, 9.8994951, 21.4009342, 25.3377188])
    attributes["meanOfSquares"] = .bool(true)
    let means = try OperatorHarness.evaluate("lpPool", [Self.image], attributes)[0]
    try expectClose(means, [3.2403703, 4.9497475, 10.7004671, 12.6688594])
  }

  @Test func `both layouts give the same numbers`() throws {
    let attributes: Attributes = ["kernel": .ints([2, 2]), "padding": .string("same")]
    var last = attributes
    last["dataLayout"] = .string("nhwc")
    let first = try OperatorHarness.evaluate("averagePool", [Self.image], attributes)[0]
    let other = try OperatorHarness.evaluate(
      "averagePool",
      [Self.image.reshaped(to: [1, 4, 4, 1])],
      last
    )[0]
    #expect(first.elements == other.elements)
    #expect(other.sizes == [1, 4, 4, 1])
  }

  // The integers: `BUILTIN_REF` of ai-edge-litert 2.3.0.
  @Test func `quantized means round and keep to the fused activation`() throws {
    let values: [Int64] = [-128, -100, -20, -3, 0, 5, 60, 127]
    let quantization = Quantization(granularity: .perTensor, scales: [0.05], zeroPoints: [-5])
    let result = try OperatorHarness.evaluate(
      "averagePool",
      [Tensor(type: .int8, sizes: [1, 2, 4, 1], elements: .integers(values))],
      [
        "kernel": .ints([2, 2]), "padding": .string("same"), "dataLayout": .string("nhwc"),
        "activation": .string("relu"),
      ],
      outputQuantization: [quantization],
      inputQuantization: [quantization]
    )[0]
    #expect(result.elements == .integers([-5, -5, 41, 62, 3, 33, 94, 127]))
  }

  @Test(
    arguments: [
      ("globalAveragePool", 7.5), ("globalMaxPool", 15), ("globalLpPool", 35.2136337),
    ] as [(String, Double)]
  )
  func `space shrinks to one element`(name: String, expected: Double) throws {
    let result = try OperatorHarness.evaluate(name, [Self.image])[0]
    #expect(result.sizes == [1, 1, 1, 1])
    try expectClose(result, [expected])
  }

  @Test func `elements go back to where they came from`() throws {
    let pooled = Tensor([1, 1, 1, 2], floats: [5, 7])
    let attributes: Attributes = ["kernel": .ints([2, 2]), "strides": .ints([2, 2])]
    let result = try OperatorHarness.evaluate(
      "maxUnpool",
      [pooled, Tensor([1, 1, 1, 2], integers: [5, 2])],
      attributes
    )[0]
    #expect(result == Tensor([1, 1, 2, 4], floats: [0, 0, 7, 0, 0, 5, 0, 0]))
    #expect(throws: OperatorError.self) {
      try OperatorHarness.evaluate(
        "maxUnpool",
        [pooled, Tensor([1, 1, 1, 2], integers: [5, 8])],
        attributes
      )
    }
  }

  // Source: `onnx.reference` of onnx 1.23.2.
  @Test func `regions are sampled between elements`() throws {
    let result = try OperatorHarness.evaluate(
      "roiAlign",
      [Self.image, Tensor([1, 4], floats: [0.5, 0.5, 2.5, 3.5]), .list(0)],
      ["outputHeight": .int(2), "outputWidth": .int(2), "samplingRatio": .int(2)]
    )[0]
    try expectClose(result, [3.5, 4.5, 9.5, 10.5])
  }

  // By hand: rows 0–1 and 2–3, columns 0–1 and 2–3 of the whole image.
  @Test func `regions are cut into cells`() throws {
    let result = try OperatorHarness.evaluate(
      "maxRoiPool",
      [Self.image, Tensor([1, 5], floats: [0, 0, 0, 3, 3])],
      ["pooledShape": .ints([2, 2])]
    )[0]
    #expect(result.elements == .floats([5, 7, 13, 15]))
  }

  @Test(arguments: [Float.nan, .infinity, -1e30, 1e30])
  func `regions beyond all bounds do not trap`(corner: Float) throws {
    let rois = Tensor([1, 4], floats: [corner, 0, -corner, 3])
    _ = try? OperatorHarness.evaluate("roiAlign", [Self.image, rois, .list(0)])
    let five = Tensor([1, 5], floats: [0, corner, corner, -corner, 3])
    _ = try OperatorHarness.evaluate(
      "maxRoiPool",
      [Self.image, five],
      ["pooledShape": .ints([2, 2])]
    )
  }

  @Test func `named extents pass where the window keeps them`() throws {
    let operand = OperatorContext.Operand.shaped(.symbolic("batch"), 3, .symbolic("height"), 9)
    let same = try OperatorHarness.infer(
      "maxPool",
      [operand],
      ["kernel": .ints([3, 3]), "padding": .string("same")],
      outputs: 2
    )
    #expect(same[0] == .ranked([.symbolic("batch"), 3, .symbolic("height"), 9]))
    let strided = try OperatorHarness.infer(
      "averagePool",
      [operand],
      ["kernel": .ints([3, 3]), "strides": .ints([2, 2])]
    )
    #expect(strided == [.ranked([.symbolic("batch"), 3, .unknown, 4])])
    let unknown = try OperatorHarness.infer("averagePool", [.unknown], ["kernel": .ints([3, 3])])
    #expect(unknown == [.ranked([.unknown, .unknown, .unknown, .unknown])])
  }

  @Test(
    arguments: [
      ["kernel": .ints([3])], ["kernel": .ints([9, 9])], ["kernel": .ints([0, 1])], [:],
      ["kernel": .ints([2, 2]), "strides": .ints([0, 1])],
    ] as [Attributes]
  )
  func `windows that do not fit are refused`(attributes: Attributes) {
    #expect(throws: OperatorError.self) {
      try OperatorHarness.infer("maxPool", [.shaped(1, 1, 4, 4)], attributes)
    }
  }

  // 2 · 2 comparisons for each of 4 results; the heap of top-k is a rule of thumb.
  @Test func `windows cost their elements`() throws {
    let definition = try #require(OperatorCatalog.definition(of: "maxPool"))
    let node = OperatorContext(
      attributes: ["kernel": .ints([2, 2]), "strides": .ints([2, 2])],
      sourceVersion: nil,
      operands: [.shaped(1, 1, 4, 4)],
      hasOutput: [true]
    )
    let outputs = [TensorType(.float32, .fixed([1, 1, 2, 2]))]
    let cost = definition.cost?(CostContext(node: node, outputs: outputs))
    #expect(cost == OperatorCost(otherOperations: 16))
  }
}
