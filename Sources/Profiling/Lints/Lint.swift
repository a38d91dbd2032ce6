import ModelIR
import Operators

/// A rule that looks at a model and says what will disappoint.
///
/// Each is one file and one line in `LintCatalog`; its codes are explained in `FindingCatalog`.
struct Lint: Sendable {
  /// What it has to say of a model.
  var check: @Sendable (LintContext) -> [ModelProfile.Finding]
}

/// A model with what is known of it.
struct LintContext {
  let model: Model
  let types: [GraphTypes]
  let rows: [ModelProfile.OperatorRow]
  let firstRows: [Int]
  let constants: [ModelProfile.ConstantRow]
  let connections: [Connections]
  /// Whether every extent is the file's own: none was assumed, none is open.
  let hasFixedShapes: Bool

  init(
    model: Model,
    types: [GraphTypes],
    rows: [ModelProfile.OperatorRow],
    firstRows: [Int],
    constants: [ModelProfile.ConstantRow],
    hasFixedShapes: Bool
  ) {
    self.model = model
    self.types = types
    self.rows = rows
    self.firstRows = firstRows
    self.constants = constants
    self.hasFixedShapes = hasFixedShapes
    connections = model.graphs.map { $0.connections() }
  }

  /// A node at its place.
  struct Site {
    var graph: GraphID
    var node: NodeID
    var row: Int
  }

  /// All nodes of all graphs, in order.
  var sites: [Site] {
    model.graphIDs.flatMap { graph in
      model[graph].nodeIDs.map {
        Site(graph: graph, node: $0, row: firstRows[graph.index] + $0.index)
      }
    }
  }

  func node(_ site: Site) -> Node { model[site.graph][site.node] }

  /// `operator 3 (CONV_2D, b1_dw)`.
  func place(_ row: Int) -> String {
    guard rows.indices.contains(row) else { return "operator \(row)" }
    return "operator \(row) (\(rows[row].sourceType), \(rows[row].title))"
  }

  func type(_ graph: GraphID, _ value: ValueID) -> TensorType {
    types[graph.index].types[value.index]
  }

  func bytes(_ graph: GraphID, _ value: ValueID) -> Int? {
    let type = type(graph, value)
    return type.shape.elementCount.flatMap { type.element.byteCount(elements: $0) }
  }

  /// The operand at a position, where it is given.
  func input(_ site: Site, _ position: Int) -> ValueID? {
    let inputs = node(site).inputs
    return inputs.indices.contains(position) ? inputs[position] : nil
  }

  /// The first result.
  func output(_ site: Site) -> ValueID? { node(site).outputs.first.flatMap { $0 } }

  /// The node that computes a value, where one does.
  func producer(_ graph: GraphID, _ value: ValueID) -> Site? {
    connections[graph.index].producer(of: value).map { site(graph, $0) }
  }

  /// The nodes that read a value.
  func consumers(_ graph: GraphID, _ value: ValueID) -> [Site] {
    connections[graph.index].consumers(of: value).map { site(graph, $0) }
  }

  /// The only reader of a value that is no output of the graph.
  func onlyConsumer(_ graph: GraphID, _ value: ValueID) -> Site? {
    let all = consumers(graph, value)
    return all.count == 1 && !model[graph].outputs.contains(value) ? all.first : nil
  }

  private func site(_ graph: GraphID, _ node: NodeID) -> Site {
    Site(graph: graph, node: node, row: firstRows[graph.index] + node.index)
  }

  /// One finding for all the places of a kind, none where there are none; `message` is given the first.
  func finding(
    _ code: String,
    _ severity: Diagnostic.Severity,
    at rows: [Int],
    fix: String,
    savingBytes: Int? = nil,
    savingMacs: Int? = nil,
    _ message: (String) -> String
  ) -> [ModelProfile.Finding] {
    guard let first = rows.first else { return [] }
    let others = Set(rows).count - 1
    let more =
      others == 0 ? "" : others == 1 ? "; 1 more such operator" : "; \(others) more such operators"
    return [
      ModelProfile.Finding(
        code,
        severity,
        message(place(first)) + more,
        fix: fix,
        operatorIndex: first,
        savingBytes: savingBytes,
        savingMacs: savingMacs
      )
    ]
  }
}
