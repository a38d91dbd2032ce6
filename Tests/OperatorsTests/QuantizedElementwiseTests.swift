import ModelIR
import Operators
import Testing

// All expected numbers: the reference kernels of ai-edge-litert 2.3.0 (`BUILTIN_REF`) on models of one
// operator.
@Suite struct QuantizedElementwiseTests {
  private static let left: [Int64] = [-128, -100, -20, -3, 0, 5, 60, 127]
  private static let right: [Int64] = [127, 3, -90, -60, 17, 5, -7, 100]

  private func quantization(_ scale: Float, _ zeroPoint: Int) -> Quantization {
    Quantization(granularity: .perTensor, scales: [scale], zeroPoints: [zeroPoint])
  }

  private func tensor(_ values: [Int64], _ type: ElementType = .int8) -> Tensor {
    Tensor(type: type, sizes: [values.count], elements: .integers(values))
  }

  private func pair(
    _ name: String,
    _ attributes: Attributes,
    scale: Float
  ) throws -> Tensor.Elements {
    try OperatorHarness.evaluate(
      name,
      [tensor(Self.left), tensor(Self.right)],
      attributes,
      outputQuantization: [quantization(scale, 3)],
      inputQuantization: [quantization(0.05, -5), quantization(0.03, 10)]
    )[0].elements
  }

  @Test(
    arguments: [
      ("add", "none", [-63, -121, -91, -47, 15, 12, 72, 127]),
      ("add", "relu6", [3, 3, 3, 3, 15, 12, 72, 127]),
      ("sub", "none", [-128, -111, 59, 58, 4, 19, 97, 101]),
      ("mul", "none", [-128, 28, 59, -2, 4, 1, -38, 127]),
      ("mul", "relu6", [3, 28, 59, 3, 4, 3, 3, 127]),
      ("div", "none", [-41, 127, 9, 2, 33, -80, -128, 64]),
    ] as [(String, String, [Int64])]
  )
  func `arithmetic gives the runtime's integers`(
    name: String,
    activation: String,
    expected: [Int64]
  ) throws {
    let result = try pair(name, ["activation": .string(activation)], scale: 0.04)
    #expect(result == .integers(expected))
  }

  @Test func `squared differences give the runtime's integers`() throws {
    let result = try pair("squaredDifference", [:], scale: 0.4)
    #expect(result == .integers([127, 55, 16, 15, 3, 4, 38, 41]))
  }

  @Test func `comparisons bring both operands to one scale`() throws {
    let result = try pair("less", [:], scale: 1)
    #expect(result == .booleans([true, true, false, false, false, false, false, false]))
  }

  private func unary(
    _ name: String,
    _ attributes: Attributes,
    _ input: Tensor,
    _ inputScale: Float,
    _ output: Quantization
  ) throws -> Tensor.Elements {
    let zeroPoint = input.type == .int16 ? 0 : -5
    return try OperatorHarness.evaluate(
      name,
      [input],
      attributes,
      outputQuantization: [output],
      inputQuantization: [quantization(inputScale, zeroPoint)]
    )[0].elements
  }

  @Test(
    arguments: [
      ("relu6", 0.03, -128, [-128, -128, -128, -125, -120, -111, -20, 72]),
      ("hardSwish", 0.04, -100, [-100, -100, -107, -99, -97, -93, -19, 65]),
      ("sigmoid", 1 / 256, -128, [-127, -126, -46, 6, 16, 31, 118, 127]),
      ("tanh", 1 / 128, 0, [-128, -128, -81, 13, 31, 59, 127, 127]),
      ("gelu", 0.04, -100, [-100, -100, -104, -99, -96, -91, -19, 65]),
      ("abs", 0.04, 3, [127, 122, 22, 6, 9, 16, 84, 127]),
      ("exp", 0.1, -128, [-128, -128, -123, -117, -115, -112, 127, 127]),
      ("log", 0.02, 40, [-128, -128, -128, -75, -29, 5, 99, 127]),
      ("softmax", 1 / 256, -128, [-128, -128, -128, -128, -128, -127, -119, 118]),
      ("logSoftmax", 0.0625, 127, [-78, -55, 9, 22, 25, 29, 73, 126]),
    ] as [(String, Float, Int, [Int64])]
  )
  func `functions of one operand give the runtime's integers`(
    name: String,
    scale: Float,
    zeroPoint: Int,
    expected: [Int64]
  ) throws {
    let output = quantization(scale, zeroPoint)
    #expect(try unary(name, [:], tensor(Self.left), 0.05, output) == .integers(expected))
  }

  @Test(
    arguments: [
      ("rsqrt", 0.05, -100, [127, -11, -60, -72, -89, -92]),
      ("sqrt", 0.02, -128, [-128, -117, -103, -93, -38, 0]),
    ] as [(String, Float, Int, [Int64])]
  )
  func `roots give the runtime's integers and refuse negative numbers`(
    name: String,
    scale: Float,
    zeroPoint: Int,
    expected: [Int64]
  ) throws {
    let output = quantization(scale, zeroPoint)
    let operand = tensor([-5, -4, 0, 5, 60, 127])
    #expect(try unary(name, [:], operand, 0.05, output) == .integers(expected))
    #expect(throws: OperatorError.self) { try unary(name, [:], tensor([-6]), 0.05, output) }
  }

  @Test func `slopes below zero have a factor of their own`() throws {
    let output = quantization(0.04, 3)
    let leaky = try unary(
      "leakyRelu",
      ["alpha": .float(Double(Float(0.2)))],
      tensor(Self.left),
      0.05,
      output
    )
    #expect(leaky == .integers([-28, -21, -1, 6, 9, 16, 84, 127]))
    let learned = try OperatorHarness.evaluate(
      "prelu",
      [tensor(Self.left), tensor(Self.right)],
      outputQuantization: [output],
      inputQuantization: [quantization(0.05, -5), quantization(0.01, 10)]
    )[0].elements
    #expect(learned == .integers([-128, 11, 22, 6, 9, 16, 84, 127]))
  }

  @Test(
    arguments: [
      (
        "sigmoid", 0.0003, 1 / 32768,
        [2, 872, 14670, 16381, 16384, 16387, 17202, 30704, 32766]
      ),
      ("tanh", 0.0003, 1 / 32768, [-32767, -32719, -6781, -11, 0, 11, 3264, 32473, 32767]),
      ("exp", 0.0003, 0.01, [0, 3, 81, 100, 100, 100, 110, 1487, 32767]),
      ("softmax", 0.0001, 1 / 32768, [36, 288, 892, 957, 957, 958, 989, 2353, 25339]),
    ] as [(String, Float, Float, [Int64])]
  )
  func `functions of 16-bit operands give the runtime's integers`(
    name: String,
    inputScale: Float,
    scale: Float,
    expected: [Int64]
  ) throws {
    let operand = tensor([-32768, -12000, -700, -1, 0, 1, 333, 9000, 32767], .int16)
    let output = quantization(scale, 0)
    #expect(try unary(name, [:], operand, inputScale, output) == .integers(expected))
  }

  @Test func `operators without an integer kernel say so`() {
    #expect(throws: OperatorError.self) {
      try unary("sin", [:], tensor(Self.left), 0.05, quantization(0.05, 0))
    }
  }
}
