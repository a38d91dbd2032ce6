import ModelIR
import Profiling

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Makes the diagram of a model.
package struct DiagramBuilder {
  private let reader: GraphReader
  private let figures: NodeFigures
  private let options: DiagramOptions
  private var profile: ModelProfile { reader.profile }

  /// From this many boxes on, repeated blocks are folded unless the user says otherwise.
  static let foldedFrom = 48

  /// - Throws: Where nothing is known of what should colour the boxes.
  package init(
    _ model: Model,
    _ profile: ModelProfile,
    overlay: DiagramOverlay = DiagramOverlay(),
    options: DiagramOptions = DiagramOptions()
  ) throws(DiagramError) {
    reader = GraphReader(model, profile)
    figures = try NodeFigures(profile, overlay, options.colouring)
    self.options = options
  }

  /// The diagram.
  ///
  /// - Throws: Where a part is asked for that the model does not have.
  package func diagram() throws(DiagramError) -> Diagram {
    var graph = GraphSimplifier(reader, options).graph()
    try PartSelection(reader, figures).select(options, from: &graph)
    let isFolded =
      switch options.folding {
      case .always: true
      case .never: false
      case .auto: graph.items.count >= Self.foldedFrom
      }
    if isFolded { BlockFolding(reader).fold(&graph) }
    return diagram(of: graph)
  }

  /// The diagram of the whole model with repeated blocks drawn as often as they come.
  func unfolded() throws(DiagramError) -> Diagram {
    var graph = GraphSimplifier(reader, options).graph()
    try PartSelection(reader, figures).select(options, from: &graph)
    return diagram(of: graph)
  }

  private func diagram(of graph: OperatorGraph) -> Diagram {
    let text = NodeText(reader: reader, figures: figures)
    let colours = NodeColours(figures, graph)
    let clusters = ClusterTree(graph)
    let edges = EdgeStyles(graph)
    let nodes = graph.items.enumerated().map { place, item in
      Diagram.Node(
        id: id(of: item),
        kind: kind(of: item),
        operators: item.rows,
        lines: text.lines(of: item),
        fill: colours.fill(place),
        mark: mark(item),
        details: text.details(of: item),
        data: text.data(of: item),
        cluster: clusters.innermost[place]
      )
    }
    return Diagram(
      title: DiagramTitle.name(of: profile),
      subtitle: DiagramTitle.lines(of: profile),
      nodes: nodes,
      edges: edges.edges(),
      clusters: clusters.clusters,
      legend: Diagram.Legend(
        title: colours.title,
        scale: colours.scale,
        notes: notes(graph),
        hasUnknown: colours.hasUnknown,
        edgeWidths: edges.legend
      )
    )
  }

  private func id(of item: OperatorGraph.Item) -> String {
    switch item.content {
    case .input(let index): "in\(index)"
    case .output(let index): "out\(index)"
    case .operators, .scope: "op\(item.rows.first ?? 0)"
    }
  }

  private func kind(of item: OperatorGraph.Item) -> Diagram.Node.Kind {
    switch item.content {
    case .input: .input
    case .output: .output
    case .operators, .scope: .operation
    }
  }

  private func mark(_ item: OperatorGraph.Item) -> Diagram.Mark? {
    if options.colouring == .target || options.part == .unsupported,
      item.allRows.contains(where: figures.isUnsupported)
    {
      return Diagram.Mark(Categories.no)
    }
    if options.colouring == .memory || options.part == .peak,
      let peak = profile.totals.peakOperator, item.allRows.contains(peak)
    {
      return Diagram.Mark(Categories.no)
    }
    return nil
  }

  private func title(of part: DiagramOptions.Part) -> String {
    switch part {
    case .peak: "only what is in memory at the peak"
    case .hotspots: "only \(Int(PartSelection.hotShare * 100)) % of the \(figures.title)"
    case .unsupported: "only operators that are not supported"
    }
  }

  private func notes(_ graph: OperatorGraph) -> [String] {
    var notes: [String] = []
    if let part = options.part {
      notes.append(title(of: part) + "; dashed: ways over others")
    }
    if let focus = options.focus {
      notes.append("only \(focus.radius) steps around \(pictureText(focus.layer, limit: 60))")
    }
    if graph.hiddenCount > 0 {
      notes.append(counted(graph.hiddenCount, "operator") + " on constants and shapes not drawn")
    }
    let merged = graph.items.reduce(0) { $0 + max(0, $1.rows.count - 1) }
    if merged > 0 { notes.append(counted(merged, "operator") + " in the box of another") }
    if !graph.folds.isEmpty {
      let saved = graph.items.reduce(0) { $0 + $1.repetitions.count }
      notes.append("repeated blocks drawn once (×): " + counted(saved, "box", "boxes") + " less")
    }
    if options.colouring == .memory || options.part == .peak, let peak = profile.totals.peakOperator
    {
      notes.append("orange border: operator \(peak) sets the peak")
    }
    if profile.totals.uncounted > 0 || profile.totals.peakLowerBoundBytes == nil,
      options.colouring == .macs || options.colouring == .memory
    {
      notes.append("some extents are open or not known: --shape INPUT=1x3x224x224 fixes an input's")
    }
    return notes
  }

  private func counted(_ count: Int, _ one: String, _ several: String? = nil) -> String {
    "\(Quantity.grouped(count)) " + (count == 1 ? one : several ?? one + "s")
  }
}

