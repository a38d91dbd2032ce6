import ByteIO

/// How wide text is in Helvetica, and fonts that keep its widths (Arial, Liberation Sans).
///
/// Source: Adobe's metrics of the core fonts (AFM), in thousandths of the size. Text is measured
/// here and not by a font library, so that a picture is the same on every machine.
package enum TextMetrics {
  // U+0020 to U+007E
  private static let regular: [UInt16] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
  ]

  /// The width of a text in the unit of `size`.
  package static func width(_ text: String, size: Double, isBold: Bool = false) -> Double {
    let units = text.unicodeScalars.reduce(0) { $0 + width($1) }
    // Helvetica-Bold is at most a ninth wider in the letters of names.
    return Double(units) * size / 1000 * (isBold ? 1.09 : 1)
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x20...0x7E: Int(regular[Int(scalar.value) - 0x20])
    case 0x300...0x36F: 0
    case 0xB7: 278
    case 0xD7, 0x2013: 584
    case 0xA0...0x24F, 0x370...0x52F: 640
    // Everything else is taken for as wide as high.
    default: 1000
    }
  }

  /// The text cut in the middle to a width.
  package static func shortened(
    _ text: String,
    to limit: Double,
    size: Double,
    isBold: Bool = false
  ) -> String {
    guard width(text, size: size, isBold: isBold) > limit else { return text }
    let scalars = Array(text.unicodeScalars)
    let scale = size / 1000 * (isBold ? 1.09 : 1)
    let room = limit - Double(width("…")) * scale
    // The end of a name tells more than its beginning.
    let head = prefix(scalars, room * 0.4, scale)
    let tail = prefix(scalars.reversed(), room * 0.6, scale)
    var result = String.UnicodeScalarView(head)
    result.append("…")
    result.append(contentsOf: tail.reversed())
    return String(result)
  }

  private static func prefix(
    _ scalars: some Sequence<Unicode.Scalar>,
    _ room: Double,
    _ scale: Double
  ) -> [Unicode.Scalar] {
    var used = 0.0
    var result: [Unicode.Scalar] = []
    for scalar in scalars {
      used += Double(width(scalar)) * scale
      guard used <= room else { break }
      result.append(scalar)
    }
    return result
  }
}

/// Text from a model, made fit for one line of a picture.
///
/// What a terminal must not get (control characters, overrides of the direction, invisible ones) is
/// shown as an escape; what is longer than `limit` characters is cut in the middle before anything
/// measures it.
package func pictureText(_ text: String, limit: Int = 256) -> String {
  let scalars = text.unicodeScalars
  guard scalars.count > limit else { return escapedForTerminal(text) }
  var cut = String.UnicodeScalarView(scalars.prefix(limit / 2))
  cut.append("…")
  cut.append(contentsOf: scalars.suffix(limit / 2 - 1))
  return escapedForTerminal(String(cut))
}
