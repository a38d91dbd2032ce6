import ByteIO
import CTemplates

/// The style and the script that every page carries: the files of `reports/templates`.
package enum PageTemplates {
  package static let style = text(ctemplates_style())
  package static let script = text(ctemplates_script())

  private static func text(_ file: ctemplates_file) -> String {
    String(decoding: UnsafeBufferPointer(start: file.bytes, count: file.count), as: UTF8.self)
  }

  /// What a Content-Security-Policy calls a text (CSP Level 3, section 2.3.1).
  static func source(of text: String) -> String {
    var hash = SHA256()
    hash.update(Array(text.utf8))
    return "'sha256-" + base64(hexadecimal: hash.hexadecimal()) + "'"
  }

  /// Base 64 with padding (RFC 4648, section 4) of a digest.
  private static func base64(hexadecimal: String) -> String {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).map {
      digits[$0] * 16 + digits[$0 + 1]
    }
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var result = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = Array(bytes[start..<min(start + 3, bytes.count)])
      var bits = 0
      for place in 0..<3 { bits = bits << 8 | (place < group.count ? group[place] : 0) }
      for place in 0..<4 {
        let shift = 18 - 6 * place
        result.append(place <= group.count ? alphabet[bits >> shift & 63] : "=")
      }
    }
    return result
  }
}
