import ModelIR
import Operators
import Testing

/// Expected values: TensorFlow 2 on the same operands, unless a test says otherwise.
@Suite struct IndexingTests {
  private func integers(_ name: String, _ inputs: [Tensor?], _ attributes: Attributes = [:]) throws
    -> (sizes: [Int], values: [Int])
  {
    let result = try #require(try OperatorHarness.evaluate(name, inputs, attributes).first)
    return (result.sizes, try #require(result.integerValues))
  }

  @Test func `gathering takes positions of its own for each batch`() throws {
    let result = try integers(
      "gather",
      [.counting(2, 3, 2), Tensor([2, 2], integers: [2, 0, 1, 1])],
      ["axis": .int(1), "batchDims": .int(1)]
    )
    #expect(result.sizes == [2, 2, 2])
    #expect(result.values == [4, 5, 0, 1, 8, 9, 8, 9])
  }

  @Test func `coordinates name slices`() throws {
    let plain = try integers(
      "gatherND",
      [.counting(2, 3, 2), Tensor([2, 1, 2], integers: [1, 2, 0, 0])]
    )
    #expect(plain.values == [10, 11, 0, 1])
    let batched = try integers(
      "gatherND",
      [.counting(2, 3, 2), Tensor([2, 1, 1], integers: [1, 0])],
      ["batchDims": .int(1)]
    )
    #expect(batched.values == [2, 3, 6, 7])
  }

  @Test func `what is scattered twice into zeros adds up`() throws {
    let result = try integers(
      "scatterIntoZeros",
      [
        Tensor([3, 1], integers: [1, 3, 1]), Tensor([3, 2], integers: [1, 2, 3, 4, 10, 20]),
        .list(4, 2),
      ]
    )
    #expect(result.values == [0, 0, 11, 22, 0, 0, 3, 4])
  }

  @Test func `a negative index has no hot position in TFLite`() throws {
    let result = try integers(
      "oneHot",
      [
        Tensor([2, 2], integers: [0, 2, -1, 1]), Tensor([], integers: [3]),
        Tensor([], integers: [5]), Tensor([], integers: [1]),
      ],
      ["axis": .int(1)]
    )
    #expect(result.sizes == [2, 3, 2])
    #expect(result.values == [5, 1, 1, 1, 1, 5, 1, 1, 1, 5, 1, 1])
  }

  @Test func `unique elements come in the order of appearance in TFLite`() throws {
    let results = try OperatorHarness.evaluate(
      "unique",
      [.list(5, 3, 5, 9, 3)],
      ["operandOrder": .string("tflite")],
      outputs: 2
    )
    #expect(results.map(\.integerValues) == [[5, 3, 9], [0, 1, 0, 2, 1]])
  }

  @Test func `a value on a boundary belongs to the bucket above`() throws {
    let result = try integers(
      "bucketize",
      [Tensor([5], floats: [-5, 0, 3.5, 10, 100])],
      ["boundaries": .floats([0, 10, 100])]
    )
    #expect(result.values == [0, 1, 1, 2, 3])
  }

  @Test(arguments: [
    ("unsortedSegmentSum", [3, 4, 0, 0, 6, 8]), ("unsortedSegmentProd", [3, 4, 1, 1, 5, 12]),
    ("unsortedSegmentMax", [3, 4, Int(Int32.min), Int(Int32.min), 5, 6]),
    ("unsortedSegmentMin", [3, 4, Int(Int32.max), Int(Int32.max), 1, 2]),
  ])
  func `segments are reduced, negative ones left out`(name: String, expected: [Int]) throws {
    let data = Tensor(type: .int32, sizes: [4, 2], elements: .integers(Array(1...8)))
    let result = try integers(name, [data, .list(2, 0, 2, -1), Tensor([], integers: [3])])
    #expect(result.sizes == [3, 2])
    #expect(result.values == expected)
  }

  @Test func `sorted segments are summed`() throws {
    let result = try integers("segmentSum", [.counting(4, 2), .list(0, 0, 1, 1)])
    #expect(result.values == [2, 4, 10, 12])
    #expect(throws: OperatorError.self) {
      try integers("segmentSum", [.counting(4, 2), .list(0, 2, 2, 2)])
    }
  }

