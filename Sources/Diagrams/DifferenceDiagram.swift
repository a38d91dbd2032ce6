import Differences
import ModelIR
import Profiling

/// Draws one graph of an old and a new model: what was added, removed and changed.
///
/// The new model is drawn as it is, and the removed boxes of the old one beside what they stood
/// between.
package struct DifferenceDiagram {
  private let old: (model: Model, profile: ModelProfile)
  private let new: (model: Model, profile: ModelProfile)
  private let difference: ModelDifference
  private let folding: DiagramOptions.Folding

  package init(
    old: (model: Model, profile: ModelProfile),
    new: (model: Model, profile: ModelProfile),
    folding: DiagramOptions.Folding = .auto
  ) {
    self.old = old
    self.new = new
    self.folding = folding
    difference = ModelDifference(ReportSnapshot(old.profile), ReportSnapshot(new.profile))
  }

  /// The diagram.
  package func diagram() throws(DiagramError) -> Diagram {
    // Blocks that repeat may differ in what changed: they are never folded here.
    let options = DiagramOptions(folding: folding == .never ? .never : .auto)
    let after = try DiagramBuilder(new.model, new.profile, options: options).unfolded()
    let before = try DiagramBuilder(old.model, old.profile, options: options).unfolded()
    var merged = Merge(after)
    var newOf = [Int?](repeating: nil, count: old.profile.operators.count)
    for change in difference.operators {
      if let row = change.old { newOf[row] = change.new }
    }
    merged.take(before, newOf)
    let status = byRow()
    for index in merged.diagram.nodes.indices {
      annotate(&merged.diagram.nodes[index], isOld: merged.isOld[index], status)
    }
    merged.diagram.title =
      after.title == before.title
      ? after.title : "\(before.title) → \(after.title)"
    merged.diagram.subtitle = subtitle()
    merged.diagram.legend = legend(after.legend)
    for index in merged.diagram.edges.indices {
      let edge = merged.diagram.edges[index]
      if merged.isOld[edge.source] || merged.isOld[edge.target] {
        merged.diagram.edges[index].colour = Categories.no
        merged.diagram.edges[index].style = .elided
      }
    }
    return merged.diagram
  }

  // MARK: - What changed

  private func byRow() -> (
    old: [ModelDifference.OperatorChange?], new: [ModelDifference.OperatorChange?]
  ) {
    var ofOld: [ModelDifference.OperatorChange?] = Array(
      repeating: nil,
      count: old.profile.operators.count
    )
    var ofNew: [ModelDifference.OperatorChange?] = Array(
      repeating: nil,
      count: new.profile.operators.count
    )
    for change in difference.operators {
      if let row = change.old { ofOld[row] = change }
      if let row = change.new { ofNew[row] = change }
    }
    return (ofOld, ofNew)
  }

  private func annotate(
    _ node: inout Diagram.Node,
    isOld: Bool,
    _ status: (old: [ModelDifference.OperatorChange?], new: [ModelDifference.OperatorChange?])
  ) {
    guard node.kind == .operation else {
      node.fill = .plain
      return
    }
    let all = node.operators.compactMap { isOld ? status.old[$0] : status.new[$0] }
    let total = Self.status(all)
    node.data.append(.init("status", total.rawValue))
    switch total {
    case .same: node.fill = .plain
    case .added:
      node.fill = .colour(Self.colour(.added))
      node.mark = .init(Categories.yes)
    case .removed:
      node.fill = .colour(Self.colour(.removed))
      node.mark = .init(Categories.no, isDashed: true)
    case .changed: node.fill = .colour(Self.colour(.changed))
    }
    guard total != .same else { return }
    // The old model's figures stand in a removed box; the delta is what matters.
    if node.lines.count > 1, node.lines[node.lines.count - 1].contains(" · ") || total == .changed {
      node.lines.removeLast()
    }
    let deltas = text(all)
    node.lines += deltas.isEmpty ? [total.rawValue] : deltas
    node.details = ["\(total.rawValue): " + deltas.joined(separator: " · ")] + node.details
  }

  private static func status(_ all: [ModelDifference.OperatorChange]) -> ModelDifference.Status {
    let states = Set(all.map(\.status))
    if states.count == 1, let only = states.first { return only }
    return states.isEmpty ? .same : .changed
  }

  private func text(_ all: [ModelDifference.OperatorChange]) -> [String] {
    var lines: [String] = []
    var parts: [String] = []
    let macs = all.reduce(0) { $0 &+ ($1.deltaMultiplyAdds ?? 0) }
    let bytes = all.reduce(0) { $0 &+ $1.deltaBytes }
    if macs != 0 { parts.append(Self.signed(macs, Quantity.count(Int(macs.magnitude))) + " MACs") }
    if bytes != 0 { parts.append(Self.signed(bytes, Quantity.bytes(Int(bytes.magnitude)))) }
    if !parts.isEmpty { lines.append(parts.joined(separator: " · ")) }
    var remarks: [String] = []
    for remark in all.flatMap(difference.remarks) where !remarks.contains(remark) {
      remarks.append(remark)
    }
    lines += remarks.prefix(2).map { pictureText($0, limit: 60) }
    return lines
  }

  private static func signed(_ value: Int, _ text: String) -> String {
    (value < 0 ? "−" : "+") + text
  }

  private static func colour(_ status: ModelDifference.Status) -> Colour {
    switch status {
    case .added: Categories.yes.mixed(with: .paper, 0.6)
    case .removed: Categories.no.mixed(with: .paper, 0.6)
    case .changed: Categories.palette[3].mixed(with: .paper, 0.45)
    case .same: .paper
    }
  }

  // MARK: - Head

  private func subtitle() -> [String] {
    let (before, after) = (old.profile.totals, new.profile.totals)
    func change(_ old: Int?, _ new: Int?, _ text: (Int) -> String) -> String {
      guard let old, let new else { return "unknown" }
      let delta = new.subtractingReportingOverflow(old).partialValue
      guard delta != 0 else { return text(new) }
      return "\(text(old)) → \(text(new)) (\(Self.signed(delta, text(Int(delta.magnitude)))))"
    }
    let counts = Dictionary(grouping: difference.operators, by: \.status).mapValues(\.count)
    return [
      "file " + change(before.fileBytes, after.fileBytes, { Quantity.bytes($0) }) + " · MACs "
        + change(before.multiplyAdds, after.multiplyAdds, { Quantity.count($0) }),
      "\(counts[.added] ?? 0) operators added, \(counts[.removed] ?? 0) removed, "
        + "\(counts[.changed] ?? 0) changed, \(counts[.same] ?? 0) the same",
    ]
  }

  private func legend(_ legend: Diagram.Legend) -> Diagram.Legend {
    var legend = legend
    legend.title = "what changed"
    legend.hasUnknown = false
    legend.scale = .categories([
      .init("added", .colour(Self.colour(.added))),
      .init("removed", .colour(Self.colour(.removed))),
      .init("changed", .colour(Self.colour(.changed))),
      .init("the same", .plain),
    ])
    return legend
  }

  // MARK: - Merging

  /// The new diagram with boxes of the old one added to it.
  private struct Merge {
    var diagram: Diagram
    var isOld: [Bool]

    init(_ after: Diagram) {
      diagram = after
      isOld = after.nodes.map { _ in false }
    }

    /// Takes in the old boxes of which no operator is in the new model.
    mutating func take(_ before: Diagram, _ newOf: [Int?]) {
      var nodeOfRow: [Int: Int] = [:]
      for (index, node) in diagram.nodes.enumerated() {
        for row in node.operators { nodeOfRow[row] = index }
      }
      let ends = Dictionary(
        diagram.nodes.enumerated().filter { $0.element.kind != .operation }
          .map { ($0.element.id, $0.offset) },
        uniquingKeysWith: { first, _ in first }
      )
      var standIn: [Int?] = before.nodes.map { node in
        if node.kind != .operation { return ends[node.id] }
        return node.operators.lazy.compactMap { newOf[$0] }.compactMap { nodeOfRow[$0] }.first
      }
      var added: [(node: Diagram.Node, old: Int)] = []
      for (index, node) in before.nodes.enumerated()
      where standIn[index] == nil && node.kind == .operation {
        var copy = node
        copy.id = "old-" + node.id
        copy.cluster = nil
        added.append((copy, index))
      }
      insert(added, before, &standIn)
    }

    /// Puts each removed box behind the box that fed it, so that the order stays one of execution.
    private mutating func insert(
      _ added: [(node: Diagram.Node, old: Int)],
      _ before: Diagram,
      _ standIn: inout [Int?]
    ) {
      var sources = Array(repeating: [Int](), count: before.nodes.count)
      for edge in before.edges { sources[edge.target].append(edge.source) }
      // The place behind which each box stands; removed ones follow their latest source.
      var anchor: [Int: Int] = [:]
      var order: [(place: Int, rank: Int, isOld: Bool, index: Int)] = diagram.nodes.indices.map {
        ($0, 0, false, $0)
      }
      for (rank, entry) in added.enumerated() {
        let place = sources[entry.old].compactMap { standIn[$0] ?? anchor[$0] }.max() ?? -1
        anchor[entry.old] = place
        order.append((place, rank + 1, true, rank))
      }
      order.sort { ($0.place, $0.rank) < ($1.place, $1.rank) }
      var moved = Array(repeating: 0, count: diagram.nodes.count)
      var nodes: [Diagram.Node] = []
      var flags: [Bool] = []
      var placeOfAdded = Array(repeating: 0, count: added.count)
      for entry in order {
        if entry.isOld {
          placeOfAdded[entry.index] = nodes.count
          nodes.append(added[entry.index].node)
        } else {
          moved[entry.index] = nodes.count
          nodes.append(diagram.nodes[entry.index])
        }
        flags.append(entry.isOld)
      }
      for index in diagram.edges.indices {
        diagram.edges[index].source = moved[diagram.edges[index].source]
        diagram.edges[index].target = moved[diagram.edges[index].target]
      }
      for index in standIn.indices { standIn[index] = standIn[index].map { moved[$0] } }
      for (rank, entry) in added.enumerated() { standIn[entry.old] = placeOfAdded[rank] }
      diagram.nodes = nodes
      isOld = flags
      addEdges(before, standIn)
    }

    private mutating func addEdges(_ before: Diagram, _ standIn: [Int?]) {
      var known = Set(diagram.edges.map { [$0.source, $0.target] })
      for edge in before.edges {
        guard let source = standIn[edge.source], let target = standIn[edge.target],
          isOld[source] || isOld[target], known.insert([source, target]).inserted
        else { continue }
        var copy = edge
        copy.source = source
        copy.target = target
        diagram.edges.append(copy)
      }
    }
  }
}
