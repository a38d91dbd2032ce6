import ModelIR
import Operators
import TargetRules

/// A float model some of whose weights and activations are stored and computed in other types: what
/// its memory and its time come to.
///
/// Each operator computes in the type that all its activations have; where they differ it computes in
/// float32, with conversions in front of it and behind, as converters insert them. A converted operand
/// is shared by all operators that read it.
package struct ChangedModel: Sendable {
  /// The form of weights that are changed.
  package struct Weights: Sendable {
    /// What kernels see.
    package var type: ElementType
    /// Scales; 1 for one for all.
    package var channels: Int
    package var axis: Int

    package init(type: ElementType, channels: Int, axis: Int) {
      self.type = type
      self.channels = channels
      self.axis = axis
    }
  }

  /// A step of a run that takes more than a limit wherever buffers are placed.
  package struct Step: Sendable {
    /// The bytes alive, without converted copies and what a kernel may compute in place.
    package var bytes: Int
    /// The values that make them up, and the weights of the operator that runs.
    package var values: Set<ValueID>
  }

  private let model: Model
  private let types: [GraphTypes]
  private let planner: MemoryPlan.Planner
  /// For each value that was added, the one that it is a copy of.
  private let origins: [ValueID: ValueID]

  /// - Parameters:
  ///   - model: The float model, perhaps with fewer channels.
  ///   - types: Its types and costs, by graph.
  ///   - activations: The types of the main graph's activations that are changed.
  ///   - weights: The forms of its weights that are changed.
  ///   - planner: Whose memory plan counts.
  package init(
    _ model: Model,
    types: [GraphTypes],
    activations: [ValueID: ElementType],
    weights: [ValueID: Weights],
    planner: MemoryPlan.Planner
  ) {
    var changed = Conversion(graph: model.main, types: types[0], activations: activations)
    changed.convert()
    for (value, form) in weights {
      changed.types.types[value.index].element = form.type
      // Only whether there are several different scales matters to a plan.
      changed.graph[value].quantization = Quantization(
        granularity: form.channels > 1 ? .perAxis(form.axis) : .perTensor,
        scales: (1...max(1, form.channels)).map { Float($0) },
        zeroPoints: []
      )
    }
    var copy = model
    copy[Model.mainGraph] = changed.graph
    self.model = copy
    var all = types
    all[0] = changed.types
    self.types = all
    self.planner = planner
    origins = changed.origins
  }

  /// The planner of a target, or of the model's own runtime.
  package static func planner(_ model: Model, _ target: DeploymentTarget?) -> MemoryPlan.Planner {
    guard model.format == .tflite else { return .generic }
    switch target?.memory?.arenaPlanner {
    case .tfliteMicro: return .tfliteMicro
    case .tflite, .generic, nil:
      return target?.runtime == "TensorFlow Lite Micro" ? .tfliteMicro : .tflite
    }
  }

  /// Conversions that were inserted.
  package var conversions: Int { origins.count }

  /// The bytes of the arena; `nil` where a size is unknown.
  package func arenaBytes() -> Int? { plan()?.arenaBytes }

  private func plan() -> MemoryPlan? {
    let analysis = MemoryAnalysis(model, types: types)
    return switch planner {
    case .tflite: analysis.lite()
    case .tfliteMicro: analysis.micro()
    case .generic: analysis.generic()
    }
  }

  /// The steps that keep the arena above a limit by themselves.
  ///
  /// A step's bytes are no more than any placement needs, and grow with the size of each of its values:
  /// converted copies do not count, and kernels that may write over an operand count as if they did.
  package func steps(above limit: Double) -> [Step] {
    guard let map = plan()?.map else { return [] }
    let graph = model.main
    return map.operators.indices.compactMap { step in
      let node = map.operators[step].flatMap { index in
        graph.nodes.indices.contains(index) ? graph.nodes[index] : nil
      }
      // A converted copy goes where its original gets wider: it is no part of the bound.
      var alive = map.alive(in: step).filter { buffer in
        buffer.value.map { origins[$0] == nil } ?? true
      }
      if planner == .tflite, let node, LitePlanner.changing[node.origin.sourceType] != nil {
        let results = node.outputs.compactMap { $0 }
        alive.removeAll { buffer in buffer.value.map(results.contains) ?? false }
      }
      let bytes = alive.reduce(0) { $0 + $1.bytes }
      guard Double(bytes) > limit else { return nil }
      var values = Set(alive.compactMap(\.value))
      // Kernels' temporaries are of the operator that runs, whose operands decide them.
      if let node, alive.contains(where: { $0.kind == .temporary }) {
        values.formUnion((node.inputs + node.outputs).compactMap { $0 })
      }
      return Step(bytes: bytes, values: Set(values.map { origins[$0] ?? $0 }))
    }
  }

  /// Nanoseconds of a run on a target; `nil` where it states no rate or a count is unknown.
  package func nanoseconds(on target: DeploymentTarget) -> Double? {
    let graph = model.main
    let rows = graph.nodeIDs.map { node in
      ModelProfile.OperatorRow(
        index: node.index,
        graph: Model.mainGraph,
        node: node,
        name: graph[node].name,
        type: graph[node].op.name,
        isKnown: graph[node].op.isKnown,
        isRunnable: true,
        sourceType: graph[node].origin.sourceType,
        inputs: [],
        outputs: [],
        outputShapes: [],
        outputTypes: [],
        parameters: 0,
        weightBytes: 0,
        cost: types[0].costs[node.index]
      )
    }
    let estimate = LatencyModel(model: model, types: types, rows: rows, target: target).estimate()
    return estimate.map { $0.milliseconds * 1e6 }
  }
}

