import ModelIR
import Operators
import Testing

@Suite struct ActivationTests {
  private static let operand = Tensor([7], floats: [-3, -1.5, -0.25, 0, 0.5, 2, 4])

  // Source: `onnx.reference` of onnx 1.23.2. Tolerance 1e-6: single precision, short formulas.
  @Test(
    arguments: [
      ("sigmoid", [:], [0.04742587, 0.1824255, 0.4378235, 0.5, 0.6224594, 0.880797, 0.9820138]),
      ("elu", [:], [-0.9502129, -0.7768698, -0.2211992, 0, 0.5, 2, 4]),
      ("selu", [:], [-1.670569, -1.365814, -0.3888902, 0, 0.5253505, 2.101402, 4.202804]),
      ("celu", ["alpha": 2], [-1.55374, -1.055267, -0.2350062, 0, 0.5, 2, 4]),
      ("hardSigmoid", [:], [0, 0.2, 0.45, 0.5, 0.6, 0.9, 1]),
      ("hardSwish", [:], [0, -0.375, -0.1145833, 0, 0.2916667, 1.666667, 4]),
      ("gelu", [:], [-0.004049689, -0.1002108, -0.1003234, 0, 0.3457312, 1.9545, 3.999873]),
      (
        "softplus", [:], [0.04858735, 0.2014133, 0.5759394, 0.6931472, 0.974077, 2.126928, 4.01815]
      ),
      ("softsign", [:], [-0.75, -0.6, -0.2, 0, 0.3333333, 0.6666667, 0.8]),
      ("mish", [:], [-0.1456475, -0.2980998, -0.129927, 0, 0.3752452, 1.943959, 3.997413]),
      ("thresholdedRelu", [:], [0, 0, 0, 0, 0, 2, 4]),
      ("shrink", ["bias": 0.5, "lambd": 1], [-2.5, -1, 0, 0, 0, 1.5, 3.5]),
      ("leakyRelu", ["alpha": 0.1], [-0.3, -0.15, -0.025, 0, 0.5, 2, 4]),
      ("relu6", [:], [0, 0, 0, 0, 0.5, 2, 4]),
      ("clip", ["min": -1, "max": 3], [-1, -1, -0.25, 0, 0.5, 2, 3]),
    ] as [(String, [String: Double], [Double])]
  )
  func `formulas give the standard's numbers`(
    name: String,
    parameters: [String: Double],
    expected: [Double]
  ) throws {
    var attributes = Attributes()
    for (key, value) in parameters { attributes[key] = .float(value) }
    let values = try OperatorHarness.evaluate(name, [Self.operand], attributes)[0].doubleValues
    let result = try #require(values)
    #expect(zip(result, expected).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($1)) })
  }

  @Test func `the tanh form of gelu differs`() throws {
    let result = try OperatorHarness.evaluate(
      "gelu",
      [Tensor([1], floats: [-1.5])],
      ["approximate": .string("tanh")]
    )[0]
    #expect(abs((result.doubleValues?[0] ?? 0) + 0.1004284) < 1e-6)
  }

  @Test(arguments: ["relu", "relu6", "elu", "hardSwish", "softplus", "shrink", "celu"])
  func `NaN stays NaN`(name: String) throws {
    let result = try OperatorHarness.evaluate(name, [Tensor([1], floats: [.nan])])[0]
    #expect(result.doubleValues?[0].isNaN == true)
  }

  // By hand: e⁰ = 1 thrice in the flattened form, pairs along the last axis otherwise.
  @Test func `softmax takes one axis, or all from one on`() throws {
    let zeros = Tensor([1, 2, 2], floats: [0, 0, 0, 0])
    let last = try OperatorHarness.evaluate("softmax", [zeros])[0]
    #expect(last.elements == .floats([0.5, 0.5, 0.5, 0.5]))
    let flattened = try OperatorHarness.evaluate(
      "softmax",
      [zeros],
      ["flattened": .bool(true), "axis": .int(1)]
    )[0]
    #expect(flattened.elements == .floats([0.25, 0.25, 0.25, 0.25]))
  }

  @Test func `softmax of great numbers does not overflow`() throws {
    let result = try OperatorHarness.evaluate("softmax", [Tensor([2], floats: [1e30, -1e30])])[0]
    #expect(result.elements == .floats([1, 0]))
    let logarithm = try OperatorHarness.evaluate("logSoftmax", [Tensor([2], floats: [500, 0])])[0]
    #expect(logarithm.elements == .floats([0, -500]))
  }

  @Test func `hardmax marks the first of equal elements`() throws {
    let result = try OperatorHarness.evaluate("hardmax", [Tensor([3], floats: [1, 3, 3])])[0]
    #expect(result.elements == .floats([0, 1, 0]))
  }

  @Test func `slopes belong to the last axis, or to the channels where only they fit`() throws {
    let operand = Tensor([1, 2, 1, 3], floats: [-1, -1, -1, -1, -1, -1])
    let last = try OperatorHarness.evaluate("prelu", [operand, Tensor([3], floats: [1, 2, 3])])[0]
    #expect(last.elements == .floats([-1, -2, -3, -1, -2, -3]))
    let channels = try OperatorHarness.evaluate("prelu", [operand, Tensor([2], floats: [1, 2])])[0]
    #expect(channels.elements == .floats([-1, -1, -1, -2, -2, -2]))
  }

  @Test func `an axis outside the shape is refused`() {
    #expect(throws: OperatorError.self) {
      try OperatorHarness.infer("softmax", [.shaped(.symbolic("n"), 3)], ["axis": .int(2)])
    }
  }
}
