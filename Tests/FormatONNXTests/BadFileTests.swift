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