  @Test func `a sparse tensor becomes dense`() throws {
    let result = try integers(
      "sparseToDense",
      [
        Tensor([2, 2], integers: [0, 1, 1, 2]), .list(2, 3), .list(7, 8),
        Tensor([], integers: [-1]),
      ]
    )
    #expect(result.values == [-1, 7, -1, -1, -1, 8])
  }

  // tf.nn.embedding_lookup_sparse; 1e-6 relative: sums of two products in Float.
  @Test(arguments: [
    ("sum", [Float(7), 7.03, 0, 0.04]), ("mean", [2.3333333, 2.3433332, 0, 0.01]),
    ("sqrtn", [3.130495, 3.1439114, 0, 0.01]),
  ])
  func `rows of a table are combined`(combiner: String, expected: [Float]) throws {
    let results = try OperatorHarness.evaluate(
      "embeddingLookupSparse",
      [
        .list(1, 3, 0), Tensor([3, 2], integers: [0, 0, 0, 2, 1, 0]), .list(2, 3),
        Tensor([3], floats: [1, 2, 4]),
        Tensor([4, 2], floats: [0, 0.01, 1, 1.01, 2, 2.01, 3, 3.01]),
      ],
      ["combiner": .string(combiner)]
    )
    let values = try #require(results.first?.doubleValues)
    for (value, wanted) in zip(values, expected) {
      #expect(abs(value - Double(wanted)) <= 1e-6 * 8)
    }
  }

  // By hand: row 2 has the scale 0.25 of its own.
  @Test func `a quantized table is dequantized by the scale of each row`() throws {
    let definition = try #require(OperatorCatalog.definition(of: "embeddingLookup"))
    let evaluate = try #require(definition.evaluate)
    let scales = Quantization(granularity: .perAxis(0), scales: [1, 0.5, 0.25], zeroPoints: [])
    let table = Tensor(type: .int8, sizes: [3, 2], elements: .integers([1, 2, 3, 4, 5, 6]))
    let results = try evaluate(
      EvaluationContext(
        attributes: [:],
        inputs: [.list(2, 1), table],
        inputQuantization: [nil, scales],
        outputs: [TensorType(.float32, .unknownRank)]
      )
    )
    #expect(results.first?.elements == .floats([1.25, 1.5, 1.5, 2]))
  }

  @Test(arguments: [
    ("gather", [Tensor.list(1, 2), .list(2)]), ("gather", [.list(1, 2), .list(-3)]),
    ("gatherND", [.counting(2, 2), Tensor([1, 2], integers: [0, 2])]),
    ("gatherElements", [.counting(2, 2), Tensor([1, 1], integers: [5])]),
    ("scatterND", [.list(1), Tensor([1, 1], integers: [1]), .list(1)]),
    ("scatterElements", [.list(1), .list(7), .list(1)]),
    ("embeddingLookup", [.list(-1), .counting(2, 2)]),
  ])
  func `an index outside is refused`(name: String, inputs: [Tensor]) {
    #expect(throws: OperatorError.self) { try OperatorHarness.evaluate(name, inputs) }
  }

  @Test func `shapes of gathers follow from what is known`() throws {
    let rows = try OperatorHarness.infer(
      "gather",
      [.shaped(30522, 768), .shaped(.symbolic("batch"), .symbolic("seq"))]
    )
    #expect(rows == [.ranked([.symbolic("batch"), .symbolic("seq"), 768])])
    let single = try OperatorHarness.dimensions(
      "gather",
      [.extents(.symbolic("batch"), 3), .scalar(0)]
    )
    #expect(single == [.symbolic("batch")])
    let coordinates = try OperatorHarness.infer(
      "gatherND",
      [.shaped(2, 3, 4), .shaped(.symbolic("n"), 2)]
    )
    #expect(coordinates == [.ranked([.symbolic("n"), 4])])
  }
}
