import ModelIR
import Profiling

/// Turns a model's operators into boxes: hides what computes constants and shapes, puts operators
/// that belong together into one box, and collapses deep scopes.
struct GraphSimplifier {
  private let reader: GraphReader
  private let options: DiagramOptions
  private var operators: [ModelProfile.OperatorRow] { reader.profile.operators }

  /// What an operator's results depend on.
  private enum Dependence {
    case constants, extents, data
  }

  init(_ reader: GraphReader, _ options: DiagramOptions) {
    self.reader = reader
    self.options = options
  }

  /// The boxes of the whole model.
  func graph() -> OperatorGraph {
    let isHidden = hidden()
    let neighbours = Neighbours(reader, isHidden: isHidden)
    let leaders = leaders(neighbours, isHidden)
    var graph = OperatorGraph()
    graph.values = reader.values
    graph.hiddenCount = isHidden.count { $0 }
    var places = Array(repeating: -1, count: operators.count)
    addInputs(to: &graph)
    for row in reader.order where !isHidden[row] {
      let leader = leaders.row[row]
      if places[leader] < 0 {
        places[leader] = graph.items.count
        let scope = scope(of: row)
        let collapsed = leaders.isScope[leader] ? options.depth : nil
        graph.items.append(
          OperatorGraph.Item(
            content: collapsed.map { .scope(scope.prefix($0 + nesting(of: row)).last ?? "") }
              ?? .operators,
            rows: [],
            absorbed: [],
            path: scope.prefix(collapsed.map { $0 + nesting(of: row) } ?? scope.count)
              .map { .scope($0) }
          )
        )
      }
      places[row] = places[leader]
      graph.items[places[row]].rows.append(row)
    }
    absorb(isHidden, neighbours, &places, &graph)
    setPaths(&graph)
    addOutputs(places, to: &graph)
    addLinks(neighbours, places, to: &graph)
    graph.tidyLinks()
    ScopeRepair.repair(&graph)
    return graph
  }

  // MARK: - Hiding

  /// Operators that compute only from constants, or only from the extents of tensors.
  private func hidden() -> [Bool] {
    var dependence = Array(repeating: Dependence.data, count: operators.count)
    for row in reader.order { dependence[row] = self.dependence(of: row, dependence) }
    let results = Set(
      reader.model.main.outputs.map { reader.number($0, in: Model.mainGraph) }
        .map { reader.producers[$0] }
    )
    let hidden = operators.indices.map { dependence[$0] != .data && !results.contains($0) }
    // A model that computes nothing else is drawn as it is.
    return hidden.allSatisfy { $0 } ? hidden.map { _ in false } : hidden
  }

  private func dependence(of row: Int, _ known: [Dependence]) -> Dependence {
    let node = reader.node(row)
    let name = node.op.name
    guard node.op.isKnown, node.attributes.graphs.isEmpty, !OperatorTraits.isRandom(name) else {
      return .data
    }
    if OperatorTraits.readsExtents(name) { return .extents }
    let graphID = operators[row].graph
    let graph = reader.model[graphID]
    var result = Dependence.constants
    for case .some(let input) in node.inputs {
      switch graph[input].content {
      case .constant: continue
      case .variable: return .data
      case .activation: break
      }
      let producer = reader.producers[reader.number(input, in: graphID)]
      guard producer >= 0 else { return .data }
      switch known[producer] {
      case .data: return .data
      case .extents: result = .extents
      case .constants: break
      }
    }
    return result
  }

  /// Gives each hidden operator to the box that uses its result first.
  private func absorb(
    _ isHidden: [Bool],
    _ neighbours: Neighbours,
    _ places: inout [Int],
    _ graph: inout OperatorGraph
  ) {
    for row in reader.order.reversed() where isHidden[row] {
      for user in neighbours.users[row] where places[user] >= 0 {
        places[row] = places[user]
        break
      }
      // What nobody uses belongs to the last box.
      if places[row] < 0 {
        places[row] = graph.items.lastIndex { !$0.content.isBoundary } ?? -1
      }
      if places[row] >= 0 { graph.items[places[row]].absorbed.append(row) }
    }
    for index in graph.items.indices { graph.items[index].absorbed.sort() }
  }

  // MARK: - Boxes

  /// The first operator of each operator's box, and which boxes are whole scopes.
  private func leaders(_ neighbours: Neighbours, _ isHidden: [Bool]) -> (
    row: [Int], isScope: [Bool]
  ) {
    var leader = Array(operators.indices)
    var isScope = Array(repeating: false, count: operators.count)
    var count = Array(repeating: 1, count: operators.count)
    var preparesOnly = operators.map { OperatorTraits.prepares($0.type) }
    var scopes: [ScopeKey: Int] = [:]
    for row in reader.order where !isHidden[row] {
      if let key = collapsedScope(of: row) {
        let first = scopes[key, default: row]
        scopes[key] = first
        leader[row] = first
        isScope[first] = true
        continue
      }
      guard options.folding != .never, let source = neighbours.onlySource[row],
        neighbours.onlyUser[source] == row, operators[source].graph == operators[row].graph,
        !isScope[leader[source]], count[leader[source]] < Self.mostRows
      else { continue }
      let first = leader[source]
      guard
        (OperatorTraits.follows(operators[row].type)
          && !(operators[row].multiplyAdds.map { $0 > 0 } ?? false))
          || preparesOnly[first]
      else { continue }
      leader[row] = first
      count[first] += 1
      preparesOnly[first] = preparesOnly[first] && OperatorTraits.prepares(operators[row].type)
    }
    return (leader, isScope)
  }

