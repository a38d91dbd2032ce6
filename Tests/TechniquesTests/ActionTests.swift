import Calibration
import ModelIR
import Operators
import Testing

@testable import Techniques

@Suite struct ActionTests {
  @Test(arguments: TechniqueCatalog.all.flatMap(\.examples))
  func `names are written as they are read`(name: String) throws {
    let action = try Action(name)
    #expect(action.name == name)
    // One family alone reads a name.
    #expect(TechniqueCatalog.all.count { $0.parse(name) != nil } == 1)
    guard action.kind == .weights else { return }
    #expect(try Action(name + "+bias+refit").name == name + "+refit+bias")
  }

  @Test func `families have names of their own and examples of their kind`() throws {
    #expect(Set(TechniqueCatalog.all.map(\.name)).count == TechniqueCatalog.all.count)
    for technique in TechniqueCatalog.all {
      for example in technique.examples { #expect(try Action(example).kind == technique.kind) }
    }
  }

  @Test(arguments: [
    "", "int8", "int5-channel", "int8-channel-", "int08-channel", "prune", "prune-0", "prune-100",
    "prune-4:4", "prune-2:4:8", "channels-25-l2", "kmeans-17", "int8-activations-min-max",
    "int8-activations+bias", "int8-channel+magic", "int4-group48", "prune--5", "+", "INT8-channel",
    "prune-99999999999999999999",
  ])
  func `names that mean nothing are refused`(name: String) {
    do throws(TechniqueError) {
      _ = try Action(name)
      Issue.record("\(name) was read")
    } catch {
      #expect(error.code == .usage)
    }
  }

  // MARK: - Numbers by hand

  /// A dense layer of 2 outputs and 4 inputs.
  private func matrix(_ values: [Float], moments: InputMoments? = nil) throws -> WeightMatrix {
    var graph = Graph(name: "g")
    let x = graph.append(Value(name: "x", type: .float32, shape: .fixed([1, 4])))
    let w = graph.append(
      Value(
        name: "w",
        type: .float32,
        shape: .fixed([2, 4]),
        content: .constant(.owned(ByteSourceMaker.bytes(values), fileBytes: 32))
      )
    )
    let y = graph.append(Value(name: "y", type: .float32, shape: .fixed([1, 2])))
    graph.append(
      Node(
        name: "fc",
        op: .known("fullyConnected"),
        inputs: [x, w],
        outputs: [y],
        origin: Origin(sourceType: "FULLY_CONNECTED", path: "")
      )
    )
    let layer = try #require(WeightLayer(NodeID(0), in: graph))
    return WeightMatrix(layer: layer, values: values, moments: moments)
  }

  private func coded(_ name: String, _ weights: WeightMatrix) throws -> CodedWeights {
    guard case .weights(let coding) = try Action(name).effect else {
      throw TechniqueError(.usage, name)
    }
    return try coding.encode(weights)
  }

  private let values: [Float] = [1, -0.5, 0.25, 0.1, -2, 0.8, 0, 1]

  /// Row 1: s = 1/7; 1 → 7, −0.45 → −3.15 → −3, 0.25 → 1.75 → 2, 0.1 → 0.7 → 1.
  ///
  /// Row 2: s = 2/7; −2 → −7, 0.8 → 2.8 → 3, 0, 0.9 → 3.15 → 3. 4 bytes of codes, 12 a scale.
  @Test func `integers by channel`() throws {
    let result = try coded(
      "int4-channel",
      try matrix([1, -0.45, 0.25, 0.1, -2, 0.8, 0, 0.9])
    )
    #expect(result.codes == [7, -3, 2, 1, -7, 3, 0, 3])
    #expect(result.scales == [1 / 7, 2 / 7])
    #expect(result.bytes == 4 + 2 * 12)
  }

  /// One scale 2/127 for all: 1 → 63.5 → 64; −0.5 → −31.75 → −32.
  @Test func `integers by tensor`() throws {
    let result = try coded("int8-tensor", try matrix(values))
    #expect(result.codes == [64, -32, 16, 6, -127, 51, 0, 64])
    #expect(result.bytes == 8 + 12)
  }

  /// Row 1: from −0.5 to 1: s = 0.1, z = −8 + 5 = −3; 1 → 10 − 3 = 7, −0.5 → −8, 0.28 → 3 − 3, 0.1 → −2.
  @Test func `asymmetric integers`() throws {
    let result = try coded(
      "int4-channel-asym",
      try matrix([1, -0.5, 0.28, 0.1, -2, 0.8, 0, 1])
    )
    #expect(Array(result.codes?.prefix(4) ?? []) == [7, -8, 0, -2])
    #expect(result.zeroPoints.first == -3)
  }

  /// A channel that is all 0 divides by nothing; one threshold for all layers needs a whole model.
  @Test(
    arguments: TechniqueCatalog.all.filter { $0.kind == .weights }.flatMap(\.examples)
      .filter { !$0.hasPrefix("prune-global-") }
  )
  func `weights that are all zero stay finite`(name: String) throws {
    let moments = InputMoments(
      rowCount: 1,
      sums: [0, 0, 0, 0],
      squares: [0, 0, 0, 0],
      gram: Array(repeating: 0, count: 16)
    )
    let result = try coded(name, try matrix(Array(repeating: 0, count: 8), moments: moments))
    #expect(result.values == Array(repeating: 0, count: 8))
    #expect(result.bytes > 0)
  }

  /// mean|w| = 0.4625, Δ = 0.32375: 1 and −0.5 stay, s = 0.75.
  ///
  /// Row 2: mean 0.95, Δ = 0.665; s = 3.8/3.
  @Test func `ternary and binary`() throws {
    let ternary = try coded("ternary", try matrix(values))
    #expect(ternary.codes == [1, -1, 0, 0, -1, 1, 0, 1])
    #expect(ternary.scales[0] == 0.75 && abs(ternary.scales[1] - 3.8 / 3) < 1e-6)
    #expect(ternary.bytes == 2 + 8)
    let binary = try coded("binary", try matrix(values))
    #expect(binary.codes == [1, -1, 1, 1, -1, 1, 1, 1])
    #expect(abs(binary.scales[0] - 0.4625) < 1e-6 && abs(binary.scales[1] - 0.95) < 1e-6)
    #expect(binary.bytes == 1 + 8)
  }

  @Test func `magnitudes, patterns and norms say what is pruned`() throws {
    let half = try coded("prune-50", try matrix(values))
    #expect(half.values == [1, 0, 0, 0, -2, 0.8, 0, 1])
    #expect(half.bytes == 32 && half.sparseBytes == 4 * 4 + 1)
    let pattern = try coded("prune-2:4", try matrix(values))
    #expect(pattern.values == [1, -0.5, 0, 0, -2, 0, 0, 1])
    #expect(pattern.sparseBytes == 4 * 4 + 1)
    // The first input is never there, the fourth is large.
    let moments = InputMoments(
      rowCount: 1,
      sums: [0, 1, 1, 10],
      squares: [0, 1, 1, 100],
      gram: nil
    )
    let weighted = try coded("prune-50-activation", try matrix(values, moments: moments))
    #expect(weighted.values == [0, -0.5, 0, 0.1, 0, 0.8, 0, 1])
    #expect(throws: TechniqueError.self) { try coded("prune-50-activation", try matrix(values)) }
  }

  /// Python's `round(0.8 * 8)` is 6, `round(0.3 * 5)` is 2 and `round(0.5 * 5)` 2: halves go to even.
  @Test(arguments: [(8, 80, 6), (5, 30, 2), (5, 50, 2), (7, 50, 4), (864, 80, 691), (1, 50, 0)])
  func `the pruned count is rounded, halves to even`(count: Int, percent: Int, expected: Int) {
    #expect(MagnitudePruning.prunedCount(count, percent) == expected)
  }

  @Test func `k-means stores no more than its centroids`() throws {
    let many = (0..<8).map { Float($0 * $0) / 7 }
    let result = try coded("kmeans-16", try matrix(many))
    // Fewer weights than centroids: all are exact.
    #expect(zip(result.values, many).allSatisfy { abs($0 - $1) < 0.25 })
    #expect(result.bytes == 4 + 64)
  }

  /// With equal inputs x₁ = x₂ what the first weight did, the second can do: the output stays.
  @Test func `the refit of pruned weights solves the normal equations`() throws {
    let gram: [Double] = [100, 100, 0, 0, 100, 100.0001, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    let moments = InputMoments(
      rowCount: 100,
      sums: [0, 0, 0, 0],
      squares: [100, 100, 1, 1],
      gram: gram
    )
    let weights = try matrix([0.1, 1, 3, 3, 1, 0.1, 3, 3], moments: moments)
    let pruned = PrunedWeights.coded(
      weights.values,
      keep: [false, true, true, true, true, false, true, true]
    )
    let refitted = try LeastSquaresRefit.refit(pruned, of: weights, named: "test")
    // 1 + 0.1 · 100 / (100 + 1 % of 50.5)
    #expect(abs(refitted.values[1] - 1.0995) < 0.001 && refitted.values[0] == 0)
    #expect(abs(refitted.values[4] - 1.0995) < 0.001 && refitted.values[5] == 0)
  }

  @Test func `the refit of codes leaves them on their grid and the outputs closer`() throws {
    var generator = SeededGenerator(seed: 3)
    func random() -> Float { Float(generator.next() % 2001) / 1000 - 1 }
    let inputs = (0..<50).map { _ -> [Float] in
      let common = random()
      return (0..<4).map { _ in common + 0.2 * random() }
    }
    var gram = [Double](repeating: 0, count: 16)
    for row in inputs {
      for i in 0..<4 { for j in 0..<4 { gram[i * 4 + j] += Double(row[i] * row[j]) } }
    }
    let moments = InputMoments(
      rowCount: 50,
      sums: [0, 0, 0, 0],
      squares: (0..<4).map { gram[$0 * 5] },
      gram: gram
    )
    let weights = try matrix((0..<8).map { _ in random() }, moments: moments)
    let plain = try coded("int3-channel", weights)
    let refitted = try LeastSquaresRefit.refit(plain, of: weights, named: "test")
    func error(_ result: CodedWeights) -> Double {
      // The plain sum over inputs, not the Gram matrix.
      var sum = 0.0
      for row in inputs {
        for output in 0..<2 {
          var difference: Float = 0
          for i in 0..<4 {
            let place = output * 4 + i
            difference += row[i] * (result.values[place] - weights.values[place])
          }
          sum += Double(difference * difference)
        }
      }
      return sum
    }
    #expect(error(refitted) <= error(plain))
    for (index, value) in refitted.values.enumerated() {
      let steps = value / plain.scales[index / 4]
      #expect(abs(steps - steps.rounded()) < 1e-4 && steps.magnitude <= 3.001)
    }
  }

  @Test func `evened inputs are the same as rows and as their Gram matrix`() throws {
    let rows: [[Float]] = [[1, 2, -3, 4], [0.5, -1, 2, 8], [3, 0, 1, -2]]
    var gram = [Double](repeating: 0, count: 16)
    for row in rows {
      for i in 0..<4 { for j in 0..<4 { gram[i * 4 + j] += Double(row[i] * row[j]) } }
    }
    let squares = (0..<4).map { gram[$0 * 5] }
    let sums = (0..<4).map { tap in rows.reduce(0) { $0 + Double($1[tap]) } }
    let whole = InputMoments(rowCount: 3, sums: sums, squares: squares, gram: gram)
    let few = InputMoments(
      rowCount: 3,
      sums: sums,
      squares: squares,
      gram: nil,
      inputs: rows.flatMap { $0 }
    )
    let values: [Float] = [1, -1, 0.5, 2, 0, 3, 1, -0.25]
    let layer = try matrix(values).layer
    let factors: [Float] = [2, 0.5, 4, 1]
    let expected = try #require(
      whole.dividing(byInput: factors, of: layer).outputError(of: values, layer: layer)
    )
    let found = try #require(
      few.dividing(byInput: factors, of: layer).outputError(of: values, layer: layer)
    )
    // By hand, from the rows themselves.
    let sum = rows.reduce(0.0) { sum, row in
      (0..<2).reduce(sum) { sum, output in
        let product = (0..<4).reduce(Float(0)) {
          $0 + values[output * 4 + $1] * row[$1] / factors[$1]
        }
        return sum + Double(product * product)
      }
    }
    #expect(abs(expected - sum) < 1e-4 * sum)
    #expect(abs(found - sum) < 1e-4 * sum)
  }

