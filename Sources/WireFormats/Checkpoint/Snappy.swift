import ByteIO

/// The decoder of Snappy's raw format.
///
/// Layout:
/// 1. The number of decoded bytes, as a varint of at most 32 bits.
/// 2. Elements, each begun by a tag whose two low bits tell its kind. 0: literal bytes. 1, 2, 3: a
///    copy of 1 to 64 bytes from up to 2 KiB, 64 KiB or 4 GiB before, which may overlap itself.
///
/// Source: Snappy, `format_description.txt` (2011).
enum Snappy {
  /// The most bytes that are decoded at once; TensorFlow's blocks have 256 KiB.
  static let maximumByteCount = 64 << 20

  /// Decodes all bytes.
  ///
  /// - Throws: `LIMIT_EXCEEDED` before anything is allocated where more bytes are declared than
  ///   `maximumByteCount`, `MODEL_INVALID` where it is more than that many bytes can hold or where
  ///   an element contradicts the format, `MODEL_TRUNCATED` where elements are missing.
  static func decode(_ bytes: Bytes) throws(ReadError) -> [UInt8] {
    let (declared, start) = try bytes.varint(at: 0)
    // A copy element gives at most 64 bytes for 3.
    guard declared <= UInt64(bytes.count) * 22 + 64 else {
      throw ReadError(
        .modelInvalid,
        "\(bytes.count) bytes of Snappy declare \(declared) decoded ones, which cannot be",
        at: bytes.offset
      )
    }
    guard let byteCount = Int(exactly: declared), byteCount <= maximumByteCount else {
      throw ReadError(
        .limitExceeded,
        "a Snappy block declares \(declared) bytes, more than \(maximumByteCount)",
        at: bytes.offset
      )
    }
    var output: [UInt8] = []
    output.reserveCapacity(byteCount)
    var position = start
    while position < bytes.count {
      let element = try Element(bytes, at: position)
      guard element.byteCount <= byteCount - output.count else {
        throw ReadError(
          .modelInvalid,
          "elements of Snappy give more than the \(byteCount) bytes declared",
          at: bytes.offset + position
        )
      }
      if element.distance == 0 {
        let literal = try bytes.slice(at: element.end, count: element.byteCount, "a literal")
        literal.withUnsafeBytes { output.append(contentsOf: $0) }
        position = element.end + element.byteCount
      } else {
        guard element.distance <= output.count else {
          throw ReadError(
            .modelInvalid,
            "a copy begins \(element.distance) bytes back, where only \(output.count) are",
            at: bytes.offset + position
          )
        }
        let source = output.count - element.distance
        for index in 0..<element.byteCount { output.append(output[source + index]) }
        position = element.end
      }
    }
    guard output.count == byteCount else {
      throw ReadError(
        .modelTruncated,
        "elements of Snappy give \(output.count) bytes of the \(byteCount) declared",
        at: bytes.endOffset
      )
    }
    return output
  }

  /// The head of an element.
  private struct Element {
    /// How far back a copy begins, or 0 for a literal.
    let distance: Int
    /// The bytes that it gives.
    let byteCount: Int
    /// Where the element, or its literal, goes on.
    let end: Int

    init(_ bytes: Bytes, at start: Int) throws(ReadError) {
      let tag = Int(try bytes.uint8(at: start))
      let upper = tag >> 2
      switch tag & 3 {
      case 0:
        distance = 0
        // 60 to 63: the length less one stands in the next 1 to 4 bytes.
        let extra = max(0, upper - 59)
        var length = UInt64(upper)
        if extra > 0 {
          length = 0
          for index in 0..<extra {
            length |= UInt64(try bytes.uint8(at: start + 1 + index)) << UInt64(8 * index)
          }
        }
        end = start + 1 + extra
        byteCount = try bytes.count(length + 1, elementSize: 1, from: end, "a literal")
        return
      case 1:
        byteCount = (upper & 7) + 4
        distance = (upper >> 3) << 8 | Int(try bytes.uint8(at: start + 1))
        end = start + 2
      case 2:
        byteCount = upper + 1
        distance = Int(try bytes.uint16(at: start + 1))
        end = start + 3
      default:
        byteCount = upper + 1
        distance = Int(try bytes.uint32(at: start + 1))
        end = start + 5
      }
      guard distance > 0 else {
        throw ReadError(.modelInvalid, "a copy begins 0 bytes back", at: bytes.offset + start)
      }
    }
  }
}
