import CKernels

/// Memory aligned for the kernels, zeroed, freed with its last reference.
package final class AlignedBuffer: @unchecked Sendable {
  // Safe to share: the owner writes it before publishing it, or keeps it to one thread.

  /// First byte, aligned to 64 bytes; valid while the buffer is referenced.
  package let pointer: UnsafeMutableRawPointer
  /// Size in bytes, at least as asked for.
  package let byteCount: Int

  /// Allocates `byteCount` zero bytes.
  ///
  /// - Parameter byteCount: Size; must not be negative.
  package init(byteCount: Int) {
    precondition(byteCount >= 0, "a buffer has no negative size")
    self.byteCount = max(byteCount, Int(CK_ALIGNMENT))
    pointer = .allocate(byteCount: self.byteCount, alignment: Int(CK_ALIGNMENT))
    pointer.initializeMemory(as: UInt8.self, repeating: 0, count: self.byteCount)
  }

  deinit { pointer.deallocate() }
}
