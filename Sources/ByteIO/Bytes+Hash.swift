extension Bytes {
  /// A 64-bit hash of the content, to find equal ranges; the same on every run.
  ///
  /// FNV-1a (Fowler, Noll and Vo; 64-bit constants) over eight bytes at a time with a shift
  /// between, then over the rest byte by byte: its values are not those of plain FNV-1a. It does
  /// not withstand someone who looks for collisions: compare ranges whose hashes agree.
  ///
  /// - Complexity: O(count).
  package var contentHash: UInt64 {
    withUnsafeBytes { raw in
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      let prime: UInt64 = 0x100_0000_01b3
      var index = 0
      while raw.count - index >= 8 {
        hash = (hash ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* prime
        hash ^= hash >> 29
        index += 8
      }
      while index < raw.count {
        hash = (hash ^ UInt64(raw[index])) &* prime
        index += 1
      }
      return hash
    }
  }
}
