import ByteIO
import FormatONNX
import ModelIR
import TestSupport
import Testing

/// A file that must be refused, and how.
struct BadFile: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  let code: ErrorCode
  /// Part of the message.
  let words: String

  init(_ name: String, _ bytes: [UInt8], _ code: ErrorCode, _ words: String = "") {
    self.name = name
    self.bytes = bytes
    self.code = code
    self.words = words
  }

  /// A model whose graph computes `y` from `x` and has these parts too.
  init(_ name: String, graph: [ONNX.Part], _ code: ErrorCode, _ words: String = "") {
    let rest = [ONNX.node("Identity", ["x"], ["y"]), ONNX.input("x"), ONNX.output("y")]
    self.init(name, ONNX.model(rest + graph), code, words)
  }

  /// A model with an initializer `w` of these fields.
  init(_ name: String, tensor: [ONNX.Part], _ code: ErrorCode, _ words: String = "") {
    self.init(name, graph: [ONNX.initializer("w", tensor)], code, words)
  }

  /// A model with a node of these attributes.
  init(
    _ name: String,
    node: String,
    _ attributes: [ONNX.Part],
    _ code: ErrorCode,
    _ words: String = ""
  ) {
    let part = ONNX.node(node, ["x"], ["z"], attributes: attributes)
    self.init(name, graph: [part], code, words)
  }

  var testDescription: String { name }
}

@Suite struct BadFileTests {
  static let files: [BadFile] =
    foreign + structure + names + tensors + external + attributes + bombs

