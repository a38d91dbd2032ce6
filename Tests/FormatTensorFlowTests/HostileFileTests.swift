import ByteIO
import FormatONNX
import FormatTFLite
import FormatTensorFlow
import Foundation
import ModelIR
import TestSupport
import Testing

/// Files that were made to harm: each gives a clean error or a finding, in bounded time and memory.
@Suite struct HostileFileTests {
  typealias Part = ProtobufBuilder

  // MARK: - Building

  static func node(
    _ name: String,
    _ op: String,
    _ inputs: [String] = [],
    _ attributes: [(String, Part)] = []
  ) -> Part {
    .message(1, nodeParts(name, op, inputs, attributes))
  }

  static func nodeParts(
    _ name: String,
    _ op: String,
    _ inputs: [String],
    _ attributes: [(String, Part)]
  ) -> [Part] {
    [.text(1, name), .text(2, op)] + inputs.map { .text(3, $0) }
      + attributes.map { .message(5, [.text(1, $0.0), .message(2, [$0.1])]) }
  }

  static func placeholder(_ name: String, _ sizes: [Int] = [2, 2]) -> Part {
    node(
      name,
      "Placeholder",
      [],
      [
        ("dtype", .int(6, 1)),
        ("shape", .message(7, sizes.map { .message(2, [.int(1, $0)]) })),
      ]
    )
  }

  static func constant(_ name: String, sizes: [Int], _ values: [Part]) -> Part {
    let shape: Part = .message(2, sizes.map { .message(2, [.int(1, $0)]) })
    return node(
      name,
      "Const",
      [],
      [("dtype", .int(6, 1)), ("value", .message(8, [.int(1, 1), shape] + values))]
    )
  }

  /// A function: arguments, nodes, results with what they read.
  static func function(
    _ name: String,
    _ arguments: [String],
    _ nodes: [[Part]],
    _ results: [(String, String)]
  ) -> Part {
    let signature: [Part] =
      [.text(1, name)] + arguments.map { .message(2, [.text(1, $0), .int(3, 1)]) }
      + results.map { .message(3, [.text(1, $0.0), .int(3, 1)]) }
    return .message(
      1,
      [.message(1, signature)] + nodes.map { .message(3, $0) }
        + results.map { .message(4, [.text(1, $0.0), .text(2, $0.1)]) }
    )
  }

  static func call(_ name: String, _ function: String, _ inputs: [String]) -> [Part] {
    nodeParts(name, "PartitionedCall", inputs, [("f", .message(10, [.text(1, function)]))])
  }

  static func load(_ parts: [Part]) throws -> Model {
    try TensorFlowFormat.load(ByteSource(parts.flatMap(\.bytes)).bytes, path: "bad.pb")
  }

  static func error(_ parts: [Part]) -> ReadError? {
    do {
      _ = try load(parts)
      return nil
    } catch {
      return error as? ReadError
    }
  }

  // MARK: - Named files

