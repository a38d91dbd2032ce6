import ModelIR
import Profiling

/// Shows a part of a graph alone: what is left out becomes dashed lines.
struct PartSelection {
  private let reader: GraphReader
  private let figures: NodeFigures

  init(_ reader: GraphReader, _ figures: NodeFigures) {
    self.reader = reader
    self.figures = figures
  }

  /// The part that the options ask for.
  ///
  /// - Throws: Where the layer is not in the model, or nothing is left.
  func select(_ options: DiagramOptions, from graph: inout OperatorGraph) throws(DiagramError) {
    if let focus = options.focus { try narrow(to: focus, &graph) }
    guard let part = options.part else { return }
    let wanted: [Bool]
    switch part {
    case .peak: wanted = try peak(graph)
    case .hotspots: wanted = try hotspots(graph)
    case .unsupported: wanted = try unsupported(graph)
    }
    keep(wanted, &graph)
  }

  // MARK: - Parts

  private func peak(_ graph: OperatorGraph) throws(DiagramError) -> [Bool] {
    guard let row = reader.profile.totals.peakOperator else {
      throw DiagramError(
        "--only peak: the memory peak is not known, because some tensors' sizes are not"
          + "; --shape fixes them"
      )
    }
    let step = reader.profile.operators[row].node.index
    let alive = Set(Liveness.alive(in: reader.model.main, at: step).map(\.index))
    let producers = Set(alive.map { reader.producers[$0] })
    let inputs = Set(alive.compactMap { reader.inputs[$0] })
    return graph.items.map { item in
      if case .input(let index) = item.content { return inputs.contains(index) }
      // Constants that the model computes are alive all the time; they say nothing of the peak.
      return item.rows.contains { $0 == row || producers.contains($0) }
    }
  }

  /// The boxes with most of the quantity, until they hold `hotShare` of it.
  private func hotspots(_ graph: OperatorGraph) throws(DiagramError) -> [Bool] {
    let amounts = graph.items.map { figures.amount(of: $0) ?? 0 }
    let total = amounts.reduce(0, +)
    guard total > 0 else {
      throw DiagramError("--only hotspots: no operator has a known amount of \(figures.title)")
    }
    var wanted = Array(repeating: false, count: amounts.count)
    var sum = 0.0
    for place in amounts.indices.sorted(by: { (amounts[$1], $0) < (amounts[$0], $1) }) {
      guard sum < Self.hotShare * total, amounts[place] > 0 else { break }
      wanted[place] = true
      sum += amounts[place]
    }
    return wanted
  }

  /// The share of the quantity that hotspots make up (the rule of Pareto's 80 %).
  static let hotShare = 0.8

  private func unsupported(_ graph: OperatorGraph) throws(DiagramError) -> [Bool] {
    let wanted = graph.items.map { item in item.allRows.contains { figures.isUnsupported($0) } }
    guard wanted.contains(true) else {
      throw DiagramError("--only unsupported: every operator is supported; nothing to draw")
    }
    return wanted
  }

  // MARK: - Around a layer

  private func narrow(to focus: DiagramOptions.Focus, _ graph: inout OperatorGraph)
    throws(DiagramError)
  {
    let operators = reader.profile.operators
    func isNamed(_ row: Int) -> Bool {
      let operation = operators[row]
      return operation.layer == focus.layer || operation.name == focus.layer
        || operation.outputs.contains(focus.layer)
        || operation.layer.map {
          $0.hasPrefix(focus.layer + "/") || $0.hasPrefix(focus.layer + ".")
        }
          ?? false
    }
    var distance = graph.items.map { $0.allRows.contains(where: isNamed) ? 0 : Int.max }
    guard distance.contains(0) else {
      throw DiagramError("--focus \(focus.layer): no layer, operator or tensor has that name")
    }
    let (incoming, outgoing) = graph.adjacency()
    var front = distance.indices.filter { distance[$0] == 0 }
    var step = 0
    while step < focus.radius, !front.isEmpty {
      step += 1
      var next: [Int] = []
      for place in front {
        let others =
          incoming[place].map { graph.links[$0].source }
          + outgoing[place].map { graph.links[$0].target }
        for other in others where distance[other] == .max {
          distance[other] = step
          next.append(other)
        }
      }
      front = next
    }
    keep(distance.map { $0 < .max }, &graph)
  }

  // MARK: - Leaving out

  /// Keeps some boxes, and draws a dashed line where a way leads over others.
  private func keep(_ wanted: [Bool], _ graph: inout OperatorGraph) {
    let (incoming, _) = graph.adjacency()
    // The kept boxes that reach each box that is left out; a few are enough to see the way.
    var reaching = Array(repeating: [Int](), count: graph.items.count)
    var elided: [OperatorGraph.Link] = []
    for place in graph.items.indices {
      var sources: [Int] = []
      for index in incoming[place] {
        let link = graph.links[index]
        guard link.source < place else { continue }
        if wanted[link.source] {
          if !wanted[place] { sources.append(link.source) }
        } else {
          sources += reaching[link.source]
        }
      }
      let unique = Array(Set(sources).sorted().suffix(Self.mostWays))
      if wanted[place] {
        elided += unique.map { .init(source: $0, target: place, value: nil, style: .elided) }
      } else {
        reaching[place] = unique
      }
    }
    let direct = Set(graph.links.map { [$0.source, $0.target] })
    graph.links += elided.filter { !direct.contains([$0.source, $0.target]) }
    graph.keep(wanted)
    graph.tidyLinks()
  }

  private static let mostWays = 8
}
