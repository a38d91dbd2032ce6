import ByteIO

/// Writes a drawing as SVG 1.1: one file without scripts, links or other files.
///
/// Every box is a group with our own id, `class="node"`, `data-` attributes with its figures, and a
/// `<title>` that viewers show as tooltip; a page can embed the picture and work with them.
package struct SVGWriter {
  private var text = ""
  private let drawing: Drawing

  private init(_ drawing: Drawing) { self.drawing = drawing }

  /// The file.
  package static func svg(_ drawing: Drawing) -> String {
    var writer = SVGWriter(drawing)
    writer.write()
    return writer.text
  }

  private mutating func write() {
    text.reserveCapacity(drawing.shapes.count * 120)
    let width = Self.number(drawing.size.width)
    let height = Self.number(drawing.size.height)
    text += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text +=
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" "
      + "width=\"\(width)\" height=\"\(height)\" role=\"img\" "
      + "font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\">\n"
    text += "<title>\(Self.escaped(drawing.title))</title>\n"
    text += "<desc>\(Self.escaped(drawing.summary))</desc>\n"
    if drawing.theme.choice == .automatic { writeDarkStyle() }
    for shape in drawing.shapes { write(shape) }
    text += "</svg>\n"
  }

  /// Colours for readers whose system is dark; viewers that know no styles show the light ones.
  private mutating func writeDarkStyle() {
    text += "<style>\n@media (prefers-color-scheme: dark) {\n"
    for role in Drawing.Role.allCases {
      let colour = Drawing.Theme.dark(role).hexadecimal
      text += "  .f-\(role.rawValue) { fill: \(colour) }\n"
      text += "  .s-\(role.rawValue) { stroke: \(colour) }\n"
    }
    text += "}\n</style>\n"
  }

  private mutating func write(_ shape: Drawing.Shape) {
    switch shape {
    case .rectangle(let rectangle, let radius, let style):
      text +=
        "<rect x=\"\(Self.number(rectangle.minX))\" y=\"\(Self.number(rectangle.minY))\" "
        + "width=\"\(Self.number(rectangle.size.width))\" "
        + "height=\"\(Self.number(rectangle.size.height))\""
      if radius > 0 { text += " rx=\"\(Self.number(radius))\"" }
      writeStyle(style)
      text += "/>\n"
    case .path(let points, let style):
      guard let first = points.first else { return }
      text += "<path d=\"M\(Self.pair(first))"
      for index in stride(from: 1, to: points.count - 2, by: 3) {
        let (a, b, c) = (points[index], points[index + 1], points[index + 2])
        // A curve whose control points are its ends is a line.
        if a == points[index - 1], b == c {
          text += "L\(Self.pair(c))"
        } else {
          text += "C\(Self.pair(a)) \(Self.pair(b)) \(Self.pair(c))"
        }
      }
      text += "\""
      writeStyle(style)
      text += "/>\n"
    case .text(let line): write(line)
    case .begin(let group):
      text += "<g"
      if !group.id.isEmpty { text += " id=\"\(group.id)\"" }
      text += " class=\"\(group.name)\""
      for field in group.data { text += " data-\(field.name)=\"\(Self.escaped(field.value))\"" }
      text += ">\n"
      if !group.details.isEmpty {
        text += "<title>\(Self.escaped(group.details.joined(separator: "\n")))</title>\n"
      }
    case .end: text += "</g>\n"
    }
  }

  private mutating func write(_ line: Drawing.Text) {
    text +=
      "<text x=\"\(Self.number(line.place.x))\" y=\"\(Self.number(line.place.y))\" "
      + "font-size=\"\(Self.number(line.size))\""
    switch line.anchor {
    case .start: break
    case .middle: text += " text-anchor=\"middle\""
    case .end: text += " text-anchor=\"end\""
    }
    if line.isBold { text += " font-weight=\"bold\"" }
    var classes: [String] = []
    text += " fill=\"\(hexadecimal(line.paint, "f", &classes))\""
    if line.hasHalo {
      text +=
        " stroke=\"\(hexadecimal(.themed(.ground), "s", &classes))\" stroke-width=\"2.5\""
        + " stroke-linejoin=\"round\" paint-order=\"stroke\""
    }
    writeClasses(classes)
    text += ">\(Self.escaped(line.text))</text>\n"
  }

  private mutating func writeStyle(_ style: Drawing.Style) {
    var classes: [String] = []
    text += " fill=\"\(style.fill.map { hexadecimal($0, "f", &classes) } ?? "none")\""
    if let stroke = style.stroke {
      text += " stroke=\"\(hexadecimal(stroke, "s", &classes))\""
      if style.width != 1 { text += " stroke-width=\"\(Self.number(style.width))\"" }
      if style.dash > 0 { text += " stroke-dasharray=\"\(Self.number(style.dash))\"" }
    }
    writeClasses(classes)
  }

  private mutating func writeClasses(_ classes: [String]) {
    if !classes.isEmpty { text += " class=\"\(classes.joined(separator: " "))\"" }
  }

  private func hexadecimal(
    _ paint: Drawing.Paint,
    _ prefix: String,
    _ classes: inout [String]
  ) -> String {
    switch paint {
    case .fixed(let colour): return colour.hexadecimal
    case .themed(let role):
      if drawing.theme.choice == .automatic { classes.append("\(prefix)-\(role.rawValue)") }
      return drawing.theme.colour(role).hexadecimal
    }
  }

  // MARK: - Text

  private static func pair(_ point: Point) -> String { number(point.x) + "," + number(point.y) }

  /// A number with at most one decimal: a tenth of a pixel cannot be seen.
  static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "0" }
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let magnitude = abs(tenths)
    return sign + String(magnitude / 10) + (magnitude % 10 == 0 ? "" : "." + String(magnitude % 10))
  }

  /// Text for an element or an attribute of XML 1.0.
  ///
  /// What XML does not allow at all (control characters, U+FFFE, U+FFFF) is shown as an escape; the
  /// texts of a diagram hold none any more.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n": result += "\n"
      case _ where scalar.value == 0xFFFE || scalar.value == 0xFFFF:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      case _ where scalar.value < 0x20: result += escapedForTerminal(String(scalar))
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
