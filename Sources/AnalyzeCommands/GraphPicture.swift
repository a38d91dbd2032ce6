import ArgumentParser
import Diagrams

/// What a picture is written as.
enum GraphFormat: String, CaseIterable {
  case svg, pdf, png, dot

  /// By the ending of the file's name.
  init(path: String) throws(CommandFailure) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let ending = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last
    let word = ending?.lowercased() ?? ""
    guard let format = GraphFormat(rawValue: word) else {
      let what = word == "html" ? "a page (.html) is not written yet" : "the ending says no format"
      throw CommandFailure(.usage, path: path, what, hint: "use .svg, .pdf, .png or .dot")
    }
    self = format
  }
}

/// `--limit` of the graph command.
struct GraphLimits {
  /// The limits and what they are for.
  static let names: [String: String] = [
    "layout-nodes": "boxes", "layout-time": "seconds", "layout-mem": "bytes",
  ]

  /// With more boxes only DOT is written.
  var nodes = 20_000
  var child = ChildLimits()

  init(_ options: [LimitOption]) {
    for option in options {
      switch option.name {
      case "layout-nodes": nodes = option.value
      case "layout-time": child.milliseconds = min(option.value, 3600) * 1000
      case "layout-mem": child.memory = option.value
      default: break
      }
    }
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
    case .svg, .dot: return (path, Array(SVGWriter.svg(drawing).utf8), notes)
    case .png, .pdf:
      do throws(DiagramError) {
        let writer = CanvasWriter(limits: limits.child)
        return (path, try writer.file(drawing, format == .png ? .png : .pdf), notes)
      } catch {
        throw CommandFailure(.ioWrite, path: path, error.message, hint: ".svg needs no cairo")
      }
    }
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
