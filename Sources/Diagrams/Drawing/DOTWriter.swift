/// Writes a diagram in the language of Graphviz, for those who lay it out themselves.
///
/// Names of nodes are ours; texts of the model stand only inside quotes, with nothing in them that
/// Graphviz would take for an escape, an entity, a link or a file.
package enum DOTWriter {
  /// The file.
  package static func dot(_ diagram: Diagram) -> String {
    var text = "digraph model {\n"
    let head =
      [diagram.title] + diagram.subtitle + ["coloured by " + diagram.legend.title]
      + legend(diagram.legend) + diagram.legend.notes
    text += "  graph [label=\(label(head, end: "\\l")), labelloc=t, labeljust=l,"
    text += " fontname=\"Helvetica\", fontsize=11, ranksep=0.4, nodesep=0.3];\n"
    text += "  node [shape=box, style=\"filled,rounded\", fillcolor=\"#ffffff\", color=\"#8794a1\","
    text += " fontname=\"Helvetica\", fontsize=10];\n"
    text +=
      "  edge [color=\"#8794a1\", fontcolor=\"#5a6875\", fontname=\"Helvetica\", fontsize=8];\n"
    text += clusters(diagram)
    for (index, node) in diagram.nodes.enumerated() where node.cluster == nil {
      text += "  " + statement(diagram.nodes[index]) + "\n"
    }
    for edge in diagram.edges {
      text += "  \(diagram.nodes[edge.source].id) -> \(diagram.nodes[edge.target].id)"
      var attributes = ["penwidth=\(SVGWriter.number(edge.width))"]
      if !edge.label.isEmpty { attributes.append("label=\(quoted(edge.label))") }
      attributes.append("tooltip=\(quoted(edge.details))")
      if edge.style != .data { attributes.append("style=dashed") }
      if let colour = edge.colour { attributes.append("color=\"\(colour.hexadecimal)\"") }
      text += " [\(attributes.joined(separator: ", "))];\n"
    }
    return text + "}\n"
  }

  private static func legend(_ legend: Diagram.Legend) -> [String] {
    switch legend.scale {
    case .ramp(let ticks): ["light to dark: " + ticks.joined(separator: ", ")]
    case .categories(let categories):
      categories.map { category in
        guard case .colour(let colour) = category.fill else { return category.label }
        return category.label + ": " + colour.hexadecimal
      }
    }
  }

  private static func clusters(_ diagram: Diagram) -> String {
    var children = Array(repeating: [Int](), count: diagram.clusters.count)
    var members = children
    for (index, cluster) in diagram.clusters.enumerated() {
      if let parent = cluster.parent { children[parent].append(index) }
    }
    for (index, node) in diagram.nodes.enumerated() {
      if let cluster = node.cluster { members[cluster].append(index) }
    }
    var text = ""
    var stack = diagram.clusters.indices.filter { diagram.clusters[$0].parent == nil }.reversed()
      .map { (cluster: $0, isOpen: false) }
    while let top = stack.popLast() {
      guard !top.isOpen else {
        text += "  }\n"
        continue
      }
      let cluster = diagram.clusters[top.cluster]
      text += "  subgraph cluster_\(top.cluster) {\n"
      text += "    graph [label=\(quoted(cluster.label)), labeljust=l, style=\"filled,rounded\","
      text += " fillcolor=\"#f5f7f9\", color=\"#c3cbd3\""
      if cluster.repetitions > 1 { text += ", peripheries=2" }
      text += "];\n"
      for index in members[top.cluster] { text += "    " + statement(diagram.nodes[index]) + "\n" }
      stack.append((top.cluster, true))
      stack += children[top.cluster].reversed().map { (cluster: $0, isOpen: false) }
    }
    return text
  }

  private static func statement(_ node: Diagram.Node) -> String {
    var attributes = [
      "id=\"\(node.id)\"", "label=\(label(node.lines, end: "\\n"))",
      "tooltip=\(label(node.details, end: "\\n"))",
    ]
    switch node.fill {
    case .plain: break
    case .unknown: attributes.append("fillcolor=\"#e3e6ea\", style=\"filled,rounded,dashed\"")
    case .colour(let colour):
      attributes.append("fillcolor=\"\(colour.hexadecimal)\"")
      attributes.append("fontcolor=\"\(colour.legibleText.hexadecimal)\"")
    }
    if let mark = node.mark {
      attributes.append("color=\"\(mark.colour.hexadecimal)\"")
      attributes.append("penwidth=2.5")
    }
    return "\(node.id) [\(attributes.joined(separator: ", "))];"
  }

  private static func label(_ lines: [String], end: String) -> String {
    // The text between the line ends is escaped; the ends are not.
    "\"" + lines.map(escaped).joined(separator: end) + (end == "\\l" ? end : "") + "\""
  }

  private static func quoted(_ text: String) -> String { "\"" + escaped(text) + "\"" }

  /// Text inside the quotes of a label.
  ///
  /// `\` begins an escape (`\N` is the node's name), `&` an entity; both are doubled or spelled out.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in pictureText(text, limit: 1000).unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
