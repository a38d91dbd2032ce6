import ByteIO
import FormatKeras
import ModelIR
import TestSupport
import Testing
import WireFormats

/// No bytes crash the reader: prefixes and mutations of small good files.
@Suite struct RobustnessTests {
  /// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers everywhere.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  private static let names = ["dense", "nested_h5", "bidirectional_h5", "multi_head_attention"]

  @Test(arguments: names)
  func `no prefix of a model crashes or is taken for the whole`(_ name: String) throws {
    let bytes = try KerasFixtures.model(name).array
    // Every length near the ends, where the structures are, and a sample between.
    let lengths = (0..<bytes.count).filter { length in
      length < 512 || bytes.count - length < 512 || length % 37 == 0
    }
    for length in lengths {
      let error = Archive.error(Array(bytes[..<length]))
      #expect(error != nil, "\(length) of \(bytes.count) bytes")
    }
  }

  @Test(arguments: names)
  func `mutations give a model or an error`(_ name: String) throws {
    let bytes = try KerasFixtures.model(name).array
    let seed: UInt64 = 4
    var generator = Generator(state: seed)
    for round in 0..<600 {
      var mutated = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<mutated.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: mutated[place] = .random(in: 0...255, using: &generator)
        case 1: mutated[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: mutated[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
        default:
          for index in place..<min(place + 8, mutated.count) { mutated[index] = 0xFF }
        }
      }
      guard let model = try? Archive.load(mutated) else { continue }
      let labelled = model.ledger.entries.reduce(0) { $0 + $1.byteCount }
      #expect(labelled == mutated.count, "seed \(seed), round \(round)")
    }
  }

  @Test func `the fuzzer begins with small models`() throws {
    let config = Archive.functional(
      [
        Archive.input,
        Archive.layer(
          "Dense",
          "d",
          #""units": 3, "activation": "relu""#,
          inbound: Archive.call("x")
        ),
        Archive.layer("Reshape", "r", #""target_shape": [3, 1]"#, inbound: Archive.call("d")),
      ],
      inputs: ["x"],
      outputs: ["r"]
    )
    let layers = [
      Archive.input, Archive.layer("Dense", "d", #""units": 2"#),
      Archive.layer("LSTM", "l", #""units": 2, "return_sequences": false"#),
    ]
    try expectSeed(Array(config.utf8), "keras-config", "functional.json")
    try expectSeed(Array(Archive.sequential(layers).utf8), "keras-config", "sequential.json")
    for target in ["keras", "pipeline"] {
      try expectSeed(Archive.keras(config), target, "functional.keras")
    }
  }

  /// The configuration alone, in an archive without weights: JSON that still parses reaches lowering.
  @Test(arguments: [
    "nested_keras", "bidirectional_concat", "conv2d_same_2", "ops_slice", "attention",
  ])
  func `mutated configurations give a model or an error`(_ name: String) throws {
    let archive = try ZIPArchive(try KerasFixtures.model(name))
    let config = try #require(archive.member("config.json")).stored.array
    let weights = try #require(archive.member("model.weights.h5")).stored.array
    var generator = Generator(state: 11)
    let digits = (0..<config.count).filter { (0x30...0x39).contains(config[$0]) }
    for _ in 0..<600 {
      var mutated = config
      // Numbers stay numbers, words become others: most of these parse.
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        if let place = digits.randomElement(using: &generator) {
          mutated[place] = .random(in: 0x30...0x39, using: &generator)
        }
      }
      if Bool.random(using: &generator) {
        let text = String(decoding: mutated, as: UTF8.self)
        let swaps = [
          ("true", "null"), ("false", "true"), ("null", "[[1, -1]]"), ("[", "[1, "), ("2", "-2"),
          ("1", "99999999999"), ("same", "left"), ("Dense", "LSTM"),
        ]
        if let swap = swaps.randomElement(using: &generator) {
          mutated = Array(text.replacing(swap.0, with: swap.1, maxReplacements: 2).utf8)
        }
      }
      let text = String(decoding: mutated, as: UTF8.self)
      _ = try? Archive.load(Archive.keras(text, weights: weights))
    }
  }
}
