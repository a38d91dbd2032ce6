import Calibration
import ModelIR
import Operators

/// Which channels of which values have to go together.
///
/// Each channel that a layer makes is an atom. The map follows atoms through the graph: elementwise
/// operators join those of their operands, concatenations list them one after the other, depthwise
/// convolutions and normalisations pass them on, flattening repeats them for each position. Where an
/// operator's channels cannot be followed, and at the model's outputs, atoms are frozen.
package struct ChannelMap: Sendable {
  /// Channels that can only be removed together, in layers that are tied together.
  package struct Group: Sendable {
    /// The layers whose output channels these are, in order.
    package let layers: [WeightLayer]
    /// The sets of atoms that go together: one for each removable unit.
    let units: [Int]
    /// Units that can be removed.
    package var count: Int { units.count }
  }

  /// The atoms along one axis of a value.
  struct Track: Sendable, Equatable {
    var axis: Int
    var atoms: [Int]
  }

  /// An operand of a node whose axis is cut with the atoms.
  struct Slice: Sendable {
    var node: NodeID
    var operand: Int
    var axis: Int
    var atoms: [Int]
  }

  /// Groups with at least two units, in the order of their first layers.
  package private(set) var groups: [Group] = []
  private(set) var tracks: [Track?]
  private(set) var slices: [Slice] = []
  /// Nodes whose target shape is written anew.
  private(set) var reshapes: [NodeID] = []
  /// The unit of each atom.
  private(set) var unitOf: [Int] = []
  private var sets = DisjointSets(count: 0)
  private var frozen: Set<Int> = []
  private let types: [TensorType]
  private let graph: Graph
  private var made: [(layer: WeightLayer, atoms: [Int])] = []

  /// Flattened activations above this are not followed.
  private static let trackLimit = 1 << 22

  init(_ model: Model, types: [TensorType]) {
    graph = model.main
    self.types = types
    tracks = Array(repeating: nil, count: model.main.values.count)
    var shared: [ValueID: (inputs: [Int], outputs: [Int])] = [:]
    for node in graph.nodeIDs {
      // What nested graphs capture cannot be followed.
      if !graph[node].attributes.graphs.isEmpty {
        for captured in captures(of: node, model) { freeze(captured) }
      }
      if let layer = WeightLayer(node, in: graph) {
        follow(layer, &shared)
      } else {
        follow(node)
      }
    }
    for output in graph.outputs { freeze(output) }
    finish()
  }

  private func captures(of node: NodeID, _ model: Model) -> [ValueID] {
    graph[node].attributes.graphs.filter { model.graphs.indices.contains($0.index) }
      .flatMap { model[$0].captures.map(\.outer) }.filter { tracks.indices.contains($0.index) }
  }

  private mutating func finish() {
    unitOf = (0..<sets.count).map { sets.root($0) }
    let frozenUnits = Set(frozen.map { unitOf[$0] })
    // Layers are tied where they have a unit in common.
    var ties = DisjointSets(count: made.count)
    var owner: [Int: Int] = [:]
    for (index, entry) in made.enumerated() {
      for atom in entry.atoms {
        if let known = owner[unitOf[atom]] { ties.join(known, index) }
        owner[unitOf[atom]] = owner[unitOf[atom]] ?? index
      }
    }
    for first in made.indices where ties.root(first) == first {
      let members = made.indices.filter { ties.root($0) == first }
      var seen: Set<Int> = []
      let units = members.flatMap { made[$0].atoms.map { unitOf[$0] } }
        .filter { seen.insert($0).inserted && !frozenUnits.contains($0) }
      guard units.count > 1 else { continue }
      groups.append(Group(layers: members.map { made[$0].layer }, units: units))
    }
  }

  // MARK: - Atoms

  private mutating func freeze(_ value: ValueID?) {
    guard let value, let track = tracks[value.index] else { return }
    frozen.formUnion(track.atoms)
  }

  private mutating func freezeAll(_ node: NodeID) {
    for input in graph[node].inputs { freeze(input) }
  }

  private mutating func join(_ left: [Int], _ right: [Int]) {
    for (a, b) in zip(left, right) { sets.join(a, b) }
  }

  func sizes(_ value: ValueID) -> [Int?]? { types[value.index].shape.dimensions?.map(\.size) }

  private func isConstant(_ value: ValueID) -> Bool { graph[value].isConstant }

  /// Gives a value a track whose extent is that of the axis; frozen atoms otherwise.
  private mutating func set(_ value: ValueID?, _ track: Track) {
    guard let value else { return }
    guard let sizes = sizes(value), sizes.indices.contains(track.axis),
      sizes[track.axis] == track.atoms.count, tracks[value.index] == nil
    else {
      frozen.formUnion(track.atoms)
      return
    }
    tracks[value.index] = track
  }

  // MARK: - Layers

  private func channelAxis(_ layer: WeightLayer, _ value: ValueID) -> Int? {
    guard let rank = sizes(value)?.count else { return nil }
    guard layer.form != .dense else { return rank - 1 }
    guard let layout = try? DataLayout(AttributeReader(graph[layer.node].attributes)) else {
      return nil
    }
    return layout.channelAxis(rank: rank)
  }

  private mutating func follow(
    _ layer: WeightLayer,
    _ shared: inout [ValueID: (inputs: [Int], outputs: [Int])]
  ) {
    let node = graph[layer.node]
    let input = tracks[layer.input.index]
    guard let outputAxis = channelAxis(layer, layer.output), layer.form != .transposed,
      let weightsOperand = node.inputs.firstIndex(of: layer.weights),
      node.inputs.count(where: { $0 == layer.weights }) == 1,
      input == nil || input?.axis == channelAxis(layer, layer.input)
    else { return freezeAll(layer.node) }
    let biasOperand = node.inputs.indices.first { $0 > weightsOperand && node.inputs[$0] != nil }
    // Not all biases are rows of constants: ONNX Gemm broadcasts.
    if let biasOperand, let bias = node.inputs[biasOperand] {
      guard isConstant(bias), graph[bias].shape.sizes == [layer.outputs] else {
        return freezeAll(layer.node)
      }
    }
    if layer.groups > 1 {
      guard layer.inputChannels == 1, let input,
        layer.groups == input.atoms.count * multiplier(layer)
      else { return freezeAll(layer.node) }
      let factor = layer.outputs / input.atoms.count
      let atoms = input.atoms.flatMap { Array(repeating: $0, count: factor) }
      // A depthwise filter with two channel axes is only cut where one of them is 1.
      guard layer.form != .depthwise || layer.sizes[layer.outputAxis] == layer.outputs else {
        return freezeAll(layer.node)
      }
      cut(layer.node, weightsOperand, layer.outputAxis, atoms)
      if let biasOperand { cut(layer.node, biasOperand, 0, atoms) }
      set(layer.output, Track(axis: outputAxis, atoms: atoms))
      return
    }
    let atoms = (0..<layer.outputs).map { _ in sets.append() }
    made.append((layer, atoms))
    cut(layer.node, weightsOperand, layer.outputAxis, atoms)
    if let biasOperand { cut(layer.node, biasOperand, 0, atoms) }
    if let input {
      if let axis = layer.inputAxis, input.atoms.count == layer.inputChannels {
        cut(layer.node, weightsOperand, axis, input.atoms)
      } else {
        frozen.formUnion(input.atoms)
      }
    }
    if let first = shared[layer.weights] {
      join(first.outputs, atoms)
      if let input, first.inputs.count == input.atoms.count {
        join(first.inputs, input.atoms)
      } else {
        frozen.formUnion(first.inputs + (input?.atoms ?? []))
      }
    } else {
      shared[layer.weights] = (input?.atoms ?? [], atoms)
    }
    set(layer.output, Track(axis: outputAxis, atoms: atoms))
  }

  private func multiplier(_ layer: WeightLayer) -> Int {
    guard let channels = tracks[layer.input.index]?.atoms.count, channels > 0,
      layer.groups % channels == 0
    else { return 1 }
    return layer.form == .depthwise ? layer.groups / channels : 1
  }

  private mutating func cut(_ node: NodeID, _ operand: Int, _ axis: Int, _ atoms: [Int]) {
    slices.append(Slice(node: node, operand: operand, axis: axis, atoms: atoms))
  }

  // MARK: - Other operators

  private static let passing: Set<String> = [
    "relu", "relu6", "reluN1To1", "relu0To1", "sigmoid", "tanh", "hardSwish", "hardSigmoid",
    "leakyRelu", "elu", "selu", "gelu", "swish", "mish", "softplus", "softsign", "identity",
    "dropout", "clip", "abs", "neg", "square", "sqrt", "rsqrt", "exp", "averagePool", "maxPool",
    "globalAveragePool", "globalMaxPool", "resize", "pad",
  ]
  private static let joining: Set<String> = [
    "add", "sub", "mul", "div", "maximum", "minimum", "addN", "squaredDifference", "prelu",
  ]

  private mutating func follow(_ id: NodeID) {
    let node = graph[id]
    let computed = node.inputs.compactMap { $0 }.filter { tracks[$0.index] != nil }
    guard !computed.isEmpty, case .known(let name) = node.op else { return freezeAll(id) }
    // Their results depend on extents alone, which are inferred anew.
    if ["shape", "size", "rank"].contains(name) {
      if let input = node.inputs.first { shapeReader(input) }
      return
    }
    let outputs = node.outputs.compactMap { $0 }
    guard outputs.count == 1 else { return freezeAll(id) }
    if Self.passing.contains(name), computed.count == 1, node.inputs.first == computed[0] {
      guard let track = tracks[computed[0].index] else { return }
      return set(outputs[0], track)
    }
    if Self.joining.contains(name) { return joinOperands(id, outputs[0]) }
    switch name {
    case "batchNormalization": normalize(id, outputs[0])
    case "concat": concatenate(id, outputs[0])
    case "reduceMean", "reduceMax", "reduceSum": reduce(id, outputs[0])
    case "reshape", "flatten", "squeeze", "expandDims": reshape(id, outputs[0])
    case "transpose": transpose(id, outputs[0])
    default: freezeAll(id)
    }
  }

  /// Shapes that are computed may steer anything; only reshapes are written anew.
  private mutating func shapeReader(_ value: ValueID?) {
    guard let value, let track = tracks[value.index], let sizes = sizes(value) else { return }
    let others = sizes.indices.filter { $0 != track.axis }
    if others.isEmpty { frozen.formUnion(track.atoms) }
  }

  private mutating func joinOperands(_ id: NodeID, _ output: ValueID) {
    let node = graph[id]
    guard let sizes = sizes(output) else { return freezeAll(id) }
    var first: Track?
    for case .some(let input) in node.inputs {
      guard let track = tracks[input.index], let own = self.sizes(input) else { continue }
      // Aligned at the end, as broadcasting does.
      let axis = track.axis + sizes.count - own.count
      guard sizes.indices.contains(axis), sizes[axis] == track.atoms.count else {
        return freezeAll(id)
      }
      if let first {
        guard first.axis == axis else { return freezeAll(id) }
        join(first.atoms, track.atoms)
      } else {
        first = Track(axis: axis, atoms: track.atoms)
      }
    }
    guard let first else { return }
    for (operand, input) in node.inputs.enumerated() {
      guard let input, tracks[input.index] == nil else { continue }
      guard let own = self.sizes(input) else { return freezeAll(id) }
      let axis = first.axis - (sizes.count - own.count)
      guard own.indices.contains(axis), own[axis] != 1 else { continue }
      guard isConstant(input), own[axis] == first.atoms.count else { return freezeAll(id) }
      cut(id, operand, axis, first.atoms)
    }
    set(output, first)
  }

  private mutating func normalize(_ id: NodeID, _ output: ValueID) {
    let node = graph[id]
    guard let input = node.inputs.first, let input, let track = tracks[input.index],
      node.inputs.count == 5
    else { return freezeAll(id) }
    for operand in 1..<5 {
      guard let value = node.inputs[operand], isConstant(value),
        graph[value].shape.sizes == [track.atoms.count]
      else { return freezeAll(id) }
    }
    for operand in 1..<5 { cut(id, operand, 0, track.atoms) }
    set(output, track)
  }

  private mutating func concatenate(_ id: NodeID, _ output: ValueID) {
    let node = graph[id]
    guard let rank = sizes(output)?.count,
      let stated = try? AttributeReader(node.attributes).int("axis", default: 0)
    else { return freezeAll(id) }
    let axis = stated < 0 ? stated + rank : stated
    let tracks = node.inputs.map { input in input.flatMap { self.tracks[$0.index] } }
    let known = tracks.compactMap { $0 }
    guard known.count == tracks.count, let first = known.first,
      known.allSatisfy({ $0.axis == first.axis })
    else { return freezeAll(id) }
    if first.axis == axis {
      set(output, Track(axis: axis, atoms: known.flatMap(\.atoms)))
    } else {
      for track in known.dropFirst() { join(first.atoms, track.atoms) }
      set(output, first)
    }
  }

  private mutating func reduce(_ id: NodeID, _ output: ValueID) {
    let node = graph[id]
    guard let input = node.inputs.first, let input, let track = tracks[input.index],
      let rank = sizes(input)?.count, let axes = axes(node)
    else { return freezeAll(id) }
    let reduced = Set(axes.map { $0 < 0 ? $0 + rank : $0 })
    guard !reduced.contains(track.axis), !reduced.isEmpty else { return freezeAll(id) }
    let keeps = sizes(output)?.count == rank
    let axis = keeps ? track.axis : track.axis - reduced.count { $0 < track.axis }
    set(output, Track(axis: axis, atoms: track.atoms))
  }

  private func axes(_ node: Node) -> [Int]? {
    if node.inputs.count > 1, let value = node.inputs[1] { return integers(value) }
    return try? AttributeReader(node.attributes).ints("axes")
  }

  func integers(_ value: ValueID) -> [Int]? {
    guard let storage = graph[value].constant, let sizes = graph[value].shape.sizes else {
      return nil
    }
    return Tensor(type: graph[value].type, sizes: sizes, storage: storage, elementLimit: 64)?
      .integerValues
  }

  private mutating func reshape(_ id: NodeID, _ output: ValueID) {
    guard let input = graph[id].inputs.first, let input, let track = tracks[input.index],
      let old = sizes(input), let new = sizes(output),
      // The batch stays in front; what is behind it is known.
      let oldRest = Self.known(old.dropFirst()), let newRest = Self.known(new.dropFirst()),
      track.axis >= 1, old.first == new.first,
      let count = checkedProduct(oldRest), count == checkedProduct(newRest),
      count <= Self.trackLimit
    else { return freezeAll(id) }
    let inner = oldRest[track.axis...].reduce(1, *)
    let outer = oldRest[..<(track.axis - 1)].reduce(1, *)
    // An axis of the same extent at the same place keeps its channels.
    for axis in newRest.indices
    where newRest[axis] == track.atoms.count
      && newRest[(axis + 1)...].reduce(1, *) == inner && newRest[..<axis].reduce(1, *) == outer
    {
      reshapes.append(id)
      return set(output, Track(axis: axis + 1, atoms: track.atoms))
    }
    guard newRest.count == 1 else { return freezeAll(id) }
    let atoms = (0..<count).map { track.atoms[$0 / inner % track.atoms.count] }
    reshapes.append(id)
    set(output, Track(axis: 1, atoms: atoms))
  }

  private static func known(_ sizes: ArraySlice<Int?>) -> [Int]? {
    let known = sizes.compactMap { $0 }
    return known.count == sizes.count ? known : nil
  }

  private mutating func transpose(_ id: NodeID, _ output: ValueID) {
    let node = graph[id]
    var order = try? AttributeReader(node.attributes).ints("permutation")
    if node.inputs.count > 1, let value = node.inputs[1] { order = integers(value) }
    guard let input = node.inputs.first, let input, let track = tracks[input.index], let order,
      let axis = order.firstIndex(of: track.axis)
    else { return freezeAll(id) }
    set(output, Track(axis: axis, atoms: track.atoms))
  }
}
