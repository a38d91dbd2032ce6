import ModelIR
import TestSupport
import Testing

@testable import Profiling

@Suite struct FindingTests {
  /// A description of a model, and the findings that it must have beside others.
  struct Case: CustomTestStringConvertible, Sendable {
    var codes: [String]
    var parts: [ONNX.Part]
    var testDescription: String { codes.joined(separator: ", ") }
  }

  static let weights: [Float] = (0..<32).map { Float($0) + 0.5 }

  static let cases = [
    Case(
      codes: ["C02 unknown-operator", "F35 unknown-operator"],
      parts: [
        ONNX.node("Wobble", ["x"], ["y"], domain: "made.up"), ONNX.input("x"), ONNX.output("y"),
      ]
    ),
    Case(
      codes: ["C08 open-shapes", "C03 open-dimensions"],
      parts: [
        ONNX.node("MatMul", ["x", "w"], ["y"]), ONNX.input("x", [1, "time", 4]),
        ONNX.floats(initializer: "w", [4, 8], weights), ONNX.output("y"),
      ]
    ),
    Case(
      codes: ["C04 stated-shape"],
      parts: [ONNX.node("Relu", ["x"], ["y"]), ONNX.input("x", [1, 4]), ONNX.output("y", [1, 5])]
    ),
    Case(
      codes: ["C05 invalid-operator"],
      parts: [
        ONNX.node("MatMul", ["x", "w"], ["y"]), ONNX.input("x", [1, 3]),
        ONNX.floats(initializer: "w", [4, 8], weights), ONNX.output("y"),
      ]
    ),
    Case(
      codes: ["C06 open-batch"],
      parts: [ONNX.node("Relu", ["x"], ["y"]), ONNX.input("x", ["n", 4]), ONNX.output("y")]
    ),
    Case(
      codes: ["B01 dead-weights"],
      parts: [
        ONNX.node("Relu", ["x"], ["y"]), ONNX.input("x"), ONNX.output("y"),
        ONNX.floats(initializer: "spare", [32], weights),
      ]
    ),
    Case(
      codes: ["B02 duplicate-weights"],
      parts: [
        ONNX.node("Add", ["x", "a"], ["t"]), ONNX.node("Mul", ["t", "b"], ["y"]),
        ONNX.input("x", [1, 32]), ONNX.output("y"),
        ONNX.floats(initializer: "a", [32], weights), ONNX.floats(initializer: "b", [32], weights),
      ]
    ),
    Case(
      codes: ["B03 unattributed-bytes", "F40 unknown-fields"],
      parts: [
        ONNX.node("Relu", ["x"], ["y"]), ONNX.input("x"), ONNX.output("y"),
        .bytes(99, Array(repeating: 1, count: 40)),
      ]
    ),
    Case(
      codes: ["W01 non-finite-weights"],
      parts: [
        ONNX.node("Add", ["x", "w"], ["y"]), ONNX.input("x", [1, 2]), ONNX.output("y"),
        ONNX.floats(initializer: "w", [2], [1, .nan]),
      ]
    ),
    Case(
      codes: ["W02 zero-weights"],
      parts: [
        ONNX.node("MatMul", ["x", "w"], ["y"]), ONNX.input("x", [1, 2]), ONNX.output("y"),
        ONNX.floats(initializer: "w", [2, 2], [0, 0, -0.0, 0]),
      ]
    ),
  ]

  @Test(arguments: cases)
  func `what is wrong is found`(sample: Case) throws {
    let findings = try profile(sample.parts, spare: true).findings
    for code in sample.codes {
      #expect(findings.contains { $0.code == code }, "\(findings.map(\.code))")
    }
    #expect(findings.map(\.severity) == findings.map(\.severity).sorted())
  }

  @Test func `a sound model has no findings`() throws {
    let findings = try profile(
      [
        ONNX.node("MatMul", ["x", "w"], ["y"]), ONNX.input("x", [1, 4]),
        ONNX.floats(initializer: "w", [4, 8], Self.weights), ONNX.output("y", [1, 8]),
      ],
      spare: true
    ).findings
    #expect(findings.isEmpty)
  }

  /// Extents up to the greatest that the format can state, through operators of many kinds.
  @Test(arguments: [Int.max, 1 << 40, 1 << 31])
  func `huge extents are no trap`(extent: Int) throws {
    let unary = [
      "Relu", "Softmax", "GlobalAveragePool", "Flatten", "Transpose", "Shape", "Size",
      "DepthToSpace", "ReduceSum", "ReduceMean", "ArgMax", "Squeeze", "LRN", "Cast", "Identity",
      "LogSoftmax", "NonZero", "TopK", "Split", "Det", "SpaceToDepth", "Unique", "CumSum",
    ]
    let pooling = ["MaxPool", "AveragePool", "LpPool"]
    let binary = ["Add", "MatMul", "Gemm", "Conv", "ConvTranspose", "Concat", "Gather", "Einsum"]
    for rank in 1...5 {
      let shape = Array(repeating: ONNX.Extent.size(extent), count: rank)
      let boundary = [ONNX.input("x", shape), ONNX.input("z", shape), ONNX.output("y")]
      let attributes = [
        ONNX.ints("kernel_shape", Array(repeating: 3, count: max(0, rank - 2))),
        ONNX.int("axis", 0), ONNX.int("blocksize", 2), ONNX.string("equation", "i,j->ij"),
      ]
      for name in unary + pooling {
        let node = ONNX.node(name, ["x"], ["y"], attributes: attributes)
        _ = try profile([node] + boundary)
      }
      for name in binary {
        let node = ONNX.node(name, ["x", "z"], ["y"], attributes: attributes)
        _ = try profile([node] + boundary)
      }
    }
  }

  @Test func `what is not counted is unknown, never zero`() throws {
    let profile = try profile(Self.cases[0].parts)
    #expect(profile.totals.multiplyAdds == nil)
    #expect(profile.totals.flops == nil)
    #expect(profile.totals.uncounted == 1)
  }

  @Test func `the advice for open extents is a shape that counts`() throws {
    let open = try profile(Self.cases[1].parts)
    let finding = try #require(open.findings.first { $0.code == "C03 open-dimensions" })
    #expect(finding.fix == "--shape x=1x224x4")
    let fixed = try profile(Self.cases[1].parts, fixed: [(name: "x", sizes: [1, 224, 4])])
    // 224 rows of 4 by 4 x 8.
    #expect(fixed.totals.multiplyAdds == 224 * 4 * 8)
    #expect(fixed.findings.isEmpty)
  }
}
