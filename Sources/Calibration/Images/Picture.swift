import ByteIO
import CImages

/// A picture of 8-bit samples, rows of interleaved colours.
package struct Picture: Equatable, Sendable {
  package var width: Int
  package var height: Int
  /// 1 for grey, 3 for red, green, blue.
  package var channels: Int
  package var samples: [UInt8]

  /// What decoding may take.
  package struct Limits: Sendable {
    /// Width times height.
    package var pixels: Int

    package init(pixels: Int = 1 << 26) { self.pixels = pixels }
  }

  package init(width: Int, height: Int, channels: Int, samples: [UInt8]) {
    self.width = width
    self.height = height
    self.channels = channels
    self.samples = samples
  }

  /// Whether a file of that name is taken for a picture.
  package static func isPictureName(_ name: String) -> Bool {
    let lower = name.lowercased()
    return [".png", ".jpg", ".jpeg"].contains { lower.hasSuffix($0) }
  }

  /// Decodes a JPEG (ISO/IEC 10918-1) or PNG (ISO/IEC 15948) picture.
  ///
  /// 16-bit samples lose their low byte, transparency is dropped, colours become grey by the weights
  /// of ITU-R BT.601 where one channel is asked for; the orientation that a camera noted is not
  /// applied (TensorFlow's `decode_jpeg` does not either).
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - channels: 1 or 3.
  ///   - limits: What the picture may take; looked at before memory is.
  /// - Throws: `DATA_INVALID` for bytes that are no whole picture, `LIMIT_EXCEEDED`.
  package init(_ bytes: Bytes, channels: Int, limits: Limits = Limits()) throws(ReadError) {
    precondition(channels == 1 || channels == 3, "pictures have 1 or 3 channels")
    var header = images_header()
    var message = [CChar](repeating: 0, count: Int(images_message_size))
    let isRead = bytes.withUnsafeBytes { raw in
      let start = raw.bindMemory(to: UInt8.self).baseAddress
      return images_read_header(start, raw.count, &header, &message) == 0
    }
    guard isRead else { throw Self.invalid(message) }
    let width = Int(header.width)
    let height = Int(header.height)
    guard width > 0, height > 0 else {
      throw ReadError(.dataInvalid, "a picture of \(width) × \(height) pixels")
    }
    guard height <= limits.pixels / width else {
      throw ReadError(
        .limitExceeded,
        "a picture of \(width) × \(height) pixels, the limit is \(limits.pixels) pixels"
      )
    }
    let count = width * height * channels
    var samples = [UInt8](repeating: 0, count: count)
    let isDecoded = bytes.withUnsafeBytes { raw in
      let start = raw.bindMemory(to: UInt8.self).baseAddress
      return images_decode(start, raw.count, UInt32(channels), &samples, count, &message) == 0
    }
    guard isDecoded else { throw Self.invalid(message) }
    self.init(width: width, height: height, channels: channels, samples: samples)
  }

  private static func invalid(_ message: [CChar]) -> ReadError {
    let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return ReadError(
      .dataInvalid,
      "the picture cannot be decoded: " + String(decoding: text, as: UTF8.self)
    )
  }
}
