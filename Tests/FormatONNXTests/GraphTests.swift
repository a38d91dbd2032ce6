import ByteIO
import FormatONNX
import ModelIR
import TestSupport
import Testing

@Suite struct GraphTests {
  @Test func `names connect values, and everything known of them is kept`() throws {
    let model = try load(
      ONNX.model([
        ONNX.node("MatMul", ["x", "w"], ["h"], name: "/block/dense/MatMul"),
        ONNX.node("Relu", ["h"], ["y"]),
        ONNX.floats(initializer: "w", [4, 2], Array(repeating: 1, count: 8)),
        ONNX.input("x", ["batch", 4]), ONNX.output("y", [.unknown, 2]),
        ONNX.valueInfo(13, "h", ["batch", 2]),
      ])
    )
    let main = model.main
    #expect(main.name == "main")
    #expect(main.nodes.map(\.op.name) == ["matMul", "relu"])
    #expect(main.nodes.map(\.name) == ["/block/dense/MatMul", "y"])
    #expect(main.nodes[0].origin.layer == "block/dense")
    #expect(main.nodes[1].origin.path == "graph.node[1]")
    #expect(try model.value("x").shape == .ranked([.symbolic("batch"), 4]))
    #expect(try model.value("h").shape == .ranked([.symbolic("batch"), 2]))
    #expect(try model.value("y").shape == .ranked([.unknown, 2]))
    #expect(try model.value("w").byteCount == 32)
    #expect(main.inputs.map { main[$0].name } == ["x"])
    #expect(model.metadata.contains(MetadataEntry("producer", "tests")))
    #expect(model.metadata.contains(MetadataEntry("opset ai.onnx", "17")))
  }

  @Test func `weights in the file are not copied`() throws {
    let bytes = ByteSource(
      ONNX.model([
        ONNX.node("Mul", ["x", "w"], ["y"]), ONNX.floats(initializer: "w", [2], [1, 2]),
        ONNX.input("x"), ONNX.output("y"),
      ])
    )
    let model = try ONNXFormat.load(bytes.bytes, path: "m")
    guard case .mapped(let range)? = try model.value("w").constant else {
      Issue.record("not mapped")
      return
    }
    #expect(range.source === bytes)
    #expect(try range.float32(at: 4) == 2)
  }

  @Test func `an initializer among the inputs is a constant`() throws {
    let model = try load(
      ONNX.model(
        irVersion: 3,
        [
          ONNX.node("Mul", ["x", "w"], ["y"]), ONNX.floats(initializer: "w", [2], [1, 2]),
          ONNX.input("x"), ONNX.input("w", [2]), ONNX.output("y"),
        ]
      )
    )
    #expect(model.main.inputs.map { model.main[$0].name } == ["x"])
    #expect(model.codes == ["F31"])
  }

  @Test func `unsorted nodes are sorted and keep their order otherwise`() throws {
    let model = try load(
      ONNX.model([
        ONNX.node("Add", ["b", "c"], ["y"]), ONNX.node("Neg", ["x"], ["c"]),
        ONNX.node("Abs", ["x"], ["b"]), ONNX.input("x"), ONNX.output("y"),
      ])
    )
    #expect(model.main.nodes.map(\.op.name) == ["neg", "abs", "add"])
    #expect(model.codes == ["F32"])
  }

