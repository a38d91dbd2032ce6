import ModelIR
import WireFormats

/// Layers around another layer.
extension LayerDefinition {
  /// The weights of an inner layer.
  private static func slots(
    of config: LayerConfig,
    _ key: String
  ) throws(LayerProblem) -> [WeightSlot] {
    let inner = try innerConfig(config, key)
    guard let definition = LayerCatalog.definition(of: inner) else {
      throw .unsupported("the layer inside, \(inner.className), has no meaning here")
    }
    return try definition.slots(inner)
  }

  private static func innerConfig(
    _ config: LayerConfig,
    _ key: String
  ) throws(LayerProblem) -> LayerConfig {
    guard let inner = try? config.inner(key) else { throw .invalid("\(key) is missing") }
    return inner
  }

  static let wrappers: [LayerDefinition] = [
    LayerDefinition(
      "TimeDistributed",
      slots: { (config) throws(LayerProblem) in
        try slots(of: config, "layer").map { $0.inside("layer") }
      },
      keepsMask: true
    ) { (context) throws(LayerProblem) in
      let x = try context.input()
      let inner = try innerConfig(context.config, "layer")
      // A dense layer works on the last axis alone.
      if inner.className == "Dense" || inner.className == "Activation" {
        return try context.lowerInner(inner, "layer", [x])
      }
      let rows = KerasTensor(
        value: context.emit("mergeAxes", [x.value], ["count": .int(2)]),
        rank: x.rank.map { $0 - 1 }
      )
      let results = try context.lowerInner(inner, "layer", [rows])
      return results.map { result in
        let value = context.emit("splitAxes", [result.value, x.value], ["count": .int(2)])
        return KerasTensor(value: value, rank: result.rank.map { $0 + 1 })
      }
    },
    // The kernel is stored normalized already; `kernel` is the same numbers once more.
    LayerDefinition(
      "SpectralNormalization",
      slots: { (config) throws(LayerProblem) in
        [WeightSlot("kernel:copy"), WeightSlot("vector_u", isTrainable: false)]
          + (try slots(of: config, "layer").map { $0.inside("layer") })
      }
    ) { (context) throws(LayerProblem) in
      try context.lowerInner(try innerConfig(context.config, "layer"), "layer", context.inputs)
    },
    LayerDefinition(
      "Bidirectional",
      slots: { (config) throws(LayerProblem) in
        let forward = try slots(of: config, "layer").map { $0.inside("forward_layer") }
        let key = config.config["backward_layer"]?.members == nil ? "layer" : "backward_layer"
        let backward = try slots(of: config, key).map { $0.inside("backward_layer") }
        return forward + backward
      }
    ) { (context) throws(LayerProblem) in try context.bidirectional() },
  ]

  fileprivate static func layers(
    _ config: LayerConfig
  ) throws(LayerProblem) -> (forward: LayerConfig, backward: LayerConfig) {
    var forward = try innerConfig(config, "layer")
    let hasOwn = config.config["backward_layer"]?.members != nil
    var backward = hasOwn ? try innerConfig(config, "backward_layer") : forward
    // Where whole sequences are wanted, steps that do not count give 0.
    let all = forward.config["return_sequences"]?.truth ?? false
    forward.config = forward.config.setting("zero_output_for_mask", all)
    backward.config = backward.config.setting("zero_output_for_mask", all)
    if !hasOwn {
      let turned = forward.config["go_backwards"]?.truth ?? false
      backward.config = backward.config.setting("go_backwards", !turned)
    }
    return (forward, backward)
  }
}

extension LayerContext {
  fileprivate func bidirectional() throws(LayerProblem) -> [KerasTensor] {
    let x = try input()
    guard inputs.count == 1 else { throw .unsupported("a bidirectional layer with states") }
    let (forward, backward) = try LayerDefinition.layers(config)
    let ahead = try lowerInner(forward, "forward_layer", [x])
    let behind = try lowerInner(backward, "backward_layer", [x])
    guard let first = ahead.first, var second = behind.first else {
      throw .invalid("a layer without results")
    }
    if forward.config["return_sequences"]?.truth ?? false {
      second.value = emit("reverse", [second.value], ["axes": .ints([1])])
    }
    let states = Array(ahead.dropFirst() + behind.dropFirst())
    let pair = [first.value, second.value]
    var result = first
    switch config.config["merge_mode"]?.text {
    case "concat": result.value = emit("concat", pair, ["axis": .int(-1)])
    case "sum": result.value = emit("add", pair)
    case "mul": result.value = emit("mul", pair)
    case "ave": result.value = emit("mul", [emit("add", pair), scalar(0.5)])
    case nil: return [first, second] + states
    case let other?: throw .invalid("the merge_mode \"\(other)\"")
    }
    return [result] + states
  }
}

extension JSON5Node {
  /// The same object with one truth value replaced.
  fileprivate func setting(_ name: String, _ truth: Bool) -> JSON5Node {
    var members = (members ?? []).filter { $0.name != name }
    members.append(
      Member(name: name, position: position, value: JSON5Node(.bool(truth), at: position))
    )
    return JSON5Node(.object(members), at: position)
  }
}
