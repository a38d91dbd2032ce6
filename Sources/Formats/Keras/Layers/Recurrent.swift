import ModelIR
import WireFormats

/// A recurrent cell: its operator, gates and functions.
struct CellDescription {
  var op: String
  var states: Int
  var attributes: Attributes
  var hasBias: Bool

  /// Reads a cell, or a layer that is one cell over time.
  ///
  /// - Returns: `nil` where it is no cell that is known.
  init?(_ config: LayerConfig, generation: Int, layer: Bool) throws(LayerProblem) {
    let suffix = layer ? "" : "Cell"
    guard !config.isForeign else { return nil }
    attributes = [:]
    hasBias = config.config["use_bias"]?.truth ?? true
    var names = [try Self.function(config, "activation", "tanh")]
    switch config.className {
    case "SimpleRNN" + suffix: (op, states) = ("sequenceRNN", 1)
    case "LSTM" + suffix: (op, states) = ("sequenceLSTM", 2)
    case "GRU" + suffix:
      (op, states) = ("sequenceGRU", 1)
      // Keras 1 and early Keras 2 have no such option, and reset before the product.
      let resets = config.config["reset_after"]?.truth ?? (generation >= 3)
      attributes["resetAfter"] = .bool(resets)
    default: return nil
    }
    if op != "sequenceRNN" {
      let standard = generation >= 2 ? "sigmoid" : "hard_sigmoid"
      names.insert(try Self.function(config, "recurrent_activation", standard), at: 0)
    }
    attributes["activations"] = .strings(names.map { Self.functions[$0] ?? $0 })
    let slopes = names.filter { $0 == "hard_sigmoid" || $0 == "linear" || $0 == "elu" }
    let (alpha, beta) = ActivationTable.hardSigmoid(generation)
    if slopes.contains("hard_sigmoid") {
      attributes["activationAlpha"] = .floats(slopes.map { $0 == "hard_sigmoid" ? alpha : 1 })
      attributes["activationBeta"] = .floats(
        slopes.filter { $0 != "elu" }.map { $0 == "hard_sigmoid" ? beta : 0 }
      )
    }
  }

  /// Keras' names, and those of the functions of cells.
  private static let functions: [String: String] = [
    "tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu", "linear": "Affine",
    "hard_sigmoid": "HardSigmoid", "elu": "Elu", "softsign": "Softsign", "softplus": "Softplus",
  ]

  private static func function(
    _ config: LayerConfig,
    _ option: String,
    _ standard: String
  ) throws(LayerProblem) -> String {
    guard let node = config.config[option] else { return standard }
    let name = node.isNull ? "linear" : node.text ?? node["config"]?.text ?? ""
    guard functions[name] != nil else {
      throw .unsupported("the activation \(name) in a recurrent cell")
    }
    return name
  }

  var slots: [WeightSlot] {
    [WeightSlot("kernel"), WeightSlot("recurrent_kernel")] + (hasBias ? [WeightSlot("bias")] : [])
  }
}

extension LayerDefinition {
  static let recurrent: [LayerDefinition] =
    ["SimpleRNN", "LSTM", "GRU"].map { name in
      LayerDefinition(
        name,
        slots: { (config) throws(LayerProblem) in
          guard let cell = try CellDescription(config, generation: 3, layer: true) else {
            return []
          }
          return cell.slots.map { $0.inside("cell") }
        }
      ) { (context) throws(LayerProblem) in
        let generation = context.builder.generation
        guard let cell = try CellDescription(context.config, generation: generation, layer: true)
        else { throw .unsupported("a cell of class \(name)") }
        return try context.recurrent([(cell: cell, path: "cell")])
      }
    } + [
      LayerDefinition(
        "RNN",
        slots: { (config) throws(LayerProblem) in
          try cells(config, generation: 3).flatMap { cell in
            cell.cell.slots.map { $0.inside(cell.path) }
          }
        }
      ) { (context) throws(LayerProblem) in
        try context.recurrent(try cells(context.config, generation: context.builder.generation))
      }
    ]

  /// The cells of an RNN layer, innermost first, and where Keras 3 keeps their weights.
  private static func cells(
    _ config: LayerConfig,
    generation: Int
  ) throws(LayerProblem) -> [(cell: CellDescription, path: String)] {
    guard let node = config.config["cell"], let outer = try? LayerConfig(node, path: config.path)
    else { throw .invalid("an RNN layer without a cell") }
    guard outer.className == "StackedRNNCells" else {
      guard let cell = try CellDescription(outer, generation: generation, layer: false) else {
        throw .unsupported("a recurrent cell of class \(outer.className)")
      }
      return [(cell: cell, path: "cell")]
    }
    var result: [(cell: CellDescription, path: String)] = []
    var names = NameCounter()
    for node in outer.config["cells"]?.list ?? [] {
      guard let inner = try? LayerConfig(node, path: config.path),
        let cell = try CellDescription(inner, generation: generation, layer: false)
      else { throw .unsupported("a stack of cells of the user's own") }
      result.append((cell: cell, path: "cell/cells/" + names.next(inner.className)))
    }
    guard !result.isEmpty else { throw .invalid("a stack without cells") }
    return result
  }
}

extension LayerContext {
  /// One cell after the other over the whole sequence: the same as all cells in each step.
  fileprivate func recurrent(
    _ cells: [(cell: CellDescription, path: String)]
  ) throws(LayerProblem) -> [KerasTensor] {
    let x = try input()
    guard !bool("time_major") else { throw .unsupported("a layer with time before the batch") }
    let wantsAll = bool("return_sequences")
    let states = cells.reduce(0) { $0 + $1.cell.states }
    var initial = initialStates(x)
    guard initial.isEmpty || initial.count == states else {
      throw .unsupported("\(initial.count) initial states for \(states)")
    }
    if bool("stateful") { builder.statefulLayers.append(displayName) }
    var current = x.value
    var results: [ValueID] = []
    for (index, entry) in cells.enumerated() {
      var attributes = entry.cell.attributes
      let isLast = index == cells.count - 1
      attributes["returnSequences"] = .bool(isLast ? wantsAll : true)
      // The sequence is turned round once, by the first cell.
      attributes["goBackwards"] = .bool(index == 0 && bool("go_backwards"))
      attributes["zeroOutputForMask"] = .bool(isLast && bool("zero_output_for_mask"))
      if index > 0, bool("go_backwards"), x.mask != nil {
        throw .unsupported("a stack of cells that goes backwards over a mask")
      }
      let own = Array(initial.prefix(entry.cell.states))
      initial.removeFirst(own.count)
      let operands: [ValueID?] =
        [
          current, try weight(entry.path + "/kernel"), try weight(entry.path + "/recurrent_kernel"),
          try weight(entry.path + "/bias", if: entry.cell.hasBias), x.mask,
        ] + own.map(Optional.some)
      let values = emit(
        entry.cell.op,
        operands,
        attributes,
        outputs: 1 + entry.cell.states
      )
      current = values[0]
      results += values.dropFirst()
    }
    var output = KerasTensor(value: current, rank: wantsAll ? 3 : 2)
    if wantsAll { output.mask = x.mask }
    guard bool("return_state") else { return [output] }
    return [output] + results.map { KerasTensor(value: $0, rank: 2) }
  }

  /// States that the layer is called with, by name or behind the sequence.
  private func initialStates(_ x: KerasTensor) -> [ValueID] {
    if let named = named("initial_state") { return named.tensors.map(\.value) }
    return call.arguments.flatMap(\.tensors).dropFirst().map(\.value)
  }
}
