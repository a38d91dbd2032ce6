/// A computation: nodes over values, both in arenas.
///
/// A value type: a copy shares its arrays until one side changes.
package struct Graph: Sendable {
  /// The name in the file; may be empty.
  package var name: String
  package var nodes: [Node]
  package var values: [Value]
  /// What the caller gives, in the model's order.
  package var inputs: [ValueID]
  /// What the caller gets, in the model's order.
  package var outputs: [ValueID]
  /// Values of the enclosing graph that are used here, as (outer value, value here).
  ///
  /// ONNX subgraphs see the names of the graph around them; other formats pass everything.
  package var captures: [Capture]

  /// A value of the enclosing graph that a nested graph sees.
  package struct Capture: Equatable, Sendable {
    package var outer: ValueID
    package var inner: ValueID

    package init(outer: ValueID, inner: ValueID) {
      self.outer = outer
      self.inner = inner
    }
  }

  package init(
    name: String,
    nodes: [Node] = [],
    values: [Value] = [],
    inputs: [ValueID] = [],
    outputs: [ValueID] = [],
    captures: [Capture] = []
  ) {
    self.name = name
    self.nodes = nodes
    self.values = values
    self.inputs = inputs
    self.outputs = outputs
    self.captures = captures
  }

  package subscript(node: NodeID) -> Node {
    get { nodes[node.index] }
    set { nodes[node.index] = newValue }
  }

  package subscript(value: ValueID) -> Value {
    get { values[value.index] }
    set { values[value.index] = newValue }
  }

  /// The identifiers of all nodes, in the order of the file.
  package var nodeIDs: some RandomAccessCollection<NodeID> { nodes.indices.lazy.map(NodeID.init) }

  /// The identifiers of all values.
  package var valueIDs: some RandomAccessCollection<ValueID> {
    values.indices.lazy.map(ValueID.init)
  }

  /// Adds a value.
  package mutating func append(_ value: Value) -> ValueID {
    values.append(value)
    return ValueID(values.count - 1)
  }

  /// Adds a node.
  @discardableResult
  package mutating func append(_ node: Node) -> NodeID {
    nodes.append(node)
    return NodeID(nodes.count - 1)
  }

  /// Which node computes each value, and which read it; one pass over the graph.
  package func connections() -> Connections { Connections(self) }
}

/// Who computes and who reads each value of a graph.
package struct Connections: Sendable {
  private var producers: [NodeID?]
  private var readers: [[NodeID]]

  init(_ graph: Graph) {
    producers = Array(repeating: nil, count: graph.values.count)
    readers = Array(repeating: [], count: graph.values.count)
    for (index, node) in graph.nodes.enumerated() {
      for case .some(let output) in node.outputs { producers[output.index] = NodeID(index) }
      for case .some(let input) in node.inputs where readers[input.index].last != NodeID(index) {
        readers[input.index].append(NodeID(index))
      }
    }
  }

  /// The node that computes the value; `nil` for inputs and constants.
  package func producer(of value: ValueID) -> NodeID? { producers[value.index] }

  /// The nodes that read the value, in order, each once.
  package func consumers(of value: ValueID) -> [NodeID] { readers[value.index] }
}
