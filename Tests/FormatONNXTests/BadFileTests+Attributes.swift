import ByteIO
import TestSupport

/// Attributes of the wrong kind, and small files that unfold into large graphs.
extension BadFileTests {
  static let attributes: [BadFile] = [
    BadFile(
      "integer as list",
      node: "Softmax",
      [ONNX.ints("axis", [1])],
      .modelInvalid,
      "\"axis\""
    ),
    BadFile("list as integer", node: "Transpose", [ONNX.int("perm", 1)], .modelInvalid, "\"perm\""),
    BadFile(
      "float as text",
      node: "LeakyRelu",
      [ONNX.string("alpha", "1")],
      .modelInvalid,
      "a float"
    ),
    BadFile("text as integer", node: "Conv", [ONNX.int("auto_pad", 1)], .modelInvalid, "text"),
    BadFile("graph as integer", node: "Loop", [ONNX.int("body", 1)], .modelInvalid, "a graph"),
    BadFile(
      "attribute twice",
      node: "Softmax",
      [ONNX.int("axis", 1), ONNX.int("axis", 1)],
      .modelInvalid,
      "twice"
    ),
    BadFile("attribute without name", node: "Relu", [ONNX.int("", 1)], .modelInvalid, "no name"),
    BadFile(
      "tensor without tensor",
      node: "ConstantOfShape",
      [ONNX.attribute("value", type: 4, [])],
      .modelInvalid,
      "field t"
    ),
    BadFile(
      "graph without graph",
      node: "If",
      [ONNX.attribute("then_branch", type: 5, [])],
      .modelInvalid,
      "field g"
    ),
    BadFile(
      "tensor attribute of wrong size",
      node: "ConstantOfShape",
      [ONNX.tensor("value", [ONNX.extents([1], type: 1)])],
      .modelInvalid
    ),
    BadFile(
      "floats cut",
      node: "Foo",
      [.message(5, [.text(1, "a"), .bytes(7, [1])])],
      .modelInvalid
    ),
    BadFile(
      "Constant without value",
      graph: [ONNX.node("Constant", [], ["k"])],
      .modelInvalid,
      "no value"
    ),
    BadFile(
      "Constant with operand",
      graph: [ONNX.node("Constant", ["x"], ["k"])],
      .modelInvalid,
      "no operands"
    ),
    BadFile(
      "Constant with two results",
      graph: [ONNX.node("Constant", [], ["k", "l"])],
      .modelInvalid,
      "one result"
    ),
  ]

  static let bombs: [BadFile] = [
    BadFile("graphs nested too deep", deepGraph, .limitExceeded, "nested"),
    BadFile(
      "groups nested too deep",
      ONNX.model([.raw(Array(repeating: 0x0B, count: 200))]),
      .limitExceeded
    ),
    BadFile(
      "function that calls itself",
      functions { [ONNX.node("f0", ["a"], ["b"], domain: "local", field: 7)] },
      .modelInvalid,
      "calls itself"
    ),
    BadFile("functions that double 60 times", doubling, .limitExceeded, "inlining"),
    BadFile("functions nested too deep", chain, .limitExceeded, "nested"),
    BadFile(
      "function with too many operands",
      functions(call: ["x", "x"]) { [ONNX.node("Relu", ["a"], ["b"], field: 7)] },
      .modelInvalid,
      "operands"
    ),
    BadFile(
      "function without its result",
      functions { [ONNX.node("Relu", ["a"], ["c"], field: 7)] },
      .modelInvalid,
      "result"
    ),
    BadFile(
      "function reads what it has not",
      functions { [ONNX.node("Relu", ["x"], ["b"], field: 7)] },
      .modelInvalid,
      "\"x\""
    ),
    BadFile(
      "function without name",
      ONNX.model([], more: [.message(25, [])]),
      .modelInvalid,
      "no name"
    ),
    BadFile(
      "function twice",
      ONNX.model(
        [],
        more: [
          ONNX.function("f", inputs: [], outputs: [], nodes: []),
          ONNX.function("f", inputs: [], outputs: [], nodes: []),
        ]
      ),
      .modelInvalid,
      "twice"
    ),
    BadFile(
      "function operand twice",
      functions(formals: ["a", "a"]) { [] },
      .modelInvalid,
      "two values"
    ),
  ]

  static let deepGraph: [UInt8] = {
    var parts: [ONNX.Part] = [ONNX.node("Relu", ["x"], ["i"])]
    for _ in 0..<60 { parts = [ONNX.node("If", ["x"], [], attributes: [ONNX.graph("g", parts)])] }
    return ONNX.model(parts + [ONNX.input("x")])
  }()

  static func functions(
    call: [String] = ["x"],
    formals: [String] = ["a"],
    _ nodes: () -> [ONNX.Part]
  ) -> [UInt8] {
    ONNX.model(
      [ONNX.node("f0", call, ["y"], domain: "local"), ONNX.input("x"), ONNX.output("y")],
      more: [ONNX.function("f0", inputs: formals, outputs: ["b"], nodes: nodes())]
    )
  }

  /// Each function calls the next one twice: 2^60 nodes from two kilobytes.
  static let doubling: [UInt8] = ONNX.model(
    [ONNX.node("f0", ["x"], ["y"], domain: "local"), ONNX.input("x"), ONNX.output("y")],
    more: (0..<60).map { index in
      ONNX.function(
        "f\(index)",
        inputs: ["a"],
        outputs: ["b"],
        nodes: [
          ONNX.node("f\(index + 1)", ["a"], ["t"], domain: "local", field: 7),
          ONNX.node("f\(index + 1)", ["t"], ["b"], domain: "local", field: 7),
        ]
      )
    }
  )

  /// Each function calls the next one, five thousand of them.
  static let chain: [UInt8] = ONNX.model(
    [ONNX.node("f0", ["x"], ["y"], domain: "local"), ONNX.input("x"), ONNX.output("y")],
    more: (0..<5_000).map { index in
      ONNX.function(
        "f\(index)",
        inputs: ["a"],
        outputs: ["b"],
        nodes: [ONNX.node("f\(index + 1)", ["a"], ["b"], domain: "local", field: 7)]
      )
    }
  )
}
