import ByteIO
import Testing
import WireFormats

/// No bytes make the reader trap: every prefix, and random changes of a text that uses everything.
@Suite struct JSON5RobustnessTests {
  static let seed = Array(
    #"""
    // policy é
    { schema: "analyze.policy/1", 'n': [0x1F, -0, +.5, 5., 1e3, -Infinity, NaN, 9223372036854775808],
      "t": "a\u00e9\ud83d\ude00\x41\
    b\n\0", /* ü */ $k_: { max: "5 MB", growth: '2 %', time: "50 ms" }, b: [true, false, null, [], {},], }
    """#.utf8
  )

  /// Reads, and decodes what was read, as far as that goes.
  private func exercise(_ bytes: [UInt8]) -> Bool {
    let source = ByteSource(bytes).bytes
    _ = try? JSON5.parse(source, options: .python(maximumBytes: 1 << 16))
    let options = JSON5Options(allowsNonFinite: true, code: .policyInvalid)
    guard let root = try? JSON5.decode(source, options: options) else { return false }
    _ = root.node.jsonValue.serialized()
    guard var object = try? root.object("policy") else { return true }
    _ = try? object.optional("n")?.array { element throws(JSON5Error) in try element.int() }
    if var inner = try? object.optional("$k_")?.object("budget") {
      _ = try? inner.required("max").byteCount()
      _ = try? inner.required("growth").hundredthsOfPercent()
      _ = try? inner.required("time").nanoseconds()
      _ = try? inner.finish()
    }
    _ = try? object.finish()
    return true
  }

  @Test func `the seed itself is read`() {
    #expect(exercise(Self.seed))
  }

  @Test func `no prefix is read as a whole`() {
    for count in 0..<Self.seed.count - 1 {
      #expect(!exercise(Array(Self.seed[..<count])), "a prefix of \(count) bytes")
    }
  }

  @Test(arguments: [UInt64(1), 2])
  func `random changes are read or refused`(seed: UInt64) {
    var random = SplitMix(state: seed)
    let alphabet = Array("{}[]:,\"'\\/*\n\r xu0129aefNI+-.%\u{2028}".utf8) + [0, 0x80, 0xC3, 0xFF]
    for _ in 0..<10_000 {
      var bytes = Self.seed
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] = alphabet.randomElement(using: &random) ?? 0
        case 2: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: place)
        default:
          let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
          if end - place < bytes.count { bytes.removeSubrange(place..<end) }
        }
      }
      _ = exercise(bytes)
    }
  }

  @Test func `a long line is read in linear time`() throws {
    // One position a number: a column counted from the line's begin each time would take minutes.
    let text = "[" + String(repeating: "1,", count: 400_000) + "1]"
    let root = try JSON5.parse(ByteSource(Array(text.utf8)).bytes, options: .policy)
    guard case .array(let list) = root.value else {
      Issue.record("not a list")
      return
    }
    #expect(list.last?.position.column == 800_002)
  }
}

/// A small generator of random numbers: the same seed, the same numbers (Steele, Lea, Flood, 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
