/// The cyclic redundancy check CRC-32C (Castagnoli), with which checkpoints guard their bytes.
///
/// Polynomial 0x1EDC6F41, reflected, begun and ended with all ones. Source: RFC 3720, section 12.1
/// and appendix B.4 (test vectors). Eight bytes a step by eight tables (Kounavis, Berry, 2005).
package struct CRC32C: Sendable {
  private var register = ~UInt32(0)

  /// Begins a check.
  package init() {}

  /// The check of all bytes so far.
  package var value: UInt32 { ~register }

  /// The check of bytes.
  package static func value(of bytes: Bytes) -> UInt32 {
    var check = CRC32C()
    check.update(bytes)
    return check.value
  }

  /// The form in which a file stores a check: rotated by 15 bits, plus a constant.
  ///
  /// Bytes that have checks in them then check as well as others. Source: LevelDB,
  /// `util/crc32c.h`.
  package static func masked(_ value: UInt32) -> UInt32 {
    (value >> 15 | value << 17) &+ 0xA282_EAD8
  }

  /// The check of which `masked` gave a stored one.
  package static func unmasked(_ stored: UInt32) -> UInt32 {
    let rotated = stored &- 0xA282_EAD8
    return rotated >> 17 | rotated << 15
  }

  /// Adds bytes.
  package mutating func update(_ bytes: Bytes) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Adds bytes.
  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  private mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var check = register
    Self.tables.withUnsafeBufferPointer { table in
      var index = 0
      while index + 8 <= bytes.count {
        let word =
          UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
          ^ UInt64(check)
        check = 0
        for byte in 0..<8 {
          // The first byte has seven more bytes behind it, the last none.
          check ^= table[(7 - byte) << 8 | Int(truncatingIfNeeded: word >> UInt64(8 * byte) & 0xFF)]
        }
        index += 8
      }
      while index < bytes.count {
        check = check >> 8 ^ table[Int((check ^ UInt32(bytes[index])) & 0xFF)]
        index += 1
      }
    }
    register = check
  }

  /// Eight tables of 256: the check of a byte with 0 to 7 zero bytes behind it.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var check = UInt32(byte)
      for _ in 0..<8 { check = check & 1 == 1 ? check >> 1 ^ 0x82F6_3B78 : check >> 1 }
      tables[byte] = check
    }
    for index in 256..<8 * 256 {
      let shorter = tables[index - 256]
      tables[index] = shorter >> 8 ^ tables[Int(shorter & 0xFF)]
    }
    return tables
  }()
}