/// Puts conversions between operators of different types.
private struct Conversion {
  var graph: Graph
  var types: GraphTypes
  var origins: [ValueID: ValueID] = [:]
  private let activations: [ValueID: ElementType]
  private var nodes: [Node] = []
  private var costs: [OperatorCost] = []
  /// The float32 copies that were made already.
  private var copies: [ValueID: ValueID] = [:]

  init(graph: Graph, types: GraphTypes, activations: [ValueID: ElementType]) {
    self.graph = graph
    self.types = types
    self.activations = activations
  }

  mutating func convert() {
    for (value, type) in activations { types.types[value.index].element = type }
    for (index, node) in graph.nodes.enumerated() {
      let operands = node.inputs.compactMap { $0 }.filter(isActivation)
      let results = node.outputs.compactMap { $0 }.filter(isActivation)
      let kinds = Set((operands + results).map { activations[$0] ?? .float32 })
      guard kinds.count > 1 else {
        append(node, types.costs[index])
        continue
      }
      var changed = node
      changed.inputs = node.inputs.map { input in
        input.map { activations[$0] == nil ? $0 : floatCopy($0) }
      }
      var behind: [(from: ValueID, to: ValueID)] = []
      changed.outputs = node.outputs.map { output in
        guard let output, activations[output] != nil else { return output }
        let copy = add(output)
        behind.append((copy, output))
        return copy
      }
      append(changed, types.costs[index])
      for pair in behind { convert(pair.from, pair.to, "QUANTIZE", "quantize") }
    }
    graph.nodes = nodes
    types.costs = costs
  }

  /// Constants and numbers that are not float32 convert nothing.
  private func isActivation(_ value: ValueID) -> Bool {
    !graph[value].isConstant
      && (activations[value] != nil || types.types[value.index].element == .float32)
  }

  private mutating func append(_ node: Node, _ cost: OperatorCost) {
    nodes.append(node)
    costs.append(cost)
  }

  private mutating func add(_ value: ValueID) -> ValueID {
    var copy = graph[value]
    copy.name += "#float"
    copy.content = .activation
    copy.quantization = nil
    let new = graph.append(copy)
    types.types.append(TensorType(.float32, types.types[value.index].shape))
    types.known.append(nil)
    origins[new] = value
    return new
  }

  private mutating func floatCopy(_ value: ValueID) -> ValueID {
    if let known = copies[value] { return known }
    let copy = add(value)
    copies[value] = copy
    convert(value, copy, "DEQUANTIZE", "dequantize")
    return copy
  }

  private mutating func convert(
    _ from: ValueID,
    _ to: ValueID,
    _ sourceType: String,
    _ name: String
  ) {
    let elements = types.types[to.index].shape.elementCount ?? 0
    append(
      Node(
        name: "\(graph[to].name) \(sourceType)",
        op: .known(name),
        inputs: [from],
        outputs: [to],
        origin: Origin(sourceType: sourceType, path: "converted[\(to.index)]")
      ),
      OperatorCost(otherOperations: elements)
    )
  }
}
