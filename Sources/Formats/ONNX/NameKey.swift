import ByteIO

/// A name as the file spells it, byte for byte, for looking it up.
///
/// Comparing bytes is what the format means: a `String` holds two spellings of é for equal.
struct NameKey: Hashable {
  let bytes: Bytes

  init(_ bytes: Bytes) {
    self.bytes = bytes
  }

  static func == (left: NameKey, right: NameKey) -> Bool {
    left.bytes.hasSameBytes(as: right.bytes)
  }

  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

extension Bytes {
  /// The text of a name, its end replaced by a hash where it is longer than `limit`.
  ///
  /// The hash (FNV-1a, 64 bits) keeps two long names apart that begin the same.
  func name(limit: Int) -> String {
    guard count > limit else { return string }
    let head = (try? slice(at: 0, count: limit).string) ?? ""
    let hash = withUnsafeBytes { bytes in
      bytes.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
    return head + "…" + String(hash, radix: 16)
  }

  /// The text for a message, at most 80 bytes of it.
  var excerpt: String {
    guard count > 80, let head = try? slice(at: 0, count: 77) else { return string }
    return head.string + "…"
  }
}
