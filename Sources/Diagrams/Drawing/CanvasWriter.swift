import CGraphviz

/// Draws a drawing as PNG or PDF, in a child process with cairo.
package struct CanvasWriter {
  /// What to write.
  package enum Format: Sendable {
    case png, pdf
  }

  private let limits: ChildLimits

  package init(limits: ChildLimits = ChildLimits()) { self.limits = limits }

  /// Pictures are drawn at twice the size of a pixel where that is possible.
  private static let pngScale = 2.0
  /// cairo's images have at most this many pixels a side.
  private static let longestSide = 32_000.0
  /// Four bytes each: a quarter of the memory that the child has.
  private static let mostPixels = 30_000_000.0
  /// A PDF page of 200 inches is the longest that readers show.
  private static let longestPage = 14_400.0

  /// The file.
  ///
  /// - Throws: Where cairo is missing, or the picture takes more time or memory than it may.
  package func file(_ drawing: Drawing, _ format: Format) throws(DiagramError) -> [UInt8] {
    var drawing = drawing
    // Neither format asks the reader's system.
    if drawing.theme.choice == .automatic { drawing.theme.choice = .light }
    let answer = GraphvizChild.ask(
      GRAPHVIZ_DRAWING_MODE,
      Self.list(drawing, format, scale: Self.scale(drawing.size, format)),
      limits
    )
    var rest = answer.bytes[...]
    switch AnswerPart.next(&rest) {
    case .bytes(let bytes)?: return Array(bytes)
    case .problem(let problem)?: throw DiagramError(problem)
    case nil:
      throw DiagramError(
        answer.outcome == GRAPHVIZ_TIMED_OUT || answer.outcome == GRAPHVIZ_KILLED
          ? "drawing takes more than \(limits.milliseconds / 1000) s or \(limits.memory) bytes"
          : "the process that draws ended early"
      )
    }
  }

  private static func scale(_ size: Size, _ format: Format) -> Double {
    let longest = max(size.width, size.height)
    switch format {
    case .pdf: return min(1, longestPage / longest)
    case .png:
      let area = (mostPixels / (size.width * size.height)).squareRoot()
      return min(pngScale, longestSide / longest, area)
    }
  }

  // MARK: - The list of shapes

  static func list(_ drawing: Drawing, _ format: Format, scale: Double) -> [UInt8] {
    var list = List(theme: drawing.theme)
    list.bytes.append(UInt8(ascii: format == .png ? "p" : "d"))
    list.add(drawing.size.width, drawing.size.height, scale)
    for shape in drawing.shapes {
      switch shape {
      case .rectangle(let rectangle, let radius, let style):
        list.bytes.append(UInt8(ascii: "R"))
        list.add(rectangle.minX, rectangle.minY, rectangle.size.width, rectangle.size.height)
        list.add(radius)
        list.add(style)
      case .path(let points, let style):
        list.bytes.append(UInt8(ascii: "P"))
        list.add(Double(points.count))
        for point in points { list.add(point.x, point.y) }
        list.add(style)
      case .text(let text):
        list.bytes.append(UInt8(ascii: "T"))
        list.add(text.place.x, text.place.y, text.size)
        list.add(Double(text.anchor.rawValue), text.isBold ? 1 : 0)
        list.add(text.paint)
        let bytes = Array(text.text.utf8)
        list.add(Double(bytes.count))
        list.bytes += bytes
      case .begin, .end: break
      }
    }
    return list.bytes
  }

  private struct List {
    var bytes: [UInt8] = []
    let theme: Drawing.Theme

    init(theme: Drawing.Theme) { self.theme = theme }

    mutating func add(_ numbers: Double...) {
      for number in numbers {
        withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 }
      }
    }

    mutating func add(_ paint: Drawing.Paint?) {
      let colour: Colour
      switch paint {
      case .fixed(let fixed)?: colour = fixed
      case .themed(let role)?: colour = theme.colour(role)
      case nil:
        add(0, 0, 0, 0)
        return
      }
      add(Double(colour.red) / 255, Double(colour.green) / 255, Double(colour.blue) / 255, 1)
    }

    mutating func add(_ style: Drawing.Style) {
      add(style.fill)
      add(style.stroke)
      add(style.width, style.dash)
    }
  }
}
