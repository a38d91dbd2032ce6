import ModelIR
import Operators
import Testing

/// Control flow over graphs that the tests stand in for; expected values by hand.
@Suite struct ControlTests {
  private func run(
    _ name: String,
    _ inputs: [Tensor?],
    _ attributes: Attributes,
    outputs: Int,
    _ graph: @escaping (GraphID, [Tensor?]) throws(OperatorError) -> [Tensor]
  ) throws -> [Tensor] {
    let definition = try #require(OperatorCatalog.definition(of: name))
    let evaluate = try #require(definition.evaluate)
    return try evaluate(
      EvaluationContext(
        attributes: attributes,
        inputs: inputs,
        hasOutput: Array(repeating: true, count: outputs),
        runGraph: graph
      )
    )
  }

  private func scalar(_ value: Int) -> Tensor { Tensor([], integers: [value]) }

  @Test func `a loop carries values and stacks slices`() throws {
    let results = try run(
      "loop",
      [scalar(3), nil, scalar(10)],
      ["bodyGraph": .graph(GraphID(1))],
      outputs: 2
    ) { (_, operands) throws(OperatorError) in
      let iteration = operands[0]?.integerValues?.first ?? 0
      let sum = (operands[2]?.integerValues?.first ?? 0) + iteration
      return [Tensor([], integers: [0]), Tensor([], integers: [sum]), Tensor([], integers: [sum])]
    }
    #expect(results[0].integerValues == [13])
    #expect(results[1].sizes == [3])
    #expect(results[1].integerValues == [10, 11, 13])
  }

  @Test func `a loop without end is refused`() throws {
    #expect(throws: OperatorError.self) {
      try run(
        "while",
        [scalar(0)],
        ["conditionGraph": .graph(GraphID(1)), "bodyGraph": .graph(GraphID(2))],
        outputs: 1
      ) { (_, _) throws(OperatorError) in [Tensor([], integers: [1])] }
    }
  }

  @Test func `a scan walks backwards along another axis`() throws {
    let results = try run(
      "scan",
      [scalar(0), .counting(2, 3)],
      [
        "bodyGraph": .graph(GraphID(1)), "numScanInputs": .int(1), "scanInputAxes": .ints([1]),
        "scanInputDirections": .ints([1]), "scanOutputAxes": .ints([1]),
      ],
      outputs: 2
    ) { (_, operands) throws(OperatorError) in
      let slice = operands[1]?.integerValues ?? []
      let state = (operands[0]?.integerValues?.first ?? 0) + slice.reduce(0, +)
      return [Tensor([], integers: [state]), Tensor([2], integers: slice)]
    }
    #expect(results[0].integerValues == [15])
    #expect(results[1].sizes == [2, 3])
    #expect(results[1].integerValues == [2, 1, 0, 5, 4, 3])
  }

  @Test func `what two graphs agree on is known of their choice`() throws {
    let definition = try #require(OperatorCatalog.definition(of: "if"))
    let infer = try #require(definition.inferTypes)
    let types = try infer(
      OperatorContext(
        attributes: ["thenGraph": .graph(GraphID(1)), "elseGraph": .graph(GraphID(2))],
        sourceVersion: nil,
        operands: [.init(type: .init(.bool, .scalar))],
        hasOutput: [true],
        inferGraph: { graph, _ in
          [TensorType(.float32, .fixed([2, graph == GraphID(1) ? 3 : 4]))]
        }
      )
    )
    #expect(types == [TensorType(.float32, .ranked([2, .unknown]))])
  }

  @Test func `sequences grow, shrink and join`() throws {
    let pair = try OperatorHarness.evaluate("sequenceConstruct", [.list(1), .list(2, 3)])
    let more = try OperatorHarness.evaluate(
      "sequenceInsert",
      [pair[0], .list(9), Tensor([], integers: [-2])]
    )
    let joined = try OperatorHarness.evaluate("concatFromSequence", more, ["axis": .int(0)])
    #expect(joined[0].integerValues == [9, 1, 2, 3])
    let less = try OperatorHarness.evaluate("sequenceErase", more)
    #expect(try OperatorHarness.evaluate("sequenceLength", less)[0].integerValues == [2])
    #expect(throws: OperatorError.self) {
      try OperatorHarness.evaluate("sequenceAt", [more[0], Tensor([], integers: [3])])
    }
    let nothing = try OperatorHarness.evaluate("optional", [])
    #expect(
      try OperatorHarness.evaluate("optionalHasElement", nothing)[0].elements == .booleans([false])
    )
  }
}
