import ByteIO
import FormatONNX
import ModelIR
import TestSupport
import Testing

/// Bytes that no one wrote: none of them may trap, hang, or give numbers that do not add up.
@Suite struct MutationTests {
  /// A small file that has a bit of everything.
  static let seedFile: [UInt8] = ONNX.model(
    opsets: [("", 17), ("local", 1)],
    [
      ONNX.node(
        "Conv",
        ["x", "w", ""],
        ["h"],
        name: "/a/Conv",
        attributes: [
          ONNX.ints("strides", [1, 1]), ONNX.string("auto_pad", "SAME_UPPER"), ONNX.int("group", 1),
        ]
      ),
      ONNX.node("Act", ["h"], ["t"], domain: "local", attributes: [ONNX.float("slope", 0.5)]),
      ONNX.node(
        "Constant",
        [],
        ["k"],
        attributes: [
          ONNX.tensor("value", [ONNX.extents([2], type: 6), .packed(5, [1, -2])])
        ]
      ),
      ONNX.node(
        "If",
        ["c"],
        ["y"],
        attributes: [
          ONNX.graph("then_branch", [ONNX.node("Add", ["t", "k"], ["p"]), ONNX.output("p")]),
          ONNX.graph("else_branch", [ONNX.node("Neg", ["t"], ["q"]), ONNX.output("q")]),
        ]
      ),
      ONNX.floats(initializer: "w", [1, 1, 1, 2], [1, 2]),
      ONNX.initializer("s", [ONNX.extents([1], type: 8), .text(6, "text")]),
      ONNX.initializer("e", [ONNX.extents([1], type: 1), ONNX.external([("location", "e.bin")])]),
      BadFileTests.sparse([1], dims: [4]).renamed,
      ONNX.input("x", ["n", 1, .unknown, 4]), ONNX.input("c", [], type: 9), ONNX.output("y"),
      ONNX.valueInfo(13, "h", [1, 1, 4, 4]),
      .message(14, [.text(1, "h"), .message(2, [.text(1, "SCALE_TENSOR"), .text(2, "w")])]),
    ],
    more: [
      ONNX.function(
        "Act",
        inputs: ["a"],
        outputs: ["b"],
        attributes: ["slope"],
        nodes: [
          ONNX.node(
            "LeakyRelu",
            ["a"],
            ["b"],
            attributes: [ONNX.reference("alpha", to: "slope", type: 1)],
            field: 7
          )
        ]
      ),
      .message(14, [.text(1, "key"), .text(2, "value")]),
      .group(99, [.int(1, 1)]),
    ]
  )

  /// Loads, and checks what must hold for every file that is accepted.
  private func check(_ bytes: [UInt8], _ what: @autoclosure () -> String) {
    let source = ByteSource(bytes).bytes
    _ = ONNXFormat.probe(source)
    do throws(ReadError) {
      let model = try ONNXFormat.load(source, path: "/nonexistent/m.onnx")
      let total = model.ledger.totals().reduce(0) { $0 + $1.byteCount }
      if total != bytes.count { Issue.record("\(what()): the ledger sums to \(total)") }
    } catch {
      let isExpected: [ErrorCode] = [
        .modelTruncated, .modelInvalid, .modelUnsupported, .limitExceeded,
      ]
      if !isExpected.contains(error.code) { Issue.record("\(what()): \(error)") }
      if let offset = error.offset, offset > bytes.count, error.file == nil {
        Issue.record("\(what()): offset \(offset) of \(bytes.count)")
      }
    }
  }

  @Test func `the seed itself loads`() throws {
    for target in ["onnx", "protobuf", "pipeline"] {
      try expectSeed(Self.seedFile, target, "small.onnx")
    }
    let model = try load(Self.seedFile)
    #expect(model.graphs.count == 3)
    #expect(model.main.nodes.map(\.op.name) == ["convolution", "leakyRelu", "if"])
  }

  @Test func `every prefix of a small file is refused or adds up`() {
    for length in Self.seedFile.indices {
      check(Array(Self.seedFile[..<length]), "prefix \(length)")
    }
  }

  @Test func `every byte may become any of nine values`() {
    let values: [UInt8] = [0, 1, 2, 0x0A, 0x7F, 0x80, 0xC0, 0xFE, 0xFF]
    for index in Self.seedFile.indices {
      for value in values {
        var bytes = Self.seedFile
        bytes[index] = value
        check(bytes, "byte \(index) = \(value)")
      }
    }
  }

  @Test func `every bit may flip`() {
    for index in Self.seedFile.indices {
      for bit in 0..<8 {
        var bytes = Self.seedFile
        bytes[index] ^= 1 << bit
        check(bytes, "bit \(bit) of byte \(index)")
      }
    }
  }

  @Test func `twenty thousand random mutants are refused or add up`() {
    let seed: UInt64 = 20_240_817
    print("seed of the mutants: \(seed)")
    var random = MutationGenerator(seed: seed)
    for round in 0..<20_000 {
      check(random.mutant(of: Self.seedFile), "seed \(seed), mutant \(round)")
    }
  }
}

/// Makes mutants of a file, the same ones for the same seed.
struct MutationGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64 (Steele, Lea, Flood, 2014).
  private mutating func next(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) >> 33) % max(bound, 1)
  }

  /// One to four changes: bytes, bits, extremes, deletions, insertions, splices.
  mutating func mutant(of original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0...next(4) where !bytes.isEmpty {
      let place = next(bytes.count)
      switch next(7) {
      case 0: bytes[place] = UInt8(next(256))
      case 1: bytes[place] ^= 1 << next(8)
      case 2: bytes[place] = [0, 0x7F, 0x80, 0xFF][next(4)]
      case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + next(16)))
      case 4: bytes.insert(contentsOf: (0...next(8)).map { _ in UInt8(next(256)) }, at: place)
      case 5:
        let from = next(bytes.count)
        let part = Array(bytes[from..<min(bytes.count, from + 1 + next(64))])
        bytes.insert(contentsOf: part, at: place)
      default: bytes.insert(contentsOf: Array(repeating: 0xFF, count: 9) + [1], at: place)
      }
    }
    return bytes
  }
}

extension ProtobufBuilder {
  /// The same; where a part of another test is used again.
  fileprivate var renamed: ProtobufBuilder {
    // Its value is called "s" there, as another one is here.
    .raw(bytes.map { $0 == UInt8(ascii: "s") ? UInt8(ascii: "v") : $0 })
  }
}
