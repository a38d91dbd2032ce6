import CDigests

/// The SHA-256 digest of bytes (FIPS 180-4).
package struct SHA256 {
  private var digest = digests_sha256()

  /// Starts a digest.
  package init() { digests_sha256_begin(&digest) }

  /// Adds bytes; those of a mapped file do not stay in memory.
  package mutating func update(_ bytes: Bytes) {
    let step = 16 << 20
    for start in stride(from: 0, to: bytes.count, by: step) {
      let part = Bytes(
        source: bytes.source,
        offset: bytes.offset + start,
        count: min(step, bytes.count - start)
      )
      part.withUnsafeBytes { digests_sha256_update(&digest, $0.baseAddress, $0.count) }
      part.release()
    }
  }

  /// Adds bytes.
  package mutating func update(_ bytes: [UInt8]) {
    digests_sha256_update(&digest, bytes, bytes.count)
  }

  /// The digest as 64 hexadecimal digits.
  package consuming func hexadecimal() -> String {
    var result = [UInt8](repeating: 0, count: 32)
    digests_sha256_end(&digest, &result)
    let digits = Array("0123456789abcdef".utf8)
    let text = result.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}
