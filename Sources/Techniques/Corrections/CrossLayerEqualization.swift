import Calibration
import ModelIR
import Operators
import Synchronization

/// Evens out the ranges of channels between layers that follow each other; what the model computes
/// stays the same.
///
/// For a channel `i` between two layers with weights' ranges `r₁ᵢ` (its output row) and `r₂ᵢ` (its
/// input column): `sᵢ = √(r₁ᵢ r₂ᵢ) / r₂ᵢ`, the row and the bias are divided by it, the column
/// multiplied. It holds where the activation between is linear for positive factors: none or ReLU.
/// Source: Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias
/// Correction", equations 8 to 11.
package enum CrossLayerEqualization {
  /// More rounds than the ranges of the models that were looked at need to settle.
  private static let rounds = 20

  /// Layers that were evened out together: they change all or none.
  struct Chain: Sendable {
    var nodes: [NodeID]
    /// The new weights and biases.
    var constants: [ValueID: Tensor]
    /// What each channel of a layer's input was divided by, for layers that follow one.
    var inputFactors: [NodeID: [Float]]
  }

  /// New values of the weights and biases that change; empty where no two layers follow each other so.
  package static func apply(in context: ActionContext) -> [ValueID: Tensor] {
    chains(context.model.main).reduce(into: [:]) { $0.merge($1.constants) { $1 } }
  }

  /// All chains of a graph.
  static func chains(_ graph: Graph) -> [Chain] {
    let layers = WeightLayer.all(in: graph)
    let pairs = pairs(graph, layers)
    guard !pairs.isEmpty else { return [] }
    var factors = pairs.map { [Float](repeating: 1, count: layers[$0.first].outputs) }
    var weights: [Int: [Float]] = [:]
    var biases: [Int: [Float]] = [:]
    for index in Set(pairs.flatMap { [$0.first, $0.second] }) {
      weights[index] = layers[index].matrix(in: graph)
      biases[index] = layers[index].bias.flatMap { floats($0, graph) }
    }
    for _ in 0..<rounds {
      var most: Float = 1
      for (place, pair) in pairs.enumerated() {
        guard let first = weights[pair.first], let second = weights[pair.second] else { continue }
        let result = equalized(layers[pair.first], first, layers[pair.second], second)
        weights[pair.first] = result.first
        weights[pair.second] = result.second
        for (channel, factor) in result.factors.enumerated() { factors[place][channel] *= factor }
        if let bias = biases[pair.first] {
          biases[pair.first] = zip(bias, result.factors).map { $0 / $1 }
        }
        for factor in result.factors { most = max(most, factor, 1 / factor) }
      }
      if most < 1.001 { break }
    }
    var sets = DisjointSets(count: layers.count)
    for pair in pairs { sets.join(pair.first, pair.second) }
    var chains: [Int: Chain] = [:]
    for index in weights.keys.sorted() {
      let layer = layers[index]
      var chain =
        chains[sets.root(index)] ?? Chain(nodes: [], constants: [:], inputFactors: [:])
      chain.nodes.append(layer.node)
      if let values = weights[index] {
        chain.constants[layer.weights] = Tensor(layer.sizes, floats: layer.stored(values))
      }
      if let bias = layer.bias, let values = biases[index], let sizes = graph[bias].shape.sizes {
        chain.constants[bias] = Tensor(sizes, floats: values)
      }
      if let place = pairs.firstIndex(where: { $0.second == index }) {
        chain.inputFactors[layer.node] = factors[place]
      }
      chains[sets.root(index)] = chain
    }
    return chains.keys.sorted().compactMap { chains[$0] }
  }

  private static func floats(_ value: ValueID, _ graph: Graph) -> [Float]? {
    guard let storage = graph[value].constant, let sizes = graph[value].shape.sizes,
      let tensor = Tensor(type: graph[value].type, sizes: sizes, storage: storage),
      case .floats(let values) = tensor.elements
    else { return nil }
    return values
  }

  private struct Pair {
    var first: Int
    var second: Int
  }

  private static func pairs(_ graph: Graph, _ layers: [WeightLayer]) -> [Pair] {
    let connections = graph.connections()
    var readers: [ValueID: Int] = [:]
    for layer in layers {
      readers[layer.weights, default: 0] += connections.consumers(of: layer.weights).count
      if let bias = layer.bias { readers[bias] = connections.consumers(of: bias).count }
    }
    func isAlone(_ layer: WeightLayer) -> Bool {
      readers[layer.weights] == 1 && layer.bias.map { readers[$0] == 1 } ?? true
    }
    var result: [Pair] = []
    for (index, layer) in layers.enumerated() where isAlone(layer) {
      let node = graph[layer.node]
      // A bias that is computed, or scaled by an attribute, does not take part.
      let operands = node.inputs.compactMap { $0 }.count
      guard operands == (layer.bias == nil ? 2 : 3), layer.form != .transposed,
        isHomogeneous(node), graph[layer.node].op.name != "gemm" || hasPlainScales(node)
      else { continue }
      var value = layer.output
      while let only = single(connections.consumers(of: value)), !graph.outputs.contains(value),
        graph[only].op.name == "relu", let output = graph[only].outputs.first, let output
      {
        value = output
      }
      guard let only = single(connections.consumers(of: value)), !graph.outputs.contains(value),
        let second = layers.firstIndex(where: { $0.node == only && $0.input == value }),
        isAlone(layers[second]), layers[second].form != .transposed,
        fits(layer, layers[second])
      else { continue }
      result.append(Pair(first: index, second: second))
    }
    return result
  }

  private static func single(_ nodes: [NodeID]) -> NodeID? { nodes.count == 1 ? nodes[0] : nil }

  private static func isHomogeneous(_ node: Node) -> Bool {
    let activation = try? AttributeReader(node.attributes).string("activation", default: "none")
    return activation == "none" || activation == "relu"
  }

  private static func hasPlainScales(_ node: Node) -> Bool {
    let reader = AttributeReader(node.attributes)
    let alpha = try? reader.float("alpha", default: 1)
    let beta = try? reader.float("beta", default: 1)
    return alpha == 1 && beta == 1
  }

  /// Whether the second layer's inputs are the first one's outputs, channel by channel.
  private static func fits(_ first: WeightLayer, _ second: WeightLayer) -> Bool {
    second.form == .depthwise
      ? second.groups == first.outputs
      : second.groups == 1 && second.inputChannels == first.outputs
  }

  private static func equalized(
    _ firstLayer: WeightLayer,
    _ first: [Float],
    _ secondLayer: WeightLayer,
    _ second: [Float]
  ) -> (first: [Float], second: [Float], factors: [Float]) {
    let channels = firstLayer.outputs
    func channel(ofSecond index: Int) -> Int {
      secondLayer.form == .depthwise
        ? index / secondLayer.taps : index % secondLayer.taps % secondLayer.inputChannels
    }
    var ranges = [(first: Float, second: Float)](repeating: (0, 0), count: channels)
    for (index, value) in first.enumerated() {
      let row = index / firstLayer.taps
      ranges[row].first = max(ranges[row].first, value.magnitude)
    }
    for (index, value) in second.enumerated() {
      let place = channel(ofSecond: index)
      ranges[place].second = max(ranges[place].second, value.magnitude)
    }
    // A channel that is 0 on either side has nothing to even out.
    let factors = ranges.map { range -> Float in
      let factor = (range.first * range.second).squareRoot() / range.second
      return factor.isNormal && factor > 0 ? factor : 1
    }
    return (
      first.enumerated().map { $1 / factors[$0 / firstLayer.taps] },
      second.enumerated().map { $1 * factors[channel(ofSecond: $0)] },
      factors
    )
  }
}