/// The lines at the head of a picture.
enum DiagramTitle {
  /// The file's name without its folder.
  static func name(of profile: ModelProfile) -> String {
    let parts = profile.model.path.split(separator: "/")
    return pictureText(parts.last.map(String.init) ?? profile.model.path, limit: 80)
  }

  /// What it is, and what it costs.
  static func lines(of profile: ModelProfile) -> [String] {
    let totals = profile.totals
    let macs =
      totals.multiplyAdds.map { Quantity.count($0) }
      ?? "at least \(Quantity.count(totals.countedMultiplyAdds))"
    return [
      "\(profile.model.format.title) · \(Quantity.bytes(totals.fileBytes)) · "
        + "\(Quantity.grouped(totals.operators)) operators",
      "\(macs) MACs · \(Quantity.count(totals.parameters)) parameters · "
        + (totals.peakLowerBoundBytes.map { "≥ \(Quantity.bytes($0)) of activations" }
          ?? "activations unknown"),
    ]
  }
}

/// How thick lines are, and what stands beside them.
struct EdgeStyles {
  private let graph: OperatorGraph
  private let range: ClosedRange<Int>?

  init(_ graph: OperatorGraph) {
    self.graph = graph
    let bytes = graph.links.compactMap { link in
      link.value.flatMap { graph.values[$0].bytes }
    }.filter { $0 > 0 }
    if let least = bytes.min(), let most = bytes.max() { range = least...most } else { range = nil }
  }

  private static let thinnest = 1.0
  private static let thickest = 5.0

  /// Twice the bytes are a fixed step wider: tensors of one model span factors of thousands.
  private func width(_ bytes: Int?) -> Double {
    guard let range, let bytes, bytes > 0 else { return Self.thinnest }
    guard range.lowerBound < range.upperBound else { return 1.5 }
    let least = log2(Double(range.lowerBound))
    let share = (log2(Double(bytes)) - least) / (log2(Double(range.upperBound)) - least)
    let width = Self.thinnest + (Self.thickest - Self.thinnest) * share
    return (width * 10).rounded() / 10
  }

  var legend: [Diagram.Legend.EdgeWidth] {
    guard let range, range.lowerBound < range.upperBound else { return [] }
    return [
      .init(Quantity.bytes(range.lowerBound), Self.thinnest),
      .init(Quantity.bytes(range.upperBound), Self.thickest),
    ]
  }

  func edges() -> [Diagram.Edge] {
    var said: Set<[String]> = []
    return graph.links.map { link in
      let value = link.value.map { graph.values[$0] }
      let type = value.map {
        pictureText($0.shape.description, limit: 40) + " " + $0.type.rawValue
      }
      let isNew = type.map { said.insert(["\(link.source)", $0]).inserted } ?? false
      return Diagram.Edge(
        source: link.source,
        target: link.target,
        label: isNew ? type ?? "" : "",
        details: value.map {
          pictureText($0.name) + " · " + (type ?? "") + " · " + Quantity.bytes($0.bytes)
        } ?? (link.style == .elided ? "over operators that are not shown" : "runs this graph"),
        width: link.style == .data ? width(value?.bytes) : Self.thinnest,
        style: link.style,
        colour: nil
      )
    }
  }
}
