import ByteIO
import FuzzSupport
import TestSupport
import Testing
import WireFormats

/// Small inputs with a little of everything, made by the builders of the tests.
@Suite struct SeedTests {
  private typealias Part = ProtobufBuilder

  private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  // MARK: - Syntaxes

  @Test func `messages`() throws {
    let inner: Part = .message(1, [.int(2, 300), .float(4, 1.5), .text(6, "name")])
    let parts: [Part] = [
      inner, .packed(3, [1, -1, 70_000]), .packed(5, floats: [1, 2]), .fixed64(8, 7),
      .group(9, [.int(1, 1)]), .message(1, [inner]),
    ]
    try expectSeed(Part(parts).bytes, "protobuf", "fields")
  }

  @Test func `tables`() throws {
    let inner: TableDescription = [0: .uint32(1), 1: .int64(-1), 3: .string("inner")]
    let root: TableDescription = [
      0: .table(inner), 1: .uint8(1), 2: .table(inner), 3: .string("text"), 4: .bytes([1, 2, 3]),
      5: .tables([inner, inner]), 6: .strings(["a", "b"]), 7: .floats([1, 2]),
    ]
    try expectSeed(flatBuffer(root), "flatbuffer", "fields")
    try expectSeed(
      text("a\0b\0") + [2, 4, 5, 2, 1, 2, 1, 3, 4, 4, 6, 0x24, 1],
      "flexbuffer",
      "map"
    )
  }

  @Test func `archives`() throws {
    var writer = ZIPWriter()
    _ = writer.append("config.json", text("{}"))
    _ = writer.append("a/b.npy", [1, 2, 3])
    try expectSeed(writer.finish(), "zip", "stored")
    try expectSeed(TestArchive.bytes(name: "a.txt", content: text("text")), "zip", "one")
    // A stored block (RFC 1951, 3.2.4), and a block of fixed codes that ends at once.
    try expectSeed([3, 0, 1, 3, 0, 0xFC, 0xFF, 1, 2, 3], "inflate", "stored")
    try expectSeed([0, 0, 3, 0], "inflate", "fixed")
  }

  @Test func `checkpoints`() throws {
    let header: [UInt8] = Part([.int(1, 1), .message(3, [.int(1, 1)])]).bytes
    let shape: Part = .message(2, [.message(2, [.int(1, 2)])])
    let entry = Part([.int(1, 1), shape, .int(4, 0), .int(5, 8), .raw([0x35, 1, 2, 3, 4])]).bytes
    let block = SortedTableBuilder.block([
      (key: [], value: header), (key: text("layer/bias"), value: entry),
      (key: text("layer/kernel"), value: entry),
    ])
    try expectSeed(block, "checkpoint-block", "variables")
    try expectSeed(SortedTableBuilder.table(block), "checkpoint", "variables")
    // One literal of up to 60 bytes after the length (Snappy's format description).
    let short = SortedTableBuilder.block([(key: [], value: header)])
    let literal = Part.varint(UInt64(short.count)) + [UInt8((short.count - 1) << 2)] + short
    try expectSeed(literal, "snappy", "literal")
    try expectSeed(
      Part.varint(8) + [0, 0x61, 0x0D, 1],
      "snappy",
      "copy"
    )
    let attribute: Part = .message(
      2,
      [.text(1, "VARIABLE_VALUE"), .text(2, "w"), .text(3, "w/.ATTRIBUTES/VARIABLE_VALUE")]
    )
    let root: [Part] = [
      .message(1, [.int(1, 1), .text(2, "w")]),
      .message(3, [.int(1, 1), .text(2, "m"), .int(3, 2)]),
    ]
    let graph = Part([.message(1, root), .message(1, [attribute]), .message(1, [])]).bytes
    try expectSeed(graph, "object-graph", "variables")
  }

