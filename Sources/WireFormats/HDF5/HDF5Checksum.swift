import ByteIO

/// The two checksums of HDF5.
enum HDF5Checksum {
  /// The checksum of structures.
  ///
  /// Source: Bob Jenkins, "lookup3" (2006), function `hashlittle` with the initial value 0, as the
  /// HDF5 File Format Specification 3.0 names it.
  static func lookup3(_ bytes: Bytes) -> UInt32 {
    bytes.withUnsafeBytes { data in
      var a = 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: data.count)
      var b = a
      var c = a
      var start = 0
      while data.count - start > 12 {
        a = a &+ word(data, start)
        b = b &+ word(data, start + 4)
        c = c &+ word(data, start + 8)
        mix(&a, &b, &c)
        start += 12
      }
      guard start < data.count else { return c }
      a = a &+ word(data, start)
      b = b &+ word(data, start + 4)
      c = c &+ word(data, start + 8)
      finish(&a, &b, &c)
      return c
    }
  }

  /// Four bytes, zeros where the data has ended.
  private static func word(_ data: UnsafeRawBufferPointer, _ start: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in 0..<4 where start + index < data.count {
      value |= UInt32(data[start + index]) << UInt32(8 * index)
    }
    return value
  }

  private static func rotated(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value << count | value >> (32 - count)
  }

  private static func mix(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
    a = (a &- c) ^ rotated(c, 4)
    c = c &+ b
    b = (b &- a) ^ rotated(a, 6)
    a = a &+ c
    c = (c &- b) ^ rotated(b, 8)
    b = b &+ a
    a = (a &- c) ^ rotated(c, 16)
    c = c &+ b
    b = (b &- a) ^ rotated(a, 19)
    a = a &+ c
    c = (c &- b) ^ rotated(b, 4)
    b = b &+ a
  }

  private static func finish(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
    c = (c ^ b) &- rotated(b, 14)
    a = (a ^ c) &- rotated(c, 11)
    b = (b ^ a) &- rotated(a, 25)
    c = (c ^ b) &- rotated(b, 16)
    a = (a ^ c) &- rotated(c, 4)
    b = (b ^ a) &- rotated(a, 14)
    c = (c ^ b) &- rotated(b, 24)
  }

  /// The checksum of the filter of that name: Fletcher (1982) over 16-bit words, high byte first.
  ///
  /// Sums are kept modulo 65,535, where a sum that is not zero never becomes zero.
  static func fletcher32(_ bytes: Bytes) -> UInt32 {
    bytes.withUnsafeBytes { data in
      var low: UInt32 = 0
      var high: UInt32 = 0
      var start = 0
      while start < data.count {
        // After 180 words the sums of sums could outgrow 32 bits.
        let end = min(data.count, start + 360)
        while start + 1 < end {
          low = low &+ (UInt32(data[start]) << 8 | UInt32(data[start + 1]))
          high = high &+ low
          start += 2
        }
        if start + 1 == data.count {
          low = low &+ UInt32(data[start]) << 8
          high = high &+ low
          start += 1
        }
        low = (low & 0xFFFF) + low >> 16
        high = (high & 0xFFFF) + high >> 16
      }
      low = (low & 0xFFFF) + low >> 16
      high = (high & 0xFFFF) + high >> 16
      return high << 16 | low
    }
  }
}
