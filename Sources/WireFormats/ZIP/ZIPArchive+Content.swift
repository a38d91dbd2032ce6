import ByteIO
import CZlib

extension ZIPArchive.Member {
  /// Deflate makes 258 bytes from 2 bits at best (RFC 1951), so no honest member says more.
  private static let greatestRatio = 1032

  /// The decompressed data; data that is stored as it is stays where it is.
  ///
  /// - Parameter limit: The most bytes to decompress.
  /// - Returns: The bytes, in the archive or in memory.
  /// - Throws: `MODEL_UNSUPPORTED` for other methods than deflate, `MODEL_INVALID` where the data does
  ///   not decompress to the size and checksum that the directory states.
  package func content(limit: Int = 1 << 34) throws(ReadError) -> Bytes {
    switch method {
    case 0:
      guard stored.count == byteCount else {
        throw invalid("has \(stored.count) bytes, the directory states \(byteCount)")
      }
      return stored
    case 8:
      guard byteCount <= limit else {
        throw ReadError(
          .limitExceeded,
          "member \"\(name)\" wants \(byteCount) bytes, the limit is \(limit)",
          at: headerOffset
        )
      }
      guard byteCount / Self.greatestRatio <= stored.count else {
        throw invalid("states \(byteCount) bytes, more than \(stored.count) can decompress to")
      }
      return ByteSource(try inflated(), name: stored.source.name + ":" + name).bytes
    default:
      throw ReadError(
        .modelUnsupported,
        "member \"\(name)\" is compressed by method \(method)",
        at: headerOffset,
        hint: "only stored and deflated members are read"
      )
    }
  }

  /// The data, looked at whole: for what is measured with, where a damaged byte would be a wrong figure.
  ///
  /// - Throws: As `content`, also where data that is stored as it is has another checksum.
  /// - Complexity: O(byte count).
  package func verifiedContent(limit: Int = 1 << 34) throws(ReadError) -> Bytes {
    let content = try content(limit: limit)
    guard method != 0 || Deflate.checksum(content) == checksum else { throw mismatch() }
    return content
  }

  private func mismatch() -> ReadError {
    invalid("does not have the checksum that the directory states")
  }

  private func invalid(_ what: String) -> ReadError {
    ReadError(.modelInvalid, "member \"\(name)\" " + what, at: headerOffset)
  }

  private func inflated() throws(ReadError) -> [UInt8] {
    guard let result = Deflate.inflateRaw(stored, byteCount: byteCount) else {
      throw invalid("does not decompress to \(byteCount) bytes")
    }
    guard Deflate.checksum(result) == checksum else { throw mismatch() }
    return result
  }
}

/// The zlib library's inflate and CRC-32.
package enum Deflate {
  /// Decompresses raw deflate data (RFC 1951) of a known size.
  ///
  /// - Returns: `nil` where the data is damaged or gives another size.
  package static func inflateRaw(_ data: Bytes, byteCount: Int) -> [UInt8]? {
    // Negative window bits mean raw data, without the zlib header.
    inflate(data, byteCount: byteCount, windowBits: -MAX_WBITS)
  }

  /// Decompresses zlib data (RFC 1950) of a known size.
  ///
  /// - Returns: `nil` where the data is damaged or gives another size.
  package static func inflateZlib(_ data: Bytes, byteCount: Int) -> [UInt8]? {
    inflate(data, byteCount: byteCount, windowBits: MAX_WBITS)
  }

  private static func inflate(_ data: Bytes, byteCount: Int, windowBits: Int32) -> [UInt8]? {
    var stream = z_stream()
    guard
      inflateInit2_(
        &stream,
        windowBits,
        ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)
      ) == Z_OK
    else { return nil }
    defer { inflateEnd(&stream) }
    // zlib counts in 32 bits: large data goes through in pieces.
    let piece = 1 << 30
    var result = [UInt8](repeating: 0, count: byteCount)
    let isComplete = data.withUnsafeBytes { input -> Bool in
      result.withUnsafeMutableBufferPointer { output -> Bool in
        var consumed = 0
        var produced = 0
        while true {
          let inputPiece = min(piece, input.count - consumed)
          let outputPiece = min(piece, output.count - produced)
          stream.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.advanced(by: consumed)
              .assumingMemoryBound(to: UInt8.self)
          )
          stream.avail_in = UInt32(inputPiece)
          // An empty result still needs an address; nothing is written to it.
          var nothing: UInt8 = 0
          let status = withUnsafeMutablePointer(to: &nothing) { spare in
            stream.next_out = output.baseAddress?.advanced(by: produced) ?? spare
            stream.avail_out = UInt32(outputPiece)
            return CZlib.inflate(&stream, Z_NO_FLUSH)
          }
          consumed += inputPiece - Int(stream.avail_in)
          produced += outputPiece - Int(stream.avail_out)
          if status == Z_STREAM_END { return produced == output.count }
          let isStuck = inputPiece == Int(stream.avail_in) && outputPiece == Int(stream.avail_out)
          guard status == Z_OK, !isStuck else { return false }
        }
      }
    }
    return isComplete ? result : nil
  }

  /// The CRC-32 of ZIP and PNG.
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { buffer in
      UInt32(truncatingIfNeeded: crc32_z(0, buffer.baseAddress, buffer.count))
    }
  }

  /// The same for a range; the memory of what was read of a file is given back.
  package static func checksum(_ bytes: Bytes) -> UInt32 {
    let value = bytes.withUnsafeBytes { raw in
      crc32_z(0, raw.bindMemory(to: UInt8.self).baseAddress, raw.count)
    }
    bytes.release()
    return UInt32(truncatingIfNeeded: value)
  }
}