  @Test func `arrays and text`() throws {
    let values = ByteSource([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]).bytes
    let array = NPYArray(type: "f4", sizes: [2], elements: values)
    try expectSeed(array.serialized(), "npy", "floats")
    let json5 =
      "// note\n{ a: 1, 'b': [0x1F, .5, -Infinity, +1e3, 'x\\n\\u00e9',], $c: null, /**/ }"
    try expectSeed(text(json5), "json5", "everything")
    try expectSeed(
      text(#"{"a": [1, -2.5e3, true, null, "\ud83d\ude00\n"], "b": {"c": NaN}}"#),
      "json",
      "everything"
    )
    let quantities =
      #"{ a: ["5 MB", "1.5 KiB", "2 %", "50 ms", "3.2 GB/s", "480 MHz", "300 M", 7, "7"], "#
      + #"b: { colour: "red", c: [null, true, -1, 2.5, "5 mb", "1.0001 B"] } }"#
    try expectSeed(text(quantities), "decoded", "quantities")
    try expectSeed(text(String(repeating: "sizes of text ", count: 20)), "sizes", "text")
    try expectSeed(text("a\u{1B}[2J\u{202E}b\n::error::\u{FEFF}é"), "text", "controls")
  }

  // MARK: - Decisions

  private static let policy = """
    { schema: "analyze.policy/1",
      budgets: [{ models: ["models/*"],
        fileBytes: { max: "1 MB", growth: "2 %", onUnknown: "warn" },
        macs: { max: "300 M", onUnknown: "warn" },
        sparsity: { min: "10 %", level: "warn", onUnknown: "warn" },
        layers: { conv: { weightBytes: { max: "10 kB", onUnknown: "warn" } } },
        total: { fileBytes: { max: "20 MB" } } }] }
    """

  @Test func `policies`() throws {
    try expectSeed(text(Self.policy), "policy", "everything")
    let passes = #"{schema:"analyze.policy/1",budgets:[{models:"**",fileBytes:{max:"1 MB"}}]}"#
    try expectSeed(text(passes), "policy", "passes")
  }

  @Test func `rules`() throws {
    try expectSeed(
      text(
        """
        { schema: "analyze.target/1", name: "small", title: "A small one", source: "none",
          checked: "2026-01-01", operators: { tflite: [{ name: "CONV_2D" }] } }
        """
      ),
      "rules",
      "small"
    )
  }

  @Test func `reports`() throws {
    let report =
      #"{"schema": "analyze.report/1", "model": {"path": "m", "format": "onnx", "sha256": null}, "#
      + #""totals": {"operators": 1, "fileBytes": 9, "parameters": 2, "macs": null}, "#
      + #""bytes": [{"category": "weights", "bytes": 9}], "operators": [], "findings": []}"#
    try expectSeed(text(report), "baseline", "report")
    let hash = String(repeating: "0", count: 64)
    let sensitivity =
      #"{"schema": "analyze.sensitivity/1", "model": {"sha256": "\#(hash)"}, "#
      + #""calibration": {"samples": 8}, "metric": "kl", "baseline": {"accuracy": 0.9}, "#
      + #""sites": [{"id": "s", "kind": "weights", "operator": 0, "name": "c", "tensor": "t", "#
      + #""parameters": 4, "bytes": 16}], "measurements": [{"site": "s", "action": "int8", "#
      + #""bytes": 4, "divergence": {"mean": 0.1, "low": 0, "high": 0.2}}]}"#
    try expectSeed(text(sensitivity), "sensitivity", "one")
  }

  @Test func `small texts`() throws {
    try expectSeed(
      text("scale=1/127.5:2:3,offset=-1,resize=bilinear,crop=center,channels=rgb"),
      "preprocessing",
      "text"
    )
    try expectSeed(
      text(#"{scale: ["1/255"], offset: 0.5, crop: "none"}"#),
      "preprocessing",
      "json5"
    )
    try expectSeed(text("models/**/*.tflite\nmodels/a/b.tflite"), "pattern", "stars")
    let calls = [
      "report\nm.tflite\n--format\njson\n--shape\nx=1x2\n--batch\n2", "gate\n--policy\np.json5\nm",
      "run\nm.onnx\n--limit\ntensor-bytes=1", "plan\nm\n--budget\nsize<=10kB", "--help",
    ]
    for (index, call) in calls.enumerated() {
      try expectSeed(text(call), "command-line", "call\(index)")
    }
  }

  @Test func `journals`() throws {
    let directory = try TemporaryDirectory()
    let log = try RecordLog.create(directory.path + "/journal")
    try log.append([1, 2, 3])
    try log.append([])
    let bytes = try ByteSource.mapping(path: directory.path + "/journal").bytes.array
    try expectSeed(bytes, "journal", "two")
  }

  /// A picture of one pixel: the smallest that both libraries read.
  @Test func `pictures`() throws {
    // Width, height, 8 bits, grey; one row: filter 0, value 127, in a stored block.
    let header: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]
    let row: [UInt8] = [0x78, 1, 1, 2, 0, 0xFD, 0xFF, 0, 0x7F, 0, 0x81, 0, 0x80]
    func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
      let body = text(name) + content
      func word(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
      return word(UInt32(content.count)) + body + word(Deflate.checksum(body))
    }
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    try expectSeed(
      signature + chunk("IHDR", header) + chunk("IDAT", row) + chunk("IEND", []),
      "picture",
      "grey.png"
    )
  }

  // MARK: - Models

  @Test func `graphs`() throws {
    let shape: Part = .message(2, [.message(2, [.int(1, 2)])])
    func node(_ parts: [Part], _ attributes: [(String, Part)] = []) -> Part {
      .message(
        1,
        parts + attributes.map { .message(5, [.text(1, $0.0), .message(2, [$0.1])]) }
      )
    }
    let graph: [Part] = [
      node(
        [.text(1, "x"), .text(2, "Placeholder")],
        [("dtype", .int(6, 1)), ("shape", .message(7, [.message(2, [.int(1, 2)])]))]
      ),
      node(
        [.text(1, "w"), .text(2, "Const")],
        [
          ("dtype", .int(6, 1)),
          ("value", .message(8, [.int(1, 1), shape, .packed(5, floats: [1, 2])])),
        ]
      ),
      node([.text(1, "y"), .text(2, "AddV2"), .text(3, "x"), .text(3, "w")], [("T", .int(6, 1))]),
    ]
    try expectSeed(Part(graph).bytes, "graphdef", "sum")
    let info: Part = .message(
      5,
      [
        .text(1, "serving_default"),
        .message(2, [.message(1, [.text(1, "x"), .message(2, [.text(1, "x:0"), .int(2, 1)])])]),
        .message(2, [.message(2, [.text(1, "y"), .message(2, [.text(1, "y:0"), .int(2, 1)])])]),
      ]
    )
    let meta: Part = .message(2, [.message(1, [.text(4, "serve")]), .message(2, graph), info])
    let saved = Part([.int(1, 1), meta]).bytes
    let sizes = ProtobufBuilder.littleEndian(UInt16(saved.count))
    try expectSeed(sizes + [0, 0] + saved, "savedmodel", "no variables")
    let index = SortedTableBuilder.table(
      SortedTableBuilder.block([
        (key: [], value: Part.int(1, 1).bytes),
        (
          key: text("w"),
          value: Part([.int(1, 1), shape, .int(5, 8), .raw([0x35, 1, 2, 3, 4])]).bytes
        ),
      ])
    )
    let indexSize = ProtobufBuilder.littleEndian(UInt16(index.count))
    try expectSeed(
      sizes + indexSize + saved + index + [0, 0, 0, 0, 1, 2, 3, 4],
      "savedmodel",
      "one"
    )
  }

  @Test func `weights beside a model`() throws {
    let location = ONNX.external([(key: "location", value: "weights.bin")])
    let model = ONNX.model([
      ONNX.node("Add", ["x", "w"], ["y"]), ONNX.input("x", [1, 4]), ONNX.output("y"),
      ONNX.initializer("w", [ONNX.extents([4], type: 1), location]),
    ])
    let size = ProtobufBuilder.littleEndian(UInt16(model.count))
    let weights = ProtobufBuilder.littleEndian(UInt64(1)) + ProtobufBuilder.littleEndian(UInt64(2))
    try expectSeed(size + model + weights, "onnx-external", "one")
  }

  @Test func `random choices`() throws {
    try expectSeed((0..<200).map { UInt8(truncatingIfNeeded: $0 &* 37) }, "operators", "bytes")
    try expectSeed((0..<200).map { UInt8(truncatingIfNeeded: $0 &* 53 &+ 1) }, "kernels", "bytes")
  }
}
