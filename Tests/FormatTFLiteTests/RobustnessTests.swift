import ByteIO
import ModelIR
import TestSupport
import Testing

@testable import FormatTFLite

/// A small reproducible generator: SplitMix64 (Steele, Lea and Flood, 2014).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct RobustnessTests {
  /// A model with a little of everything, under 4 KiB.
  static let small: [UInt8] = ModelDescription {
    $0.codes = [code("CONV_2D"), code("WHILE"), code("CUSTOM", custom: "Mine"), code("RESHAPE")]
    $0.tensors[1][4] = quantization(scales: [1, 2, 3])
    $0.tensors += [
      tensor("words", [2], type: 5, buffer: 3), tensor("loop", [1, 4, 4, 3]),
      tensor("custom", [1, 4, 4, 3]), tensor("shape", [1], type: 2, buffer: 5),
      tensor("flat", [48], [Slot.Tensor.shapeSignature: .int32s([-1])]),
      tensor(
        "sparse",
        [2, 4],
        type: 9,
        buffer: 4,
        [
          6: .table([
            0: .int32s([0, 1]), 2: .tables([BadFileTests.dense(2), BadFileTests.csr()]),
          ])
        ]
      ),
      tensor(
        "blocks",
        [2, 2],
        type: 9,
        buffer: 5,
        [
          4: .table([4: .uint8(2), 5: .table([0: .int32(2), 2: .int32(2)]), 6: .int32(1)])
        ]
      ),
    ]
    $0.operators += [
      op(1, [3], [5], options: 93, [0: .int32(1), 1: .int32(1)]),
      op(2, [5, 4, 9], [6], more: [5: .bytes([1, 2, 3])]),
      op(3, [6, 7], [8], options: 17, [0: .int32s([48])]),
    ]
    $0.outputs = [8]
    $0.buffers += [
      [0: .bytes(littleEndian([UInt32(2), 16, 17, 19]) + Array("abc".utf8))],
      [0: .bytes([1, 2, 3])], [0: .bytes([48, 0, 0, 0])], [0: .bytes(Array("1.5.0".utf8))],
    ]
    $0.moreSubgraphs = [subgraph([tensor("x", [1])], [], inputs: [0], outputs: [0])]
    $0.more = [
      (3, .string("test")), (6, .tables([[0: .string("min_runtime_version"), 1: .uint32(6)]])),
      (7, .tables([[0: .tables([[0: .string("x"), 1: .uint32(0)]]), 2: .string("serve")]])),
    ]
    $0.appended = TestArchive.bytes(name: "labels.txt", content: Array("cat\ndog\n".utf8))
  }.bytes

  /// Loads; what is accepted must keep the promises of a model.
  private func check(_ bytes: [UInt8]) {
    guard let model = try? loadModel(bytes) else { return }
    let total = model.ledger.totals().reduce(0) { $0 + $1.byteCount }
    if total != bytes.count { Issue.record("the ledger has \(total) of \(bytes.count) bytes") }
    for graph in model.graphs {
      do {
        try graph.checkInvariants(graphCount: model.graphs.count)
      } catch {
        Issue.record("a model that does not keep its promises: \(error)")
      }
    }
  }

  @Test func `the small model loads without findings`() throws {
    let model = try loadModel(Self.small)
    #expect(model.diagnostics.isEmpty)
    for target in ["tflite", "flatbuffer", "pipeline"] {
      try expectSeed(Self.small, target, "small.tflite")
    }
    #expect(!model.ledger.totals().contains { $0.category == .unattributed })
  }

  @Test func `no prefix traps and none is accepted without its end`() {
    for count in 0..<Self.small.count { check(Array(Self.small.prefix(count))) }
    // The archive behind the model is optional; what the tables need is not.
    #expect(throws: ReadError.self) {
      try loadModel(Array(Self.small.prefix(Self.small.count / 2)))
    }
  }

  @Test func `every byte may be anything`() {
    for place in Self.small.indices {
      for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
        var bytes = Self.small
        bytes[place] = value
        check(bytes)
      }
    }
  }

  @Test func `random changes never trap`() {
    let seed: UInt64 = 20_240_917
    print("seed \(seed)")
    var generator = SeededGenerator(state: seed)
    for _ in 0..<25_000 { check(mutant(of: Self.small, &generator)) }
  }

  @Test(arguments: SharedModelTests.names)
  func `random changes of real models never trap`(name: String) throws {
    let model = try ByteSource.mapping(path: SharedModels.path(name)).bytes
    guard model.count < 20_000 else { return }
    let seed: UInt64 = 20_250_301
    print("seed \(seed)")
    var generator = SeededGenerator(state: seed)
    let original = model.array
    for _ in 0..<250 { check(mutant(of: original, &generator)) }
    for count in stride(from: 0, to: original.count, by: 31) {
      check(Array(original.prefix(count)))
    }
  }

  private static let extremes: [UInt32] = [
    0, 1, 2, 3, 4, 0x7F, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE,
    0xFFFF_FFFF,
  ]

  /// The bytes with one to three changes: a bit, a byte, a number, a reference, a copied word.
  private func mutant(of original: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let place = Int.random(in: 0..<bytes.count - 4, using: &generator)
      let aligned = place & ~3
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 2:
        let number = Self.extremes[Int.random(in: Self.extremes.indices, using: &generator)]
        bytes.replaceSubrange(aligned..<aligned + 4, with: littleEndian([number]))
      case 3:
        let target = UInt32.random(in: 0..<UInt32(bytes.count), using: &generator)
        bytes.replaceSubrange(aligned..<aligned + 4, with: littleEndian([target]))
      default:
        let other = Int.random(in: 0..<bytes.count - 4, using: &generator)
        bytes.replaceSubrange(place..<place + 4, with: original[other..<other + 4])
      }
    }
    return bytes
  }

  @Test func `tables that share their content do not unfold into a large model`() throws {
    // 200,000 references to one tensor of 10,000 scales: 900 KB that would take 8 GB.
    let scales = [Float](repeating: 1, count: 10_000)
    let shared = tensor("t", [10_000], type: 9, [4: quantization(scales: scales)])
    let bytes = flatBuffer([
      Slot.Model.version: .uint32(3), Slot.Model.buffers: .tables([[:]]),
      Slot.Model.subgraphs: .tables([[Slot.Subgraph.tensors: .sameTable(shared, 200_000)]]),
    ])
    let error = #expect(throws: ReadError.self) { try loadModel(bytes) }
    #expect(error?.code == .limitExceeded)
  }

  @Test func `operators are counted over all subgraphs`() throws {
    var limits = TFLiteLimits()
    limits.nodes = 3
    let bytes = ByteSource(Self.small).bytes
    let count = try TFLiteFormat.load(bytes, path: "m").graphs.reduce(0) { $0 + $1.nodes.count }
    #expect(count > 3)
    let error = #expect(throws: ReadError.self) {
      try TFLiteFormat.load(bytes, path: "m", limits: limits)
    }
    #expect(error?.code == .limitExceeded)
    #expect(error?.explanation.contains("--limit nodes=") == true)
    limits.nodes = count
    #expect(throws: Never.self) { try TFLiteFormat.load(bytes, path: "m", limits: limits) }
  }

  @Test func `a deep nest is refused`() {
    var nested: TableDescription = [:]
    for _ in 0..<200 { nested = [0: .table(nested)] }
    // Quantization within quantization; the reader follows named fields only, so this loads or
    // not, but never overflows the stack.
    check(flatBuffer([0: .uint32(3), 2: .tables([[0: .tables([[4: .table(nested)]])]])]))
  }
}
