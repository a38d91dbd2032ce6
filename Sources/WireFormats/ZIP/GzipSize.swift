import ByteIO
import CZlib

/// How many bytes a file would have after gzip.
package struct GzipSize {
  /// A header of ten bytes, a checksum and a length of four bytes each (RFC 1952).
  private static let frameBytes = 18

  /// Compresses bytes without keeping the result.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - level: zlib's level, 1 to 9; 9 is what `gzip -9` uses.
  /// - Returns: The size; `nil` where zlib has no memory.
  /// - Complexity: O(byte count), at some 20 MB a second; 64 KiB of memory beside zlib's own.
  package static func byteCount(of bytes: Bytes, level: Int = 9) -> Int? {
    bytes.withUnsafeBytes { byteCount(of: $0, level: level) }
  }

  /// The same for bytes in memory.
  package static func byteCount(of bytes: [UInt8], level: Int) -> Int? {
    bytes.withUnsafeBytes { byteCount(of: $0, level: level) }
  }

  private static func byteCount(of input: UnsafeRawBufferPointer, level: Int) -> Int? {
    var stream = z_stream()
    guard
      // Negative window bits mean raw data; the frame is added by number.
      deflateInit2_(
        &stream,
        Int32(min(max(level, 1), 9)),
        Z_DEFLATED,
        -MAX_WBITS,
        MAX_MEM_LEVEL - 1,
        Z_DEFAULT_STRATEGY,
        ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)
      ) == Z_OK
    else { return nil }
    defer { deflateEnd(&stream) }
    let piece = 1 << 30
    var output = [UInt8](repeating: 0, count: 64 << 10)
    let capacity = UInt32(output.count)
    return output.withUnsafeMutableBufferPointer { buffer -> Int? in
      var produced = 0
      var consumed = 0
      while true {
        let count = min(piece, input.count - consumed)
        stream.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress?.advanced(by: consumed)
            .assumingMemoryBound(to: UInt8.self)
        )
        stream.avail_in = UInt32(count)
        let flush = consumed + count == input.count ? Z_FINISH : Z_NO_FLUSH
        var status = Z_OK
        repeat {
          stream.next_out = buffer.baseAddress
          stream.avail_out = capacity
          status = deflate(&stream, flush)
          guard status != Z_STREAM_ERROR else { return nil }
          produced += Int(capacity - stream.avail_out)
        } while stream.avail_out == 0
        consumed += count
        if status == Z_STREAM_END { return produced + frameBytes }
        guard consumed < input.count else { return nil }
      }
    }
  }
}