  /// Fewer rows than inputs: the rows stand in for the Gram matrix.
  @Test func `a refit from the rows leaves no weight that another code serves better`() throws {
    var generator = SeededGenerator(seed: 11)
    func random() -> Float { Float(generator.next() % 2001) / 1000 - 1 }
    let rows = (0..<3).map { _ in (0..<4).map { _ in random() } }
    let moments = InputMoments(
      rowCount: 3,
      sums: (0..<4).map { tap in rows.reduce(0) { $0 + Double($1[tap]) } },
      squares: (0..<4).map { tap in rows.reduce(0) { $0 + Double($1[tap] * $1[tap]) } },
      gram: nil,
      inputs: rows.flatMap { $0 }
    )
    let weights = try matrix((0..<8).map { _ in random() }, moments: moments)
    let plain = try coded("int3-channel", weights)
    let refitted = try LeastSquaresRefit.refit(plain, of: weights, named: "test")
    let damping = 0.01 * moments.squares.reduce(0, +) / 4
    func error(_ values: [Float]) -> Double {
      var sum = 0.0
      for output in 0..<2 {
        let change = (4 * output..<4 * output + 4).map { Double(values[$0] - weights.values[$0]) }
        for row in rows {
          let product = zip(row, change).reduce(0) { $0 + Double($1.0) * $1.1 }
          sum += product * product
        }
        sum += damping * change.reduce(0) { $0 + $1 * $1 }
      }
      return sum
    }
    let found = error(refitted.values)
    #expect(found <= error(plain.values))
    for index in 0..<8 {
      for code in -3...3 {
        var other = refitted.values
        other[index] = Float(code) * plain.scales[index / 4]
        #expect(found <= error(other) * 1.000_01, "\(index), \(code)")
      }
    }
    // By hand: the rows' own products, not the Gram matrix.
    let output = try #require(moments.outputSquares(of: weights.values, layer: weights.layer))
    let first = rows.reduce(0) { sum, row in
      let product = zip(row, weights.values[..<4]).reduce(0) { $0 + Double($1.0 * $1.1) }
      return sum + product * product
    }
    #expect(abs(output[0] - first) < 1e-5 * first)
  }
}
