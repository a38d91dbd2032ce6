import ModelIR
import Operators
import Testing

@testable import Profiling

/// Models by hand that break one rule each, and the same models without the mistake.
@Suite struct LintTests {
  private func perAxis(_ axis: Int, _ scales: [Float], zeroPoint: Int = 0) -> Quantization {
    Quantization(
      granularity: .perAxis(axis),
      scales: scales,
      zeroPoints: scales.map { _ in zeroPoint }
    )
  }

  private func perTensor(_ scale: Float, _ zeroPoint: Int = 0) -> Quantization {
    Quantization(granularity: .perTensor, scales: [scale], zeroPoints: [zeroPoint])
  }

  /// An 8-bit convolution of 2 channels over 4×4, with 4 filters of 1×1.
  private func convolution(weights: Quantization, bias: Quantization) throws -> [String] {
    var sketch = GraphSketch()
    let input = sketch.input("x", [1, 4, 4, 2], .int8, scale: 0.5)
    let filter = sketch.constant("w", [4, 1, 1, 2], .int8, quantization: weights)
    let sums = sketch.constant("b", [4], .int32, quantization: bias)
    let result = sketch.value("y", [1, 4, 4, 4], .int8, scale: 0.25)
    sketch.node(
      "CONV_2D",
      "convolution",
      [input, filter, sums],
      [result],
      [
        "strides": .ints([1, 1]), "dilations": .ints([1, 1]), "padding": .string("valid"),
        "dataLayout": .string("nhwc"), "filterLayout": .string("ohwi"),
      ]
    )
    sketch.output(result)
    return try sketch.codes()
  }

  @Test func `scales go along the output channels`() throws {
    let good = perAxis(0, [1, 2, 3, 4])
    let bias = perAxis(0, [0.5, 1, 1.5, 2])
    #expect(try convolution(weights: good, bias: bias) == [])
    #expect(try convolution(weights: perAxis(3, [1, 2]), bias: bias).contains("Q01"))
  }

  @Test func `weights are symmetric`() throws {
    let bias = perAxis(0, [0.5, 1, 1.5, 2])
    let shifted = perAxis(0, [1, 2, 3, 4], zeroPoint: 3)
    #expect(try convolution(weights: shifted, bias: bias) == ["Q02"])
  }

  @Test func `the scale of a bias is a product`() throws {
    let bias = perAxis(0, [0.5, 1, 1.5, 3])
    #expect(try convolution(weights: perAxis(0, [1, 2, 3, 4]), bias: bias) == ["Q03"])
    let rounded = perAxis(0, [0.500_000_06, 1, 1.5, 2])
    #expect(try convolution(weights: perAxis(0, [1, 2, 3, 4]), bias: rounded) == [])
  }

  @Test(
    arguments: [
      ("RESHAPE", "reshape", 0.5, []), ("RESHAPE", "reshape", 0.25, ["Q04"]),
      ("TRANSPOSE", "transpose", 0.25, ["Q04"]), ("TILE", "tile", 0.25, ["Q05"]),
      ("NEG", "neg", 0.25, []),
    ] as [(String, String, Float, [String])]
  )
  func `operators that move values keep the scale`(
    type: String,
    name: String,
    scale: Float,
    codes: [String]
  ) throws {
    var sketch = GraphSketch()
    let input = sketch.input("x", [1, 16], .int8, scale: 0.5)
    let result = sketch.value("y", [1, 16], .int8, scale: scale)
    sketch.node(type, name, [input], [result], ["shape": .ints([1, 16])])
    sketch.output(result)
    let found = try sketch.codes().filter { $0.hasPrefix("Q") }
    #expect(found == codes)
  }

  @Test(
    arguments: [
      ("SOFTMAX", "softmax", 1.0 / 256, -128, false), ("SOFTMAX", "softmax", 0.1, -128, true),
      ("LOGISTIC", "sigmoid", 1.0 / 256, 0, true), ("TANH", "tanh", 1.0 / 128, 0, false),
      ("TANH", "tanh", 1.0 / 256, 0, true),
    ] as [(String, String, Float, Int, Bool)]
  )
  func `fixed ranges have fixed scales`(
    type: String,
    name: String,
    scale: Float,
    zeroPoint: Int,
    isWrong: Bool
  ) throws {
    var sketch = GraphSketch()
    let input = sketch.input("x", [1, 16], .int8, scale: 0.5)
    let result = sketch.value("y", [1, 16], .int8, scale: scale, zeroPoint: zeroPoint)
    sketch.node(type, name, [input], [result])
    sketch.output(result)
    #expect(try sketch.codes().contains("Q06") == isWrong)
  }