  @Test func `graphs in nodes capture what is around them`() throws {
    let branch: [ONNX.Part] = [
      ONNX.node("Add", ["h", "w"], ["inner"]), ONNX.output("inner"),
    ]
    let nested: [ONNX.Part] = [
      ONNX.node(
        "If",
        ["c"],
        ["deep"],
        attributes: [ONNX.graph("then_branch", branch), ONNX.graph("else_branch", branch)]
      ),
      ONNX.output("deep"),
    ]
    let model = try load(
      ONNX.model([
        ONNX.node("Relu", ["x"], ["h"]),
        ONNX.node(
          "If",
          ["c"],
          ["y"],
          attributes: [ONNX.graph("then_branch", nested), ONNX.graph("else_branch", branch)]
        ),
        ONNX.floats(initializer: "w", [4], [1, 2, 3, 4]),
        ONNX.input("x"), ONNX.input("c", [], type: 9), ONNX.output("y"),
      ])
    )
    #expect(model.graphs.count == 5)
    let node = try #require(model.main.nodes.last)
    #expect(node.attributes.described == ["elseGraph=graph 4", "thenGraph=graph 1"])
    // The graph in between captures for the ones inside it: c, h and w.
    #expect(model.graphs[1].captures.count == 3)
    #expect(model.graphs[2].captures.count == 2)
    for capture in model.graphs[2].captures {
      #expect(
        model.graphs[1][capture.outer].name == model.graphs[2][capture.inner].name
      )
    }
    #expect(model.graphs[2].nodes[0].origin.path.hasPrefix("graph.node[1].attribute[0].g.node[0]"))
  }

  @Test func `what a nested graph reads is computed before it`() throws {
    let branch: [ONNX.Part] = [ONNX.node("Neg", ["h"], ["i"]), ONNX.output("i")]
    let model = try load(
      ONNX.model([
        ONNX.node(
          "If",
          ["c"],
          ["y"],
          attributes: [ONNX.graph("then_branch", branch), ONNX.graph("else_branch", branch)]
        ),
        ONNX.node("Relu", ["x"], ["h"]), ONNX.input("x"), ONNX.input("c"), ONNX.output("y"),
      ])
    )
    #expect(model.main.nodes.map(\.op.name) == ["relu", "if"])
  }

  @Test func `functions are inlined with their attributes`() throws {
    let model = try load(
      ONNX.model(
        opsets: [("", 17), ("local", 1)],
        [
          ONNX.node(
            "Scaled",
            ["x"],
            ["h"],
            name: "first",
            domain: "local",
            attributes: [ONNX.float("slope", 0.5)]
          ),
          ONNX.node("Scaled", ["h"], ["y"], name: "second", domain: "local"),
          ONNX.input("x"), ONNX.output("y"),
        ],
        more: [
          ONNX.function(
            "Scaled",
            inputs: ["a"],
            outputs: ["b"],
            defaults: [ONNX.attribute("slope", type: 1, [.float(2, 0.25)], field: 11)],
            nodes: [
              ONNX.node("Abs", ["a"], ["t"], field: 7),
              ONNX.node(
                "LeakyRelu",
                ["t"],
                ["b"],
                attributes: [ONNX.reference("alpha", to: "slope", type: 1)],
                field: 7
              ),
            ]
          )
        ]
      )
    )
    let main = model.main
    #expect(main.nodes.map(\.op.name) == ["abs", "leakyRelu", "abs", "leakyRelu"])
    #expect(main.nodes[1].attributes.described == ["alpha=0.5"])
    #expect(main.nodes[3].attributes.described == ["alpha=0.25"])
    #expect(main.nodes[0].name == "first/t")
    #expect(try model.value("second/t").name == "second/t")
    #expect(main.nodes[3].outputs == main.outputs.map(Optional.some))
    #expect(model.codes == ["F38"])
    #expect(model.byteCount(.unattributed) == 0)
  }

  @Test func `a function that gives back its operand becomes an identity`() throws {
    let model = try load(
      ONNX.model(
        opsets: [("", 17), ("local", 1)],
        [ONNX.node("Same", ["x"], ["y"], domain: "local"), ONNX.input("x"), ONNX.output("y")],
        more: [ONNX.function("Same", inputs: ["a"], outputs: ["a"], nodes: [])]
      )
    )
    #expect(model.main.nodes.map(\.op.name) == ["identity"])
  }

  @Test func `constant nodes are folded, whatever they hold`() throws {
    func constant(_ name: String, _ attribute: ONNX.Part) -> ONNX.Part {
      ONNX.node("Constant", [], [name], attributes: [attribute])
    }
    let model = try load(
      ONNX.model([
        constant("f", ONNX.float("value_float", 2)), constant("i", ONNX.int("value_int", -3)),
        constant("fs", ONNX.floats("value_floats", [1, 2])),
        constant("is", ONNX.ints("value_ints", [4, 5, 6])),
        constant("s", ONNX.string("value_string", "abc")),
        constant("ss", ONNX.strings("value_strings", ["a", "bc"])),
        constant(
          "t",
          ONNX.tensor(
            "value",
            [ONNX.extents([2], type: 1), .bytes(9, [0, 0, 0, 0, 0, 0, 128, 63])]
          )
        ),
        ONNX.node("Add", ["x", "f"], ["y"]), ONNX.input("x"), ONNX.output("y"),
      ])
    )
    #expect(model.main.nodes.count == 1)
    #expect(try model.value("f").constant?.bytes?.float32(at: 0) == 2)
    #expect(try model.value("i").constant?.bytes?.int64(at: 0) == -3)
    #expect(try model.value("fs").shape == .fixed([2]))
    #expect(try model.value("is").constant?.bytes?.int64(at: 16) == 6)
    #expect(try model.value("t").constant?.bytes?.float32(at: 4) == 1)
    guard case .strings(let texts, let fileBytes)? = try model.value("ss").constant else {
      Issue.record("no text")
      return
    }
    #expect(texts == [[97], [98, 99]])
    #expect(fileBytes == 3)
  }

  @Test func `sequences and maps have no tensor type`() throws {
    let sequence = ONNX.Part.message(
      11,
      [
        .text(1, "x"),
        .message(2, [.message(4, [.message(1, [.message(1, [.int(1, 1)])])])]),
      ]
    )
    let model = try load(
      ONNX.model([ONNX.node("SequenceLength", ["x"], ["y"]), sequence, ONNX.output("y")])
    )
    #expect(try model.value("x").type == .variant)
    #expect(try model.value("x").shape == .unknownRank)
  }

  @Test func `an annotation gives a value its scale`() throws {
    let model = try load(
      ONNX.model([
        ONNX.node("Relu", ["x"], ["y"]), ONNX.floats(initializer: "s", [1], [0.5]),
        ONNX.initializer("z", [ONNX.extents([1], type: 3), .bytes(9, [0xFE])]),
        ONNX.input("x"), ONNX.output("y"),
        .message(
          14,
          [
            .text(1, "y"), .message(2, [.text(1, "SCALE_TENSOR"), .text(2, "s")]),
            .message(2, [.text(1, "ZERO_POINT_TENSOR"), .text(2, "z")]),
          ]
        ),
      ])
    )
    #expect(
      try model.value("y").quantization
        == Quantization(granularity: .perTensor, scales: [0.5], zeroPoints: [-2])
    )
    #expect(model.byteCount(.quantization) > 0)
  }

  @Test func `files of other operator sets and writers are read with a note`() throws {
    let graph = [ONNX.node("Relu", ["x"], ["y"]), ONNX.input("x", [-1, 4]), ONNX.output("y")]
    let model = try load(
      ONNX.model(irVersion: 99, opsets: [("", 99)], graph, more: [.int(999, 1)])
    )
    #expect(model.codes == ["F36", "F36", "F40", "F45"])
    #expect(model.byteCount(.unattributed) == 3)
    #expect(try load(ONNX.model(opsets: [], graph)).codes.first == "F37")
  }

  @Test func `dead and duplicate weights are found on request`() throws {
    let values = (0..<32).map(Float.init)
    var model = try load(
      ONNX.model([
        ONNX.node("Add", ["x", "a"], ["t"]), ONNX.node("Add", ["t", "b"], ["u"]),
        ONNX.node("Add", ["u", "c"], ["y"]),
        ONNX.floats(initializer: "a", [32], values), ONNX.floats(initializer: "b", [32], values),
        ONNX.floats(initializer: "c", [32], values.reversed()),
        ONNX.floats(initializer: "d", [32], values), ONNX.input("x"), ONNX.output("y"),
      ])
    )
    #expect(model.byteCount(.weights) == 512)
    model.labelSpareWeights()
    #expect(model.byteCount(.weights) == 256)
    #expect(model.byteCount(.duplicates) == 128)
    #expect(model.byteCount(.deadWeights) == 128)
  }

  @Test func `probing goes by structure`() throws {
    let model = ONNX.model([ONNX.node("Relu", ["x"], ["y"]), ONNX.input("x"), ONNX.output("y")])
    #expect(ONNXFormat.probe(ByteSource(model).bytes))
    #expect(ONNXFormat.probe(ByteSource(Array(model.dropLast(20))).bytes))
    // A frozen GraphDef begins with nodes, a SavedModel with its version and a graph.
    #expect(
      !ONNXFormat.probe(ByteSource(ProtobufBuilder([.text(1, "n"), .text(4, "")]).bytes).bytes)
    )
    #expect(
      !ONNXFormat.probe(ByteSource(ProtobufBuilder([.int(1, 1), .text(2, "g")]).bytes).bytes)
    )
    for other in ["", "TFL3", "PK\u{3}\u{4}", "<html>", "version https://git-lfs"] {
      #expect(!ONNXFormat.probe(ByteSource(Array(other.utf8)).bytes), "\(other)")
    }
  }
}
