import ByteIO
import ModelIR
import Testing

@Suite struct ByteLedgerTests {
  private func ledger(
    of bytes: [UInt8],
    _ claims: [(Range<Int>, ByteCategory, UInt8)]
  ) -> ByteLedger {
    var builder = ByteLedger.Builder()
    let file = builder.add(
      LedgerFile(path: "m", byteCount: bytes.count),
      bytes: ByteSource(bytes).bytes
    )
    for (range, category, precedence) in claims {
      builder.claim(range, of: file, as: category, precedence: precedence)
    }
    return builder.finish()
  }

  private func summary(_ ledger: ByteLedger) -> [String] {
    ledger.entries.map { "\($0.offset)+\($0.byteCount) \($0.category.rawValue)" }
  }

  @Test func `gaps of zeros are padding and others unattributed`() {
    let result = ledger(of: [1, 1, 0, 0, 1, 1, 7, 7], [(0..<2, .graph, 0), (4..<6, .weights, 0)])
    #expect(
      summary(result) == ["0+2 graph", "2+2 padding", "4+2 weights", "6+2 unattributed"]
    )
  }

  @Test func `a byte wanted twice is counted once`() {
    let result = ledger(
      of: Array(repeating: 9, count: 8),
      [(0..<6, .graph, 0), (4..<8, .names, 0)]
    )
    #expect(summary(result) == ["0+6 graph", "6+2 names"])
  }

  @Test func `precedence cuts holes into what lies below`() {
    let result = ledger(
      of: Array(repeating: 9, count: 10),
      [(0..<10, .graph, 0), (2..<4, .weights, 1), (6..<12, .names, 1)]
    )
    #expect(summary(result) == ["0+2 graph", "2+2 weights", "4+2 graph", "6+4 names"])
  }

  @Test(arguments: 0..<40)
  func `random claims always sum to the file`(seed: Int) {
    // Knuth's MMIX generator: the same claims on every machine.
    var state = UInt64(seed) &* 2_862_933_555_777_941_757 &+ 3_037_000_493
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let size = next(200) + 1
    let claims = (0..<next(30)).map { _ in
      let start = next(size)
      return (start..<start + next(60), ByteCategory.allCases[next(8)], UInt8(next(3)))
    }
    let result = ledger(of: (0..<size).map { _ in UInt8(next(2)) }, claims)
    #expect(result.totals().reduce(0) { $0 + $1.byteCount } == size)
    var end = 0
    for entry in result.entries {
      #expect(entry.offset == end && entry.byteCount > 0)
      end = entry.offset + entry.byteCount
    }
    #expect(end == size)
  }
}
