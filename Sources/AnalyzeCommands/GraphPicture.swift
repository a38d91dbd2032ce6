import ArgumentParser
import Diagrams

/// What a picture is written as.
enum GraphFormat: String, CaseIterable {
  case svg, pdf, png, dot, html

  /// By the ending of the file's name.
  init(path: String) throws(CommandFailure) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let ending = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last
    let word = ending?.lowercased() ?? ""
    guard let format = GraphFormat(rawValue: word) else {
      throw CommandFailure(
        .usage,
        path: path,
        "the ending says no format",
        hint: "use .svg, .pdf, .png, .dot or .html"
      )
    }
    self = format
  }
}

/// What laying a graph out may take.
struct GraphLimits {
  /// With more boxes only DOT is written.
  var nodes: Int
  var child = ChildLimits()

  init(_ limits: Limits) {
    nodes = limits["layout-nodes"] ?? 20_000
    if let seconds = limits["layout-time"] { child.milliseconds = min(seconds, 3600) * 1000 }
    if let bytes = limits["layout-mem"] { child.memory = bytes }
  }
}

/// Makes the file of a diagram.
struct GraphPicture {
  let format: GraphFormat
  let theme: Drawing.Theme.Choice
  let limits: GraphLimits

  /// The file's path and bytes, and warnings about what could not be had.
  func file(_ diagram: Diagram, _ path: String) throws(CommandFailure) -> (
    path: String, bytes: [UInt8], notes: [String]
  ) {
    if format == .dot { return (path, Array(DOTWriter.dot(diagram).utf8), []) }
    guard diagram.nodes.count <= limits.nodes else {
      // Better a file that other programs can lay out than none.
      let other = String(path.dropLast(format.rawValue.count)) + GraphFormat.dot.rawValue
      return (
        other, Array(DOTWriter.dot(diagram).utf8),
        [
          "\(diagram.nodes.count) boxes are more than \(limits.nodes): wrote \(other) without a"
            + " layout instead; --depth, --only and --focus draw less, --limit layout-nodes=N more"
        ]
      )
    }
    let placement = Placer(limits: limits.child).place(diagram)
    let drawing = DrawingBuilder.drawing(diagram, placement, theme: .init(theme))
    let notes = notes(placement.quality)
    switch format {
    case .svg, .dot, .html: return (path, Array(SVGWriter.svg(drawing).utf8), notes)
    case .png, .pdf:
      do throws(DiagramError) {
        let writer = CanvasWriter(limits: limits.child)
        return (path, try writer.file(drawing, format == .png ? .png : .pdf), notes)
      } catch {
        throw CommandFailure(.ioWrite, path: path, error.message, hint: ".svg needs no cairo")
      }
    }
  }

  /// The picture for a page; `nil` where there are more boxes than may be laid out.
  func embedded(_ diagram: Diagram) -> (svg: String, notes: [String])? {
    guard diagram.nodes.count <= limits.nodes else { return nil }
    let placement = Placer(limits: limits.child).place(diagram)
    let drawing = DrawingBuilder.drawing(diagram, placement, theme: .init(.automatic))
    return (SVGWriter.element(drawing), notes(placement.quality))
  }

  private func notes(_ quality: Placement.Quality) -> [String] {
    switch quality {
    case .curves: []
    case .straight: ["Graphviz did not finish in time: parts are drawn with straight lines"]
    case .layered:
      [
        "Graphviz is missing or did not finish in time: parts are laid out in plain rows"
      ]
    }
  }
}