  @Test(arguments: [(Float(1.0 / 256), false), (1.5, true)])
  func `scores keep their steps in a concatenation`(scale: Float, isWrong: Bool) throws {
    var sketch = GraphSketch()
    let boxes = sketch.input("boxes", [1, 16], .int8, scale: scale)
    let logits = sketch.input("logits", [1, 16], .int8, scale: 0.1)
    let scores = sketch.value("scores", [1, 16], .int8, scale: 1.0 / 256, zeroPoint: -128)
    let moved = sketch.value("moved", [1, 16], .int8, scale: scale)
    let result = sketch.value("y", [1, 32], .int8, scale: scale)
    sketch.node("LOGISTIC", "sigmoid", [logits], [scores])
    sketch.node("QUANTIZE", "quantize", [scores], [moved])
    sketch.node("CONCATENATION", "concat", [boxes, moved], [result], ["axis": .int(1)])
    sketch.output(result)
    #expect(try sketch.codes().contains("Q07") == isWrong)
  }

  @Test func `operators without a 16-bit form`() throws {
    var sketch = GraphSketch()
    let input = sketch.input("x", [1, 16], .int16, scale: 0.5)
    let result = sketch.value("y", [1, 16], .int16, scale: 0.5)
    sketch.node("HARD_SWISH", "hardSwish", [input], [result])
    sketch.output(result)
    #expect(try sketch.codes().contains("Q08"))
  }

  /// QUANTIZE, DEQUANTIZE, an operator or none, QUANTIZE.
  private func island(_ isFilled: Bool) throws -> [String] {
    var sketch = GraphSketch()
    let input = sketch.input("x", [1, 16], .int8, scale: 0.5)
    let first = sketch.value("a", [1, 16], .int8, scale: 0.5)
    let float = sketch.value("f", [1, 16])
    let after = sketch.value("g", [1, 16])
    let result = sketch.value("y", [1, 16], .int8, scale: 0.25)
    sketch.node("ABS", "abs", [input], [first])
    sketch.node("DEQUANTIZE", "dequantize", [first], [float])
    if isFilled { sketch.node("SIN", "sin", [float], [after]) }
    sketch.node("QUANTIZE", "quantize", [isFilled ? after : float], [result])
    sketch.output(result)
    return try sketch.codes().filter { $0.hasPrefix("L") }
  }

  @Test func `floats between integers, and pairs that only rescale`() throws {
    #expect(try island(true) == ["L01"])
    #expect(try island(false) == ["L02"])
  }

  @Test(
    arguments: [
      // Every second element; two of four; the first half of each row of eight.
      (1, []), (2, []), (4, ["L03"]),
    ] as [(Int, [String])]
  )
  func `zeros without a pattern`(period: Int, codes: [String]) throws {
    var sketch = GraphSketch()
    let input = sketch.input("x", [1, 64])
    let bytes = (0..<(64 * 32)).flatMap { index -> [UInt8] in
      index / period % 2 == 0 ? [0, 0, 0, 0] : [0, 0, 128, 63]
    }
    let filter = sketch.constant("w", [32, 64], bytes: bytes)
    let result = sketch.value("y", [1, 32])
    sketch.node("FULLY_CONNECTED", "fullyConnected", [input, filter], [result])
    sketch.output(result)
    #expect(try sketch.codes().filter { $0 == "L03" } == codes)
  }

