import ByteIO
import FormatONNX
import ModelIR
import Operators
import TestSupport
import Testing

@testable import Execution

// Expected numbers are the interpreter's; 1e-5 of the range as in CompiledGraphTests.
@Suite struct ChannelsFirstTests {
  /// A chain of nodes over `x`, two images of 6 channels with 7×5 pixels, that ends in `y`.
  private func model(_ nodes: [ONNX.Part]) throws -> Model {
    func numbers(_ count: Int) -> [Float] { (0..<count).map { Float(($0 * 37) % 19 - 9) / 8 } }
    func constant(_ name: String, _ sizes: [Int]) -> ONNX.Part {
      ONNX.floats(initializer: name, sizes, numbers(sizes.reduce(1, *)))
    }
    let file = ONNX.model(
      nodes + [
        ONNX.input("x", [2, 6, 7, 5]), ONNX.output("y"),
        constant("dense", [4, 6, 3, 3]), constant("grouped", [4, 3, 3, 2]),
        constant("depthwise", [12, 1, 3, 3]), constant("bias4", [4]), constant("bias6", [6]),
        constant("column", [6, 1, 1]), constant("image", [6, 7, 5]), constant("row", [5]),
        constant("scalar", []), constant("matrix", [6, 3]),
        ONNX.ints(initializer: "pads", [8], [0, 1, 2, 0, 1, 0, 0, 3]),
        ONNX.floats(initializer: "variance6", [6], [0.5, 1, 2, 3, 0.25, 1.5]),
      ]
    )
    return try ONNXFormat.load(ByteSource(file).bytes, path: "chain.onnx")
  }

  private static func node(
    _ type: String,
    _ inputs: [String],
    _ output: String = "y",
    _ attributes: [ONNX.Part] = []
  ) -> ONNX.Part {
    ONNX.node(type, inputs, [output], attributes: attributes)
  }

  /// Chains by name; the number of nodes that have no kernel.
  static let chains: [(name: String, nodes: [ONNX.Part], evaluated: Int)] = [
    (
      "padded convolution",
      [node("Conv", ["x", "dense", "bias4"], "y", [ONNX.ints("pads", [1, 0, 1, 2])])], 0
    ),
    (
      "strided, dilated, grouped convolution",
      [
        node(
          "Conv",
          ["x", "grouped"],
          "y",
          [ONNX.int("group", 2), ONNX.ints("strides", [2, 1]), ONNX.ints("dilations", [1, 2])]
        )
      ], 0
    ),
    (
      "depthwise convolution with a multiplier",
      [node("Conv", ["x", "depthwise"], "y", [ONNX.int("group", 6)])], 0
    ),
    (
      "chain of layouts",
      [
        node("Conv", ["x", "depthwise"], "a", [ONNX.int("group", 6)]),
        node("Relu", ["a"], "b"),
        node("MaxPool", ["b"], "c", [ONNX.ints("kernel_shape", [2, 2])]),
        node("GlobalAveragePool", ["c"], "d"),
        node("Mul", ["a", "d"], "e"),
        node("Add", ["e", "a"], "f"),
        node("Flatten", ["f"]),
      ], 0
    ),
    (
      "batch normalization before and after a pooling",
      [
        node("BatchNormalization", ["x", "bias6", "bias6", "bias6", "variance6"], "a"),
        node(
          "AveragePool",
          ["a"],
          "b",
          [ONNX.ints("kernel_shape", [3, 3]), ONNX.ints("pads", [1, 1, 1, 1])]
        ),
        node("BatchNormalization", ["b", "bias6", "bias6", "bias6", "variance6"], "c"),
        node("Sigmoid", ["c"]),
      ], 0
    ),
    ("channel offset", [node("Add", ["x", "column"])], 0),
    ("image offset", [node("Sub", ["image", "x"])], 0),
    ("row factor", [node("Mul", ["x", "row"])], 0),
    ("scalar quotient", [node("Div", ["scalar", "x"])], 0),
    (
      "channel offset after a pooling",
      [
        node("MaxPool", ["x"], "a", [ONNX.ints("kernel_shape", [1, 1])]),
        node("Add", ["a", "column"], "b"), node("Add", ["b", "image"], "c"),
        node("Add", ["c", "x"], "d"), node("Add", ["d", "a"]),
      ], 0
    ),
    (
      "evaluated operator between kernels",
      [
        node("MaxPool", ["x"], "a", [ONNX.ints("kernel_shape", [1, 1])]),
        node("Softplus", ["a"], "b"), node("Add", ["a", "b"]),
      ], 1
    ),
    (
      "joined channels and padding, channels last inside",
      [
        node("MaxPool", ["x"], "a", [ONNX.ints("kernel_shape", [1, 1])]),
        node("Concat", ["a", "x", "a"], "b", [ONNX.int("axis", 1)]),
        node("Pad", ["b", "pads"], "c"), node("Sum", ["c", "c"]),
      ], 0
    ),
    (
      "joined rows and padding as stated",
      [
        node("Concat", ["x", "x"], "b", [ONNX.int("axis", -2)]),
        node("Pad", ["b", "pads", "scalar"]),
      ],
      0
    ),
    (
      "classifier",
      [
        node("GlobalMaxPool", ["x"], "a"), node("Flatten", ["a"], "b"),
        node("MatMul", ["b", "matrix"], "c"), node("Softmax", ["c"]),
      ], 0
    ),
    ("softmax over channels", [node("Softmax", ["x"], "y", [ONNX.int("axis", 1)])], 1),
  ]

  @Test(arguments: chains.map(\.name))
  func `a chain gives the interpreter's results`(name: String) throws {
    let chain = try #require(Self.chains.first { $0.name == name })
    let model = try model(chain.nodes)
    let compiled = try CompiledGraph(model)
    #expect(compiled.fallbackNodes.count == chain.evaluated)
    let inputs = CompiledModels.inputs(model)
    let all = Set(compiled.stepNodes.flatMap { model.main[$0].outputs.compactMap { $0 } })
    let expected = try Interpreter(model).run(inputs: inputs, keeping: all)
    let found = try CompiledGraph.Executor(compiled).run(inputs: inputs, keeping: all)
    #expect(CompiledModels.distance(found.outputs, expected.outputs) < 1e-5)
    for value in all.sorted() {
      let pair = (
        found: try #require(found.kept[value]), expected: try #require(expected.kept[value])
      )
      #expect(CompiledModels.distance([pair.found], [pair.expected]) < 1e-5)
    }
  }
}
