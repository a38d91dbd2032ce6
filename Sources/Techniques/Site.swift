import Calibration
import ModelIR
import Operators

/// A place in a model where actions apply.
package struct Site: Hashable, Sendable {
  /// What is changed there.
  package enum Kind: String, Sendable, CaseIterable {
    case weights, activations, channels
  }

  /// The name by which results refer to it: the kind and the tensor's name, with its index where the
  /// graph has the name twice.
  ///
  /// It depends on the model alone.
  package let id: String
  package let kind: Kind
  /// The first node that reads the weights, or computes the activation (`nil` for a model's input).
  package let node: NodeID?
  /// All layers that read the weights, or whose outputs the channels are, in order.
  package let nodes: [NodeID]
  /// The weights, the activation, or the first of the tied activations.
  package let value: ValueID
  /// The operator's name in the file.
  package let operatorName: String
  /// The layer of the user's own model; `nil` where the file does not tell.
  package let layer: String?
  /// The tensor's name.
  package let tensor: String
  /// Weights that belong to it; 0 for activations.
  package let parameters: Int
  /// Bytes of the weights as they are stored, or of the activation in memory; `nil` where unknown.
  package let bytes: Int?
}

/// All places of a model where actions apply.
package struct SiteList: Sendable {
  /// Weights first, then activations, then channels, each in the order of the nodes.
  package let sites: [Site]
  /// The channels that are tied to each other.
  package let channels: ChannelMap

  /// - Parameters:
  ///   - model: A model whose invariants hold.
  ///   - types: The types of the main graph's values for the extents that are looked at.
  package init(_ model: Model, types: [TensorType]) {
    let graph = model.main
    var counts: [String: Int] = [:]
    for value in graph.values { counts[value.name, default: 0] += 1 }
    func name(_ kind: Site.Kind, _ value: ValueID) -> String {
      let name = graph[value].name
      let isUnique = !name.isEmpty && counts[name] == 1
      return "\(kind.rawValue):\(name)" + (isUnique ? "" : "#\(value.index)")
    }
    func site(
      _ kind: Site.Kind,
      _ value: ValueID,
      _ nodes: [NodeID],
      parameters: Int,
      bytes: Int?
    ) -> Site {
      let node = nodes.first
      return Site(
        id: name(kind, value),
        kind: kind,
        node: node,
        nodes: nodes,
        value: value,
        operatorName: node.map { graph[$0].name } ?? graph[value].name,
        layer: node.flatMap { graph[$0].origin.layer },
        tensor: graph[value].name,
        parameters: parameters,
        bytes: bytes
      )
    }
    let layers = WeightLayer.all(in: graph)
    var readers: [ValueID: [NodeID]] = [:]
    for layer in layers { readers[layer.weights, default: []].append(layer.node) }
    var result: [Site] = []
    for layer in layers where readers[layer.weights]?.first == layer.node {
      result.append(
        site(
          .weights,
          layer.weights,
          readers[layer.weights] ?? [],
          parameters: layer.count,
          bytes: graph[layer.weights].byteCount
        )
      )
    }
    func activation(_ value: ValueID, _ nodes: [NodeID]) {
      let type = types[value.index]
      guard type.element == .float32, !graph[value].isConstant else { return }
      let bytes = type.shape.elementCount.flatMap { type.element.byteCount(elements: $0) }
      result.append(site(.activations, value, nodes, parameters: 0, bytes: bytes))
    }
    for input in graph.inputs { activation(input, []) }
    for node in graph.nodeIDs {
      for case .some(let output) in graph[node].outputs { activation(output, [node]) }
    }
    let channels = ChannelMap(model, types: types)
    for group in channels.groups {
      let weights = Set(group.layers.map(\.weights))
      result.append(
        site(
          .channels,
          group.layers[0].output,
          group.layers.map(\.node),
          parameters: weights.reduce(0) { $0 + (graph[$1].shape.elementCount ?? 0) },
          bytes: weights.reduce(0) { $0 + (graph[$1].byteCount ?? 0) }
        )
      )
    }
    sites = result
    self.channels = channels
  }

  /// The site of a name.
  package subscript(id: String) -> Site? { sites.first { $0.id == id } }

  /// The sites of a kind.
  package func sites(_ kind: Site.Kind) -> [Site] { sites.filter { $0.kind == kind } }
}
