import CZlib

/// How small bytes become when they are compressed.
package enum CompressedSize {
  /// The header and trailer of a gzip file beyond those of a zlib stream: 18 bytes against 6.
  ///
  /// Source: RFC 1952, section 2.3; RFC 1950, section 2.2.
  private static let gzipOverhead = 12

  /// The size of a gzip file that holds the bytes, at level 6; `nil` where memory does not suffice.
  package static func gzipByteCount(_ bytes: [UInt8]) -> Int? {
    var capacity = compressBound(uLong(bytes.count))
    var output = [UInt8](repeating: 0, count: Int(capacity))
    let status = compress2(&output, &capacity, bytes, uLong(bytes.count), 6)
    return status == Z_OK ? Int(capacity) + gzipOverhead : nil
  }
}
