/// A place in a picture; y grows downwards.
package struct Point: Equatable, Sendable {
  package var x: Double
  package var y: Double

  package init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }

  func moved(by offset: Point) -> Point { Point(x + offset.x, y + offset.y) }
}

/// A width and a height.
package struct Size: Equatable, Sendable {
  package var width: Double
  package var height: Double

  package init(_ width: Double, _ height: Double) {
    self.width = width
    self.height = height
  }
}

/// An upright rectangle.
package struct Rectangle: Equatable, Sendable {
  package var origin: Point
  package var size: Size

  package init(_ origin: Point, _ size: Size) {
    self.origin = origin
    self.size = size
  }

  var minX: Double { origin.x }
  var maxX: Double { origin.x + size.width }
  var minY: Double { origin.y }
  var maxY: Double { origin.y + size.height }
  var center: Point { Point(origin.x + size.width / 2, origin.y + size.height / 2) }

  func moved(by offset: Point) -> Rectangle { Rectangle(origin.moved(by: offset), size) }
}

/// Where everything of a diagram is.
package struct Placement: Equatable, Sendable {
  /// How the places were found, the best first.
  package enum Quality: Int, Sendable, Comparable {
    /// By Graphviz, with curves around boxes.
    case curves
    /// By Graphviz, with straight lines.
    case straight
    /// In rows, by ourselves.
    case layered

    package static func < (left: Quality, right: Quality) -> Bool { left.rawValue < right.rawValue }
  }

  package var size: Size
  /// The box of each node.
  package var nodes: [Rectangle]
  /// Each edge's way: a start, and three points for each Bézier curve.
  package var edges: [[Point]]
  /// The frames of clusters; one that goes over several columns has several.
  package var clusters: [ClusterFrame]
  package var quality: Quality

  /// A frame of a cluster.
  package struct ClusterFrame: Equatable, Sendable {
    /// An index into the diagram's clusters.
    package var cluster: Int
    package var frame: Rectangle
  }
}

/// A part of a diagram that is laid out by itself: one column of the picture.
struct ColumnProblem: Equatable, Sendable {
  /// A box, or a place where a tensor comes in from or leaves for another column.
  struct Vertex: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
      /// An index into the diagram's nodes.
      case node(Int)
      /// The node whose tensor comes in.
      case entry(Int)
      /// The node whose tensor leaves.
      case exit(Int)
    }

    var kind: Kind
    var size: Size
    var cluster: Int?
  }

  /// A line between two vertices, by position.
  struct Line: Equatable, Sendable {
    var source: Int
    var target: Int
    /// What it draws, an index into the plan's list.
    var id: Int
  }

  /// A frame around vertices and other frames.
  struct Frame: Equatable, Sendable {
    var cluster: Int
    /// The frame around it, by position.
    var parent: Int?
    /// What its label needs.
    var labelWidth: Double
  }

  var vertices: [Vertex] = []
  var lines: [Line] = []
  /// Outer ones come first.
  var frames: [Frame] = []
}

/// Where the parts of a column are, from its own upper left corner.
struct ColumnLayout: Equatable, Sendable {
  var size: Size
  /// The centre of each vertex.
  var centers: [Point]
  /// The way of each line.
  var ways: [[Point]]
  /// The frames that were drawn: a position in the problem's list and the rectangle.
  var frames: [(frame: Int, rectangle: Rectangle)]
  var quality: Placement.Quality

  static func == (left: ColumnLayout, right: ColumnLayout) -> Bool {
    left.size == right.size && left.centers == right.centers && left.ways == right.ways
      && left.frames.map(\.frame) == right.frames.map(\.frame)
      && left.frames.map(\.rectangle) == right.frames.map(\.rectangle)
  }
}