/// The evened-out chains that a model's actions share; found once.
final class EqualizedChains: Sendable {
  private let known = Mutex<[CrossLayerEqualization.Chain]?>(nil)

  func all(_ graph: Graph) -> [CrossLayerEqualization.Chain] {
    known.withLock { known in
      let chains = known ?? CrossLayerEqualization.chains(graph)
      known = chains
      return chains
    }
  }
}

extension ActionContext {
  /// The chain that a site's layer is in.
  func chain(of site: Site) -> CrossLayerEqualization.Chain? {
    guard let node = site.node, site.nodes.count == 1 else { return nil }
    return chains.all(model.main).first { $0.nodes.contains(node) }
  }
}

extension InputMoments {
  /// The moments of inputs of which each channel was divided by a factor.
  func dividing(byInput factors: [Float], of layer: WeightLayer) -> InputMoments {
    // Groups of a depthwise layer have one channel each; others that are evened out have one group.
    func factor(_ index: Int) -> Double {
      let channel =
        layer.form == .depthwise ? index / layer.taps : index % layer.taps % layer.inputChannels
      return Double(factors[channel])
    }
    var result = self
    for index in sums.indices {
      result.sums[index] /= factor(index)
      result.squares[index] /= factor(index) * factor(index)
    }
    if let gram {
      result.gram = gram.enumerated().map { place, value in
        let (row, column) = place.quotientAndRemainder(dividingBy: layer.taps)
        let group = row / layer.taps * layer.taps
        return value / (factor(row) * factor(group + column))
      }
    }
    if let inputs {
      result.inputs = inputs.enumerated().map { place, value in
        Float(Double(value) / factor(place % layer.taps))
      }
    }
    return result
  }
}