  @Test(
    arguments: [
      ("none", "MUL", "mul", ["L04"]), ("relu", "MUL", "mul", []),
      ("none", "RELU", "relu", ["L05"]),
      ("none", "TANH", "tanh", []),
    ] as [(String, String, String, [String])]
  )
  func `what a linear operator could hold`(
    activation: String,
    type: String,
    name: String,
    codes: [String]
  ) throws {
    var sketch = GraphSketch()
    let input = sketch.input("x", [1, 16])
    let filter = sketch.constant("w", [8, 16])
    let factors = sketch.constant("s", [8])
    let first = sketch.value("a", [1, 8])
    let result = sketch.value("y", [1, 8])
    sketch.node(
      "FULLY_CONNECTED",
      "fullyConnected",
      [input, filter],
      [first],
      ["activation": .string(activation)]
    )
    sketch.node(type, name, name == "mul" ? [first, factors] : [first], [result])
    sketch.output(result)
    #expect(try sketch.codes().filter { $0.hasPrefix("L0") } == codes)
  }

  @Test func `a shape that the file fixes is a constant`() throws {
    var sketch = GraphSketch()
    let input = sketch.input("x", [1, 16])
    let shape = sketch.value("s", [2], .int32)
    sketch.node("SHAPE", "shape", [input], [shape])
    sketch.output(shape)
    #expect(try sketch.codes().contains("L06"))
  }

  @Test func `one matrix with most of the weights`() throws {
    var sketch = GraphSketch()
    let input = sketch.input("x", [1, 256])
    let large = sketch.constant("w", [128, 256])
    let small = sketch.constant("v", [4, 128])
    let first = sketch.value("a", [1, 128])
    let result = sketch.value("y", [1, 4])
    sketch.node("FULLY_CONNECTED", "fullyConnected", [input, large], [first])
    sketch.node("FULLY_CONNECTED", "fullyConnected", [first, small], [result])
    sketch.output(result)
    #expect(try sketch.codes().contains("L07"))
  }

  @Test func `transposes that undo each other`() throws {
    func codes(_ second: [Int]) throws -> [String] {
      var sketch = GraphSketch()
      let input = sketch.input("x", [2, 3, 4])
      let first = sketch.value("a", [3, 4, 2])
      let result = sketch.value("y", second == [2, 0, 1] ? [2, 3, 4] : [4, 2, 3])
      sketch.node("TRANSPOSE", "transpose", [input], [first], ["permutation": .ints([1, 2, 0])])
      sketch.node("TRANSPOSE", "transpose", [first], [result], ["permutation": .ints(second)])
      sketch.output(result)
      return try sketch.codes().filter { $0 == "L10" }
    }
    #expect(try codes([2, 0, 1]) == ["L10"])
    #expect(try codes([1, 2, 0]) == [])
  }

  @Test(arguments: [(ElementType.float32, true), (.int8, false)])
  func `casts that are cast back`(middle: ElementType, isRedundant: Bool) throws {
    var sketch = GraphSketch()
    let input = sketch.input("x", [4], .int16)
    let first = sketch.value("a", [4], middle)
    let result = sketch.value("y", [4], .int16)
    sketch.node("CAST", "cast", [input], [first], ["to": .type(middle)])
    sketch.node("CAST", "cast", [first], [result], ["to": .type(.int16)])
    sketch.output(result)
    #expect(try sketch.codes().contains("L11") == isRedundant)
  }

  @Test func `the ends of a graph`() throws {
    var sketch = GraphSketch()
    let input = sketch.input("x", [1, 8, 8, 3])
    let scale = sketch.constant("s", [1])
    let scaled = sketch.value("a", [1, 8, 8, 3])
    let result = sketch.value("y", [1, 8, 8, 3])
    sketch.node("MUL", "mul", [input, scale], [scaled])
    sketch.node("SOFTMAX", "softmax", [scaled], [result], ["axis": .int(-1)])
    sketch.output(result)
    #expect(try sketch.codes().filter { $0.hasPrefix("P") } == ["P01", "P02"])
  }

  @Test func `an integer model with float ends`() throws {
    var sketch = GraphSketch()
    let input = sketch.input("x", [1, 8])
    let first = sketch.value("a", [1, 8], .int8, scale: 0.5)
    let result = sketch.value("y", [1, 8])
    sketch.node("QUANTIZE", "quantize", [input], [first])
    sketch.node("DEQUANTIZE", "dequantize", [first], [result])
    sketch.output(result)
    #expect(try sketch.codes().contains("P05"))
  }
}
