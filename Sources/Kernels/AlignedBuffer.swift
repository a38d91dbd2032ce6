import CKernels
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Memory aligned for the kernels, freed with its last reference.
package final class AlignedBuffer: @unchecked Sendable {
  // Safe to share: the owner writes it before publishing it, or keeps it to one thread.

  /// First byte, aligned to 64 bytes; valid while the buffer is referenced.
  package let pointer: UnsafeMutableRawPointer
  /// Size in bytes, at least as asked for.
  package let byteCount: Int
  /// What the memory is a part of; `nil` where it is the buffer's own.
  private let region: PageRegion?

  /// Allocates memory.
  ///
  /// - Parameters:
  ///   - byteCount: Size; must not be negative.
  ///   - zeroed: Whether all bytes are 0; otherwise the owner writes them before they are read.
  package init(byteCount: Int, zeroed: Bool = true) {
    precondition(byteCount >= 0, "a buffer has no negative size")
    self.byteCount = max(byteCount, Int(CK_ALIGNMENT))
    if let (region, offset) = PagePool.current?.part(self.byteCount) {
      self.region = region
      pointer = region.pointer + offset
    } else if self.byteCount >= PageRegion.pageBytes {
      let region = PageRegion(byteCount: self.byteCount)
      self.region = region
      pointer = region.pointer
    } else {
      region = nil
      pointer = .allocate(byteCount: self.byteCount, alignment: Int(CK_ALIGNMENT))
    }
    guard zeroed else { return }
    pointer.initializeMemory(as: UInt8.self, repeating: 0, count: self.byteCount)
  }

  deinit {
    if region == nil { pointer.deallocate() }
  }
}

/// Memory in large pages where the system has them.
///
/// A processor looks up where a page lies in a table that holds some megabytes' worth of small pages;
/// the weights and activations of one run are more than that.
final class PageRegion: Sendable {
  /// Size and alignment of a large page.
  static let pageBytes = 2 << 20

  // The address never changes; who may touch which bytes is up to the buffers that hold parts of them.
  nonisolated(unsafe) let pointer: UnsafeMutableRawPointer

  init(byteCount: Int) {
    pointer = .allocate(byteCount: byteCount, alignment: Self.pageBytes)
    #if os(Linux)
    // A wish: where it is refused the pages are small, and everything works as well.
    _ = madvise(pointer, byteCount / Self.pageBytes * Self.pageBytes, MADV_HUGEPAGE)
    #endif
  }

  deinit { pointer.deallocate() }
}

/// Gives neighbouring memory to buffers that live as long as each other, as the weights of a model do.
package final class PagePool: Sendable {
  /// The pool that this task's buffers come from.
  @TaskLocal static var current: PagePool?

  /// Untouched pages take no memory: room for the layers of most models.
  private static let regionBytes = 16 << 20
  /// Smaller buffers do not come from a pool, larger ones have pages of their own.
  private static let sizes = 4096..<PageRegion.pageBytes

  private struct Last {
    var region: PageRegion?
    var used = 0
  }

  private let last = Mutex(Last())

  package init() {}

  /// Does something whose buffers come from this pool.
  package func serve<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result = PagePool.$current.withValue(self) { () -> Swift.Result<Result, Failure> in
      do throws(Failure) {
        return .success(try body())
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// A part of a region that nobody else has; `nil` for sizes that do not come from here.
  fileprivate func part(_ byteCount: Int) -> (PageRegion, Int)? {
    guard Self.sizes.contains(byteCount) else { return nil }
    return last.withLock { last in
      let alignment = Int(CK_ALIGNMENT)
      let size = (byteCount + alignment - 1) / alignment * alignment
      if let region = last.region, last.used + size <= Self.regionBytes {
        defer { last.used += size }
        return (region, last.used)
      }
      let region = PageRegion(byteCount: Self.regionBytes)
      last = Last(region: region, used: size)
      return (region, 0)
    }
  }
}
