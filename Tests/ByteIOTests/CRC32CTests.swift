import ByteIO
import Testing

@Suite struct CRC32CTests {
  private static let vectors: [(bytes: [UInt8], check: UInt32)] = [
    (Array(repeating: 0, count: 32), 0x8A91_36AA),
    (Array(repeating: 0xFF, count: 32), 0x62A8_AB43),
    (Array(0...31), 0x46DD_794E),
    (Array((0...31).reversed()), 0x113F_DB5C),
    (Array("123456789".utf8), 0xE306_9283),
    ([], 0),
  ]

  /// RFC 3720, appendix B.4; "123456789" is the check value of the catalogues of such checks.
  @Test(arguments: vectors)
  func `checks are those of the standard`(bytes: [UInt8], check: UInt32) {
    #expect(CRC32C.value(of: ByteSource(bytes).bytes) == check)
  }

  @Test func `parts give the check of the whole`() {
    let bytes = (0..<100).map { UInt8($0) }
    for cut in 0...100 {
      var check = CRC32C()
      check.update(Array(bytes[..<cut]))
      check.update(Array(bytes[cut...]))
      #expect(check.value == CRC32C.value(of: ByteSource(bytes).bytes))
    }
  }

  @Test func `a masked check is found again`() {
    for value: UInt32 in [0, 1, 0xFFFF_FFFF, 0xE306_9283, 0x8000_0000] {
      #expect(CRC32C.unmasked(CRC32C.masked(value)) == value)
      #expect(CRC32C.masked(value) != value)
    }
  }
}
