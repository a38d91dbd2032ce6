import ModelIR
import Operators
import Testing

@Suite struct NormalizationTests {
  /// Squares over ten, as `[1, 4, 3]`.
  private static let image = Tensor([1, 4, 3], floats: (0..<12).map { Float($0 * $0) / 10 })
  private static let scale = Tensor([4], floats: [1, 2, 3, 4])
  private static let bias = Tensor([4], floats: [0, 1, 0, 1])
  private static let matrix = Tensor([2, 3], floats: [1, -2, 3, 4, 0.5, -6])

  private func expectClose(_ tensor: Tensor, _ expected: [Double]) throws {
    let values = try #require(tensor.doubleValues)
    try #require(values.count == expected.count)
    for (value, reference) in zip(values, expected) {
      // The reference computes in single precision: a dozen roundings.
      #expect(abs(value - reference) <= 2e-6 * max(1, abs(reference)))
    }
  }

  // All numbers: `onnx.reference` of onnx 1.23.2, unless a test says otherwise.
  @Test func `batch normalization uses the given statistics`() throws {
    let result = try OperatorHarness.evaluate(
      "batchNormalization",
      [
        Self.image, Self.scale, Self.bias, Tensor([4], floats: [1, 2, 3, 4]),
        Tensor([4], floats: [1, 4, 9, 16]),
      ]
    )
    try expectClose(
      result[0],
      [
        -0.999995, -0.8999954, -0.599997, -0.0999987, 0.6000005, 1.4999994, 0.5999995, 1.899999,
        3.3999984, 5.0999994, 6.9999986, 9.0999985,
      ]
    )
    #expect(result.count == 1)
  }

  // By hand: the mean of 0, 2 is 1, the variance 1; running = 0.9 · old + 0.1 · new.
  @Test func `batch normalization in training updates the running statistics`() throws {
    let one = Tensor([1], floats: [1])
    let result = try OperatorHarness.evaluate(
      "batchNormalization",
      [
        Tensor([2, 1], floats: [0, 2]), one, Tensor([1], floats: [0]), Tensor([1], floats: [11]),
        one,
      ],
      ["trainingMode": .bool(true), "epsilon": .float(0)],
      outputs: 3
    )
    try expectClose(result[0], [-1, 1])
    try expectClose(result[1], [10])
    try expectClose(result[2], [1])
  }

  @Test func `instances and groups have moments of their own`() throws {
    let instances = try OperatorHarness.evaluate(
      "instanceNormalization",
      [Self.image, Self.scale, Self.bias]
    )[0]
    try expectClose(
      instances,
      [
        -0.980411, -0.3921644, 1.3725754, -1.341311, 0.7964079, 3.5449035, -3.5836933, -0.1748141,
        3.7585075, -3.8153138, 0.8367692, 5.9785466,
      ]
    )
    let groups = try OperatorHarness.evaluate(
      "groupNormalization",
      [Self.image, Self.scale, Self.bias],
      ["numGroups": .int(2)]
    )[0]
    try expectClose(
      groups,
      [
        -1.0304188, -0.918009, -0.5807815, 0.9625301, 2.5362606, 4.559628, -4.0322561, -2.6938901,
        -1.1496217, 1.8007326, 4.4088297, 7.2914648,
      ]
    )
  }

  @Test func `layer normalization also gives mean and inverse deviation`() throws {
    let result = try OperatorHarness.evaluate(
      "layerNormalization",
      [Self.matrix, Tensor([3], floats: [1, 2, 0.5]), Tensor([3], floats: [0, 1, -1])],
      outputs: 3
    )
    try expectClose(
      result[0],
      [0.1622212, -1.5955396, -0.4322258, 1.086099, 1.4827107, -1.6637273]
    )
    try expectClose(result[1], [0.6666667, -0.5])
    try expectClose(result[2], [0.4866637, 0.2413553])
    #expect(result[1].sizes == [2, 1])
  }

  @Test func `the root mean square divides`() throws {
    let result = try OperatorHarness.evaluate(
      "rmsNormalization",
      [Self.matrix, Tensor([3], floats: [1, 2, 0.5])]
    )[0]
    try expectClose(
      result,
      [0.4629095, -1.8516382, 0.6943643, 0.9584675, 0.2396169, -0.7188506]
    )
  }

  // By hand: x / √(1 + 0.1 · Σ x²) over a channel and its neighbours.
  @Test func `neighbouring channels damp each other`() throws {
    let result = try OperatorHarness.evaluate(
      "localResponseNormalization",
      [Tensor([1, 4, 1, 1], floats: [1, 2, 3, 4])],
      ["size": .int(3), "alpha": .float(0.3), "beta": .float(0.5)]
    )[0]
    try expectClose(result, [0.8164966, 1.2909944, 1.5191091, 2.1380899])
  }

  // By hand.
  @Test func `norms divide along an axis, and zeros stay zeros`() throws {
    let ones = try OperatorHarness.evaluate(
      "lpNormalization",
      [Tensor([2, 2], floats: [1, -3, 0, 0])],
      ["p": .int(1)]
    )[0]
    #expect(ones.elements == .floats([0.25, -0.75, 0, 0]))
    let lengths = try OperatorHarness.evaluate(
      "l2Normalization",
      [Tensor([1, 2], floats: [3, 4])]
    )[0]
    try expectClose(lengths, [0.6, 0.8])
  }

  // The integers: `BUILTIN_REF` of ai-edge-litert 2.3.0.
  @Test func `quantized lengths give the runtime's integers`() throws {
    let values: [Int64] = [-128, -100, -20, -3, 0, 5, 60, 127]
    let result = try OperatorHarness.evaluate(
      "l2Normalization",
      [Tensor(type: .int8, sizes: [2, 4], elements: .integers(values))],
      outputQuantization: [
        Quantization(granularity: .perTensor, scales: [1 / 128], zeroPoints: [0])
      ],
      inputQuantization: [
        Quantization(granularity: .perTensor, scales: [0.05], zeroPoints: [-5])
      ]
    )[0]
    #expect(result.elements == .integers([-101, -78, -12, 2, 4, 9, 56, 115]))
  }

  @Test func `channels and groups that do not fit are refused`() {
    #expect(throws: OperatorError.self) {
      try OperatorHarness.infer(
        "batchNormalization",
        [.shaped(1, 3, 4), .shaped(3), .shaped(3), .shaped(4), .shaped(4)]
      )
    }
    #expect(throws: OperatorError.self) {
      try OperatorHarness.infer(
        "groupNormalization",
        [.shaped(.unknown, 4, 2), .shaped(4), .shaped(4)],
        ["numGroups": .int(3)]
      )
    }
  }

  @Test func `statistics keep the named extents before the axis`() throws {
    let shapes = try OperatorHarness.infer(
      "layerNormalization",
      [.shaped(.symbolic("batch"), .unknown, 8), .shaped(8)],
      outputs: 3
    )
    #expect(shapes[1] == .ranked([.symbolic("batch"), .unknown, 1]))
  }
}
