import Calibration
import Execution
import ModelIR
import Operators

/// The derivative of a weighted sum of what is measured, with respect to layers' weights and to
/// activations: one walk through the graph from the last node to the first.
struct OutputDerivative: Sendable {
  /// A node that derivatives go through.
  private struct Step: Sendable {
    let node: NodeID
    let outputs: [ValueID?]
    let inputs: [ValueID?]
    /// `nil` where nothing before the node is asked for.
    let pullback: (any Pullback)?
    /// The layer, where its weights are asked for.
    let layer: LayerPullback?
  }

  /// From the last node to the first.
  private let steps: [Step]
  private let activations: Set<ValueID>
  /// Nodes that round their input.
  private let rounding: Set<NodeID>
  /// The values of a run that it needs.
  let reads: Set<ValueID>
  /// Layers and activations whose derivatives it cannot find, because an operator on the way to the
  /// outputs has none here.
  let unknownLayers: Set<NodeID>
  let unknownActivations: Set<ValueID>

  /// - Parameters:
  ///   - compiled: The float model.
  ///   - targets: What is measured.
  ///   - layers: Nodes with weights that are asked for.
  ///   - activations: Values that are asked for.
  init(
    _ compiled: CompiledGraph,
    targets: Set<ValueID>,
    layers: Set<NodeID>,
    activations: Set<ValueID>
  ) {
    let graph = compiled.model.main
    var varies = activations
    var reaches = targets
    for id in graph.nodeIDs {
      let node = graph[id]
      guard layers.contains(id) || node.inputs.contains(where: { $0.map(varies.contains) ?? false })
      else { continue }
      varies.formUnion(node.outputs.compactMap { $0 })
    }
    var known = targets
    var steps: [Step] = []
    var reads: Set<ValueID> = []
    var unknownLayers: Set<NodeID> = []
    // What has its derivative is known once all that reads it has been looked at.
    var spoiled: Set<ValueID> = []
    for id in graph.nodeIDs.reversed() {
      let node = graph[id]
      let outputs = node.outputs.compactMap { $0 }.filter(reaches.contains)
      guard !outputs.isEmpty else { continue }
      reaches.formUnion(node.inputs.compactMap { $0 })
      let wanted = node.inputs.map { input in
        input.map {
          varies.contains($0) && compiled.types[$0.index].element == .float32
        } ?? false
      }
      let isKnown = outputs.allSatisfy { !spoiled.contains($0) }
      let isAsked = layers.contains(id)
      guard wanted.contains(true) || isAsked else { continue }
      let chooser = PullbackChooser(compiled: compiled, id: id, wanted: wanted)
      let pullback = isKnown ? chooser.choose() : nil
      let layer = pullback as? LayerPullback
      if isAsked, layer == nil { unknownLayers.insert(id) }
      let varying = node.inputs.compactMap { $0 }.filter(varies.contains)
      guard let pullback else {
        spoiled.formUnion(varying)
        continue
      }
      known.formUnion(varying)
      reads.formUnion(pullback.reads)
      steps.append(
        Step(
          node: id,
          outputs: node.outputs,
          inputs: node.inputs,
          pullback: wanted.contains(true) ? pullback : nil,
          layer: isAsked ? layer : nil
        )
      )
    }
    self.steps = steps
    rounding = Set(
      steps.filter { ($0.pullback as? LayerPullback)?.rounding != nil }.map(\.node)
    )
    self.reads = reads.filter { !graph[$0].isConstant }
    self.unknownLayers = unknownLayers
    self.activations = activations.filter { known.contains($0) && !spoiled.contains($0) }
    unknownActivations = activations.filter { !known.contains($0) || spoiled.contains($0) }
  }

  /// What the walk comes across.
  enum Finding {
    /// The derivative with respect to a layer's weights (in its matrix form) and bias.
    case weights(NodeID, [Float], bias: [Float])
    /// The derivative with respect to an activation.
    case activation(ValueID, [Float])
    /// What rounding a hybrid layer's input anew does to the divergence (`InputRounding`).
    case rounding(NodeID, Double)
  }

  /// The nodes that round their input and are reached from layers and activations.
  func roundings(after layers: Set<NodeID>, _ activation: ValueID?, in graph: Graph) -> [NodeID] {
    guard !rounding.isEmpty else { return [] }
    var varies: Set<ValueID> = activation.map { [$0] } ?? []
    var result: [NodeID] = []
    for id in graph.nodeIDs {
      let node = graph[id]
      let isReached = node.inputs.contains { $0.map(varies.contains) ?? false }
      guard isReached || layers.contains(id) else { continue }
      varies.formUnion(node.outputs.compactMap { $0 })
      if isReached, rounding.contains(id) { result.append(id) }
    }
    return result
  }

  /// Walks from the outputs to the inputs.
  ///
  /// - Parameters:
  ///   - run: The float run, with the values of `reads`.
  ///   - seeds: The weights of the sum: one for each element of what is measured.
  ///   - report: Takes what is found, each layer and activation once.
  func walk(_ run: FloatRun, seeds: [ValueID: [Float]], _ report: (Finding) -> Void) {
    var derivatives = seeds
    for step in steps {
      let results = step.outputs.map { $0.flatMap { derivatives[$0] } }
      for (output, result) in zip(step.outputs, results) {
        guard let output, let result else { continue }
        if activations.contains(output) { report(.activation(output, result)) }
        derivatives[output] = nil
      }
      guard results.contains(where: { $0 != nil }) else { continue }
      if let layer = step.layer, let result = results[0] {
        let found = layer.weightDerivative(result, run)
        report(.weights(step.node, found.weights, bias: found.bias))
      }
      guard let pullback = step.pullback else { continue }
      let rounding = (pullback as? LayerPullback)?.rounding
      for (input, part) in zip(step.inputs, pullback.pull(results, run)) {
        guard let input, let part else { continue }
        if let rounding, input == rounding.input {
          report(.rounding(step.node, rounding.divergence(part, run.floats(input))))
        }
        if var sum = derivatives[input], sum.count == part.count {
          derivatives[input] = nil
          for index in sum.indices { sum[index] += part[index] }
          derivatives[input] = sum
        } else {
          derivatives[input] = part
        }
      }
    }
    // The model's inputs come from no node, nor what comes from nodes that lead nowhere else.
    for value in derivatives.keys.sorted() where activations.contains(value) {
      if let found = derivatives[value] { report(.activation(value, found)) }
    }
  }
}
