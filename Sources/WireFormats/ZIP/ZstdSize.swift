import ByteIO
import CZstd

/// How many bytes a file would have after zstd.
package struct ZstdSize {
  /// Compresses bytes without keeping the result.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - level: 1 to 19; 19 is the greatest that needs no unusual memory to read.
  /// - Returns: The size of one frame (RFC 8878); `nil` where libzstd is not installed.
  /// - Complexity: O(byte count), at some 3 MB a second.
  package static func byteCount(of bytes: Bytes, level: Int = 19) -> Int? {
    let size = bytes.withUnsafeBytes { raw in
      czstd_size(
        raw.bindMemory(to: UInt8.self).baseAddress,
        raw.count,
        Int32(min(max(level, 1), 19))
      )
    }
    return size < 0 ? nil : Int(size)
  }
}