  static let foreign: [BadFile] = [
    BadFile("empty", [], .modelTruncated, "empty"),
    BadFile(
      "LFS pointer",
      Array("version https://git-lfs.github.com/spec/v1\noid".utf8),
      .modelUnsupported,
      "LFS"
    ),
    BadFile("web page", Array("\n <!DOCTYPE html><html>".utf8), .modelUnsupported, "web page"),
    BadFile("web page without doctype", Array("<html><body>".utf8), .modelUnsupported, "web page"),
    BadFile("gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0], .modelUnsupported, "gzip"),
    BadFile("ZIP", [0x50, 0x4B, 3, 4, 0, 0], .modelUnsupported, "ZIP"),
    BadFile("zeros", Array(repeating: 0, count: 64), .modelInvalid, "field number 0"),
    BadFile("text", Array("hello, world".utf8), .modelInvalid),
    BadFile("only a version", [8, 8], .modelInvalid, "no graph"),
  ]

  static let structure: [BadFile] = [
    BadFile("two graphs", ONNX.model([], more: [.message(7, [])]), .modelInvalid, "two graphs"),
    BadFile("graph is a number", [8, 8, 0x38, 1], .modelInvalid, "graph (field 7)"),
    BadFile(
      "version is text",
      ProtobufBuilder([.text(1, "8"), .message(7, [])]).bytes,
      .modelInvalid
    ),
    BadFile("cut in the graph", Array(ONNX.model([ONNX.input("x")]).dropLast(3)), .modelTruncated),
    BadFile("node is a number", graph: [.int(1, 1)], .modelInvalid, "node (field 1)"),
    BadFile(
      "node without operator",
      graph: [.message(1, [.text(2, "z")])],
      .modelInvalid,
      "no operator"
    ),
    BadFile(
      "operator with empty name",
      graph: [ONNX.node("", ["x"], ["z"])],
      .modelInvalid,
      "no operator"
    ),
    BadFile(
      "operand is a number",
      graph: [.message(1, [.int(1, 4), .text(4, "Relu")])],
      .modelInvalid
    ),
    BadFile(
      "varint without end",
      ONNX.model([.raw([0x08] + Array(repeating: 0xFF, count: 12))]),
      .modelInvalid
    ),
    BadFile("wire type 7", ONNX.model([.raw([0x0F])]), .modelInvalid, "wire type 7"),
    BadFile("group never ends", ONNX.model([.raw([0x0B])]), .modelTruncated),
    BadFile("opset import is a number", [8, 8, 0x40, 1], .modelInvalid),
    BadFile("training info is a number", ONNX.model([], more: [.int(20, 1)]), .modelInvalid),
  ]

  static let names: [BadFile] = [
    BadFile(
      "operand that nothing gives",
      graph: [ONNX.node("Relu", ["q"], ["z"])],
      .modelInvalid,
      "\"q\""
    ),
    BadFile("output that nothing gives", graph: [ONNX.output("q")], .modelInvalid, "\"q\""),
    BadFile("output without name", graph: [ONNX.output("")], .modelInvalid, "no name"),
    BadFile("input without name", graph: [ONNX.input("")], .modelInvalid, "no name"),
    BadFile("input twice", graph: [ONNX.input("x")], .modelInvalid, "two values"),
    BadFile("result twice", graph: [ONNX.node("Relu", ["x"], ["y"])], .modelInvalid, "two values"),
    BadFile(
      "two results of one name",
      graph: [ONNX.node("Split", ["x"], ["a", "a"])],
      .modelInvalid,
      "two values"
    ),
    BadFile(
      "result is an input",
      graph: [ONNX.node("Relu", ["y"], ["x"])],
      .modelInvalid,
      "two values"
    ),
    BadFile(
      "initializer twice",
      graph: [ONNX.floats(initializer: "w", [1], [1]), ONNX.floats(initializer: "w", [1], [1])],
      .modelInvalid,
      "two values"
    ),
    BadFile(
      "result is an initializer",
      graph: [ONNX.floats(initializer: "z", [1], [1]), ONNX.node("Relu", ["x"], ["z"])],
      .modelInvalid,
      "two values"
    ),
    BadFile(
      "node that reads itself",
      graph: [ONNX.node("Relu", ["z"], ["z"])],
      .modelInvalid,
      "circle"
    ),
    BadFile(
      "two nodes in a circle",
      graph: [ONNX.node("Relu", ["b"], ["a"]), ONNX.node("Relu", ["a"], ["b"])],
      .modelInvalid,
      "circle"
    ),
    BadFile(
      "circle through a nested graph",
      graph: [
        ONNX.node(
          "If",
          ["x"],
          ["z"],
          attributes: [
            ONNX.graph("then_branch", [ONNX.node("Relu", ["z"], ["i"]), ONNX.output("i")])
          ]
        )
      ],
      .modelInvalid,
      "circle"
    ),
    BadFile(
      "name of a nested graph used outside",
      graph: [
        ONNX.node(
          "If",
          ["x"],
          ["z"],
          attributes: [
            ONNX.graph("then_branch", [ONNX.node("Relu", ["x"], ["i"]), ONNX.output("i")])
          ]
        ),
        ONNX.node("Relu", ["i"], ["q"]),
      ],
      .modelInvalid,
      "\"i\""
    ),
    BadFile(
      "initializer without name",
      graph: [.message(5, [ONNX.extents([], type: 1)])],
      .modelInvalid,
      "no name"
    ),
  ]

  static let tensors: [BadFile] = [
    BadFile(
      "too few bytes",
      tensor: [ONNX.extents([2], type: 1), .bytes(9, [0, 0, 0, 0])],
      .modelInvalid,
      "\"w\""
    ),
    BadFile(
      "too many bytes",
      tensor: [ONNX.extents([1], type: 3), .bytes(9, [0, 0])],
      .modelInvalid,
      "wants 1"
    ),
    BadFile("no bytes", tensor: [ONNX.extents([2, 2], type: 1)], .modelInvalid, "wants 16"),
    BadFile("scalar without bytes", tensor: [.int(2, 1)], .modelInvalid, "scalar"),
    BadFile("negative extent", tensor: [ONNX.extents([-1], type: 1)], .modelInvalid, "negative"),
    BadFile("least extent", tensor: [ONNX.extents([Int.min], type: 1)], .modelInvalid, "negative"),
    BadFile(
      "product overflows",
      tensor: [ONNX.extents([1 << 40, 1 << 40], type: 1)],
      .modelInvalid,
      "64 bits"
    ),
    BadFile(
      "bytes overflow",
      tensor: [ONNX.extents([1 << 61], type: 11)],
      .modelInvalid,
      "64 bits"
    ),
    BadFile(
      "huge extent",
      tensor: [ONNX.extents([1 << 50], type: 2), .bytes(9, [1])],
      .modelInvalid
    ),
    BadFile(
      "65 axes",
      tensor: [ONNX.extents(Array(repeating: 1, count: 65), type: 2)],
      .limitExceeded,
      "axes"
    ),
    BadFile(
      "type 0",
      tensor: [ONNX.extents([1], type: 0), .bytes(9, [1])],
      .modelUnsupported,
      "UNDEFINED"
    ),
    BadFile(
      "six-bit type",
      tensor: [ONNX.extents([4], type: 27), .bytes(9, [1, 2, 3])],
      .modelUnsupported,
      "FLOAT6E2M3"
    ),
    BadFile(
      "type 99",
      tensor: [ONNX.extents([1], type: 99), .bytes(9, [1])],
      .modelUnsupported,
      "99"
    ),
    BadFile(
      "values in another type's field",
      tensor: [ONNX.extents([1], type: 1), .packed(5, [1])],
      .modelInvalid,
      "field 5"
    ),
    BadFile(
      "values twice",
      tensor: [ONNX.extents([1], type: 1), .packed(4, floats: [1]), .bytes(9, [0, 0, 0, 0])],
      .modelInvalid,
      "field 4 and in field 9"
    ),
    BadFile(
      "too few integers",
      tensor: [ONNX.extents([3], type: 7), .packed(7, [1, 2])],
      .modelInvalid
    ),
    BadFile(
      "too many small integers",
      tensor: [ONNX.extents([1], type: 3), .packed(5, [1, 2])],
      .modelInvalid
    ),
    BadFile(
      "packed integers cut",
      tensor: [ONNX.extents([1], type: 7), .bytes(7, [0x80])],
      .modelTruncated
    ),
    BadFile(
      "packed floats cut",
      tensor: [ONNX.extents([1], type: 1), .bytes(4, [0, 0])],
      .modelInvalid
    ),
    BadFile("floats as integers", tensor: [ONNX.extents([1], type: 1), .int(4, 1)], .modelInvalid),
    BadFile(
      "text in raw_data",
      tensor: [ONNX.extents([1], type: 8), .bytes(9, [65])],
      .modelInvalid,
      "string_data"
    ),
    BadFile(
      "too few texts",
      tensor: [ONNX.extents([2], type: 8), .text(6, "a")],
      .modelInvalid,
      "2 texts"
    ),
    BadFile(
      "segment",
      tensor: [ONNX.extents([1], type: 1), .message(3, [.int(1, 0)])],
      .modelUnsupported,
      "segment"
    ),
    BadFile("extents are floats", tensor: [.float(1, 2)], .modelInvalid, "dims"),
    BadFile("value with extent -2", graph: [ONNX.input("q", [-2])], .modelInvalid, "negative"),
    BadFile(
      "sparse without indices",
      graph: [.message(15, [.message(1, [ONNX.extents([0], type: 1), .text(8, "s")])])],
      .modelInvalid,
      "indices"
    ),
    BadFile("sparse index outside", graph: [sparse([9], dims: [4])], .modelInvalid, "outside"),
    BadFile("sparse index negative", graph: [sparse([-1], dims: [4])], .modelInvalid, "outside"),
    BadFile(
      "sparse with too many indices",
      graph: [sparse([1, 2], dims: [4])],
      .modelInvalid,
      "shape"
    ),
    BadFile(
      "sparse product overflows",
      graph: [sparse([1], dims: [1 << 40, 1 << 40])],
      .modelInvalid
    ),
  ]

  static func sparse(_ indices: [Int], dims: [Int]) -> ONNX.Part {
    .message(
      15,
      [
        .message(1, [ONNX.extents([1], type: 1), .text(8, "s"), .packed(4, floats: [1])]),
        .message(2, [ONNX.extents([indices.count], type: 7), .packed(7, indices)]),
        .packed(3, dims),
      ]
    )
  }

  static func data(_ entries: [(key: String, value: String)]) -> [ONNX.Part] {
    [ONNX.extents([1], type: 1), ONNX.external(entries)]
  }

  static let external: [BadFile] =
    [
      "../w", "a/../../w", "/etc/passwd", "", ".", "a//b", "a/", "a\\b", "a\u{0}",
      String(repeating: "a", count: 2_000),
    ].map { path in
      BadFile(
        "path \(path.prefix(12))",
        tensor: data([("location", path)]),
        .modelInvalid,
        "names the file"
      )
    } + [
      BadFile("no location", tensor: data([("offset", "0")]), .modelInvalid, "without a location"),
      BadFile(
        "negative offset",
        tensor: data([("location", "w"), ("offset", "-1")]),
        .modelInvalid,
        "offset"
      ),
      BadFile(
        "offset with sign",
        tensor: data([("location", "w"), ("offset", "+1")]),
        .modelInvalid,
        "offset"
      ),
      BadFile(
        "offset of 2^64",
        tensor: data([("location", "w"), ("offset", "18446744073709551616")]),
        .modelInvalid,
        "offset"
      ),
      BadFile(
        "length is text",
        tensor: data([("location", "w"), ("length", "four")]),
        .modelInvalid,
        "length"
      ),
      BadFile(
        "length is empty",
        tensor: data([("location", "w"), ("length", "")]),
        .modelInvalid,
        "length"
      ),
      BadFile(
        "length of another tensor",
        tensor: data([("location", "w"), ("length", "5")]),
        .modelInvalid,
        "wants 4"
      ),
      BadFile(
        "text outside",
        tensor: [ONNX.extents([1], type: 8), ONNX.external([("location", "w")])],
        .modelInvalid
      ),
    ]

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

  @Test func `there are enough of them, each with a name of its own`() {
    #expect(Self.files.count >= 60)
    #expect(Set(Self.files.map(\.name)).count == Self.files.count)
  }

  @Test(arguments: files)
  func `a bad file is refused with its code and a place`(file: BadFile) {
    let error = #expect(throws: ReadError.self) { try load(file.bytes) }
    #expect(error?.code == file.code, "\(error?.explanation ?? "")")
    #expect(
      file.words.isEmpty || error?.explanation.contains(file.words) == true,
      "\(error?.explanation ?? "")"
    )
  }

  @Test func `an error says where`() {
    let file = BadFile(
      "",
      graph: [ONNX.initializer("w", [ONNX.extents([2], type: 1), .bytes(9, [0])])],
      .modelInvalid
    )
    let error = #expect(throws: ReadError.self) { try load(file.bytes) }
    #expect(error?.path == "graph.initializer[0]")
    #expect(error?.offset != nil)
    #expect(error?.message == "tensor \"w\" (float32, 2) wants 8 bytes of values and has 1")
  }

  @Test func `a short external file is truncated`() throws {
    let directory = try TemporaryDirectory()
    try directory.write([0, 0], to: "w")
    let bytes = ONNX.model([
      ONNX.node("Relu", ["w"], ["y"]), ONNX.initializer("w", Self.data([("location", "w")])),
      ONNX.output("y"),
    ])
    let path = try directory.write(bytes, to: "m.onnx")
    let error = #expect(throws: ReadError.self) { try load(bytes, path: path) }
    #expect(error?.code == .modelTruncated)
    #expect(error?.file == "w")
  }
}
