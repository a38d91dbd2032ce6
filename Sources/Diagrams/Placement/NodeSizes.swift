/// How large boxes are and how their text is set.
enum NodeMetrics {
  static let headingSize = 11.0
  static let textSize = 9.5
  static let headingHeight = 15.0
  static let lineHeight = 12.5
  static let padding = Size(10, 6)
  static let least = Size(84, 24)
  /// Longer lines are cut.
  static let mostTextWidth = 190.0
  static let frameLabelSize = 9.5
  static let frameLabelHeight = 14.0

  /// The lines as they are drawn.
  static func shownLines(_ node: Diagram.Node) -> [String] {
    node.lines.enumerated().map { index, line in
      TextMetrics.shortened(
        line,
        to: mostTextWidth,
        size: index == 0 ? headingSize : textSize,
        isBold: index == 0
      )
    }
  }

  /// The size of a box around its text.
  static func size(of node: Diagram.Node) -> Size {
    let lines = shownLines(node)
    let widths = lines.enumerated().map { index, line in
      TextMetrics.width(line, size: index == 0 ? headingSize : textSize, isBold: index == 0)
    }
    let height = headingHeight + lineHeight * Double(max(lines.count - 1, 0)) + 2 * padding.height
    // A tenth more: the font on the reader's machine may be a wider one.
    let width = (widths.max() ?? 0) * 1.06 + 2 * padding.width
    return Size(max(least.width, width.rounded(.up)), max(least.height, height))
  }

  static func shownLabel(_ cluster: Diagram.Cluster) -> String {
    TextMetrics.shortened(cluster.label, to: mostTextWidth, size: frameLabelSize, isBold: true)
  }
}
