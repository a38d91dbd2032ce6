import CStatistics
import Testing

/// Constants are known again in another file by XXH64 of their bytes.
@Suite struct ContentHashTests {
  // Made by the PyPI package xxhash 3 of the bytes (37 · i + 11) mod 256:
  // `xxhash.xxh64(data, seed=seed).hexdigest()`.
  @Test(
    arguments: [
      (0, 0, 0xef46_db37_51d8_e999), (3, 0, 0x22c0_8528_601d_4f27),
      (31, 0, 0xe4a0_e629_e519_a4ae), (32, 0, 0xcc6b_8aaa_da79_0b2d),
      (101, 7, 0x1341_524b_b80d_d8af),
    ] as [(Int, UInt64, UInt64)]
  )
  func `the hash is XXH64`(count: Int, seed: UInt64, expected: UInt64) {
    let bytes = (0..<count).map { UInt8(($0 * 37 + 11) % 256) }
    #expect(statistics_hash(bytes, count, seed) == expected)
  }
}