  /// More operators than this in one box cannot be read.
  private static let mostRows = 8

  private struct ScopeKey: Hashable {
    var graph: GraphID
    var scope: [String]
  }

  /// The scope that is one box instead of this operator, where `--depth` asks for it.
  private func collapsedScope(of row: Int) -> ScopeKey? {
    guard let depth = options.depth else { return nil }
    let scope = scope(of: row)
    let kept = depth + nesting(of: row)
    guard scope.count > kept else { return nil }
    return ScopeKey(graph: operators[row].graph, scope: Array(scope.prefix(kept)))
  }

  private func nesting(of row: Int) -> Int {
    reader.graphScopes[operators[row].graph.index].count
  }

  /// The scopes of an operator's layer, outermost first, behind those of its graph.
  private func scope(of row: Int) -> [String] {
    reader.graphScopes[operators[row].graph.index] + LayerScopes.parts(operators[row].layer)
  }

  /// The box of several operators is where its main operator is.
  private func setPaths(_ graph: inout OperatorGraph) {
    for index in graph.items.indices where graph.items[index].content == .operators {
      guard let row = mainOperator(of: graph.items[index].rows, in: operators) else { continue }
      graph.items[index].path = scope(of: row).map { .scope($0) }
    }
  }

  // MARK: - Ends and links

  private func addInputs(to graph: inout OperatorGraph) {
    for (index, input) in reader.model.main.inputs.enumerated()
    where !reader.model.main[input].isConstant {
      graph.items.append(.init(content: .input(index), rows: [], absorbed: [], path: []))
    }
  }

  private func addOutputs(_ places: [Int], to graph: inout OperatorGraph) {
    let inputs = inputPlaces(graph)
    for (index, output) in reader.model.main.outputs.enumerated() {
      let number = reader.number(output, in: Model.mainGraph)
      let target = graph.items.count
      graph.items.append(.init(content: .output(index), rows: [], absorbed: [], path: []))
      let producer = reader.producers[number]
      let source = producer >= 0 ? places[producer] : reader.inputs[number].flatMap { inputs[$0] }
      guard let source, source >= 0 else { continue }
      graph.links.append(.init(source: source, target: target, value: number, style: .data))
    }
  }

  private func inputPlaces(_ graph: OperatorGraph) -> [Int: Int] {
    var places: [Int: Int] = [:]
    for (place, item) in graph.items.enumerated() {
      if case .input(let index) = item.content { places[index] = place }
    }
    return places
  }

  private func addLinks(_ neighbours: Neighbours, _ places: [Int], to graph: inout OperatorGraph) {
    let inputs = inputPlaces(graph)
    for link in neighbours.links {
      let target = places[link.target]
      let source = link.source >= 0 ? places[link.source] : inputs[-1 - link.source] ?? -1
      guard source >= 0, target >= 0, source != target else { continue }
      graph.links.append(
        .init(source: source, target: target, value: link.value, style: .data)
      )
    }
    // An operator leads to the operators of its graphs that nothing else leads to.
    var hasSource = Array(repeating: false, count: graph.items.count)
    for link in graph.links { hasSource[link.target] = true }
    for (place, item) in graph.items.enumerated() where !hasSource[place] {
      guard let row = item.rows.first, let owner = reader.owners[operators[row].graph.index],
        places[owner] >= 0, places[owner] != place
      else { continue }
      graph.links.append(
        .init(source: places[owner], target: place, value: nil, style: .control)
      )
    }
  }
}

/// Names of layers as scopes in scopes.
enum LayerScopes {
  /// `block1/conv` and `block1.conv` are `conv` in `block1`.
  static func parts(_ layer: String?) -> [String] {
    guard let layer else { return [] }
    let bounded =
      layer.unicodeScalars.count > 1024 ? String(layer.unicodeScalars.prefix(1024)) : layer
    let separator: Character = bounded.contains("/") ? "/" : "."
    return bounded.split(separator: separator).prefix(mostParts).map(String.init)
  }

  /// Deeper scopes are not told apart.
  private static let mostParts = 12
}

/// The operator that a box is named after: the one that computes most, else the first that does more
/// than lay out or change elements, else the first.
func mainOperator(of rows: [Int], in operators: [ModelProfile.OperatorRow]) -> Int? {
  let counted = rows.max { left, right in
    (operators[left].multiplyAdds ?? 0, right) < (operators[right].multiplyAdds ?? 0, left)
  }
  if let counted, (operators[counted].multiplyAdds ?? 0) > 0 { return counted }
  return rows.first { row in
    !OperatorTraits.follows(operators[row].type) && !OperatorTraits.prepares(operators[row].type)
  } ?? rows.first
}