  @Test func `a function that calls itself is refused`() throws {
    let library: Part = .message(
      2,
      [Self.function("f", ["x"], [Self.call("inner", "f", ["x"])], [("y", "inner:output:0")])]
    )
    let found = try #require(
      Self.error([Self.placeholder("x"), .message(1, Self.call("c", "f", ["x"])), library])
    )
    #expect(found.code == .limitExceeded)
  }

  @Test func `functions that double each other's nodes are refused`() throws {
    var functions: [Part] = []
    for level in 0..<40 {
      let next = "f\(level + 1)"
      let first = Self.call("a", next, ["x"])
      let second = Self.call("b", next, ["a:output:0"])
      let sum = Self.nodeParts("s", "AddV2", ["a:output:0", "b:output:0"], [])
      functions.append(Self.function("f\(level)", ["x"], [first, second, sum], [("y", "s:z:0")]))
    }
    functions.append(
      Self.function("f40", ["x"], [Self.nodeParts("n", "Neg", ["x"], [])], [("y", "n:y:0")])
    )
    let found = try #require(
      Self.error([
        Self.placeholder("x"), .message(1, Self.call("c", "f0", ["x"])), .message(2, functions),
      ])
    )
    #expect(found.code == .limitExceeded)
  }

  @Test func `a graph that runs in a circle is refused`() throws {
    let found = try #require(
      Self.error([
        Self.node("a", "Neg", ["b"]), Self.node("b", "Neg", ["a"]), Self.node("c", "Neg", ["a"]),
      ])
    )
    #expect(found.code == .modelInvalid)
    let identities = try #require(
      Self.error([
        Self.node("a", "Identity", ["b"]), Self.node("b", "Identity", ["a"]),
        Self.node("c", "Neg", ["a"]),
      ])
    )
    #expect(identities.message.contains("depends on itself"))
  }

  @Test func `a small constant that asks for gigabytes is refused`() throws {
    let bomb = Self.constant("w", sizes: [1 << 16, 1 << 16], [.packed(5, floats: [1])])
    let found = try #require(Self.error([bomb, Self.node("n", "Neg", ["w"])]))
    #expect(found.code == .limitExceeded)
    let overflow = Self.constant("w", sizes: [1 << 40, 1 << 40], [.packed(5, floats: [1])])
    #expect(Self.error([overflow, Self.node("n", "Neg", ["w"])])?.code == .modelInvalid)
    let negative = Self.constant("w", sizes: [-5], [.packed(5, floats: [1])])
    #expect(Self.error([negative, Self.node("n", "Neg", ["w"])])?.code == .modelInvalid)
  }

  @Test func `a reference to nothing and a name that stands twice are refused`() {
    #expect(Self.error([Self.node("n", "Neg", ["nothing"])])?.code == .modelInvalid)
    #expect(
      Self.error([
        Self.placeholder("x"), Self.node("n", "Neg", ["x"]), Self.node("n", "Neg", ["x"]),
      ])?
      .code == .modelInvalid
    )
  }

  @Test func `operators that reach outside are found, used or not`() throws {
    let model = try Self.load([
      Self.placeholder("x"), Self.node("n", "Neg", ["x"]), Self.node("r", "ReadFile", ["x"]),
      .message(2, [Self.function("f", ["x"], [Self.nodeParts("p", "PyFunc", ["x"], [])], [])]),
    ])
    let finding = try #require(model.diagnostics.first { $0.code == "T03 outside-access" })
    #expect(finding.severity == .error)
    #expect(finding.message.contains("ReadFile (1)"))
    #expect(finding.message.contains("PyFunc (1)"))
  }

  @Test func `deep nesting costs nothing or is refused`() throws {
    // No schema goes deeper than a few messages: what is further inside is not followed.
    var inner: Part = .message(7, [])
    for _ in 0..<200 { inner = .message(1, [inner]) }
    let messages = Self.error([
      Self.placeholder("x"), Self.node("n", "LeakyRelu", ["x"], [("alpha", inner)]),
    ])
    #expect(messages == nil)
    // Groups have to be walked through to find their end.
    var group: Part = .int(1, 1)
    for _ in 0..<200 { group = .group(50, [group]) }
    let groups = Self.error([
      Self.placeholder("x"), .message(1, [.text(1, "n"), .text(2, "Neg"), group]),
    ])
    #expect(groups?.code == .limitExceeded)
  }

  // MARK: - Damage

  private static let small: [UInt8] =
    [
      placeholder("x"), constant("w", sizes: [2, 2], [.packed(5, floats: [1, 2, 3, 4])]),
      node("m", "MatMul", ["x", "w"]), node("y", "Relu", ["m"]),
    ].flatMap(\.bytes)

  @Test func `the fuzzer begins with a small graph`() throws {
    for target in ["graphdef", "pipeline"] { try expectSeed(Self.small, target, "small.pb") }
  }

  @Test func `every prefix gives an answer`() {
    for count in 0..<Self.small.count {
      let bytes = ByteSource(Array(Self.small.prefix(count))).bytes
      _ = TensorFlowFormat.probe(bytes)
      _ = try? TensorFlowFormat.load(bytes, path: "prefix.pb")
    }
  }

  @Test func `changed bytes give an answer`() {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for _ in 0..<4_000 {
      var bytes = Self.small
      for _ in 0..<3 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes[Int((state >> 33) % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: state >> 24)
      }
      let source = ByteSource(bytes).bytes
      if let model = try? TensorFlowFormat.load(source, path: "changed.pb") {
        #expect(model.ledger.totals().reduce(0) { $0 + $1.byteCount } == bytes.count)
      }
    }
  }

  // MARK: - Which format

  @Test func `graphs are told from other formats`() throws {
    let graph = ByteSource(Self.small).bytes
    #expect(TensorFlowFormat.probe(graph))
    #expect(!ONNXFormat.probe(graph))
    #expect(!TFLiteFormat.probe(graph))
    let folder = GoldenModelTests.examples
    for name in ["digits_cnn.onnx", "digits_cnn.tflite"] {
      #expect(!TensorFlowFormat.probe(try ByteSource.mapping(path: folder + "/" + name).bytes))
    }
    for name in ["digits_cnn_frozen.pb", "digits_cnn_savedmodel/saved_model.pb"] {
      let bytes = try ByteSource.mapping(path: folder + "/" + name).bytes
      #expect(TensorFlowFormat.probe(bytes))
      #expect(!ONNXFormat.probe(bytes))
    }
  }
}
