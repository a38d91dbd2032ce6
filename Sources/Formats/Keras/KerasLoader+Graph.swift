import ByteIO
import ModelIR
import WireFormats

extension KerasLoader {
  /// Lowers the whole model.
  func build(_ spec: ModelSpec) throws(ReadError) {
    let outputs = try lowered(spec, arguments: nil)
    builder.graph.outputs = outputs.map(\.value)
    builder.dropUnreadMasks()
  }

  /// Lowers a model's layers.
  ///
  /// - Parameters:
  ///   - spec: The model.
  ///   - arguments: What it is called with; `nil` for the whole model, whose inputs are the caller's.
  /// - Returns: Its results.
  /// - Throws: where the configuration contradicts itself.
  private func lowered(
    _ spec: ModelSpec,
    arguments: [KerasTensor]?
  ) throws(ReadError) -> [KerasTensor] {
    try spec.isSequential
      ? sequential(spec, arguments: arguments) : functional(spec, arguments: arguments)
  }

  private func sequential(
    _ spec: ModelSpec,
    arguments: [KerasTensor]?
  ) throws(ReadError) -> [KerasTensor] {
    var current = arguments ?? []
    for (index, layer) in spec.layers.enumerated() {
      if layer.config.className == "InputLayer" {
        if arguments == nil { current = [try input(layer.config)] }
        continue
      }
      if index == 0, arguments == nil { current = [try implicitInput(spec, layer)] }
      let call = LayerCall(arguments: current.map(Argument.tensor), named: [])
      current = try results(of: layer, call)
    }
    return current
  }

  private func functional(
    _ spec: ModelSpec,
    arguments: [KerasTensor]?
  ) throws(ReadError) -> [KerasTensor] {
    var plan = spec.calls
    var known: [LayerReference: KerasTensor] = [:]
    let places = Dictionary(
      spec.layers.enumerated().map { ($1.config.name, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    if let arguments, arguments.count != spec.inputs.count {
      throw ReadError(
        .modelInvalid,
        "the model \"\(spec.name)\" is called with \(arguments.count) tensors and takes \(spec.inputs.count)",
        path: spec.path
      )
    }
    for (index, reference) in spec.inputs.enumerated() {
      guard let place = places[reference.layer] else {
        throw ReadError(
          .modelInvalid,
          "the input layer \"\(reference.layer)\" is not there",
          path: spec.path
        )
      }
      if let arguments {
        known[reference] = arguments[index]
      } else {
        known[reference] = try input(spec.layers[place].config)
      }
      plan.arrived(reference)
    }
    while let step = plan.next() {
      let layer = spec.layers[step.layer]
      let values = try results(of: layer, step.call.resolved(known))
      for (index, value) in values.enumerated() {
        let reference = LayerReference(layer: layer.config.name, call: step.index, output: index)
        known[reference] = value
        plan.arrived(reference)
      }
    }
    if let open = plan.unfinished {
      throw ReadError(
        .modelInvalid,
        "\"\(spec.layers[open].config.name)\" waits for a result that nothing gives: inbound_nodes"
          + " contain a cycle or name what is not there",
        path: spec.layers[open].config.path
      )
    }
    var outputs: [KerasTensor] = []
    for reference in spec.outputs {
      guard let tensor = known[reference] else {
        throw ReadError(
          .modelInvalid,
          "nothing computes output \(reference.output) of call \(reference.call) of \"\(reference.layer)\"",
          path: spec.path + ".output_layers"
        )
      }
      outputs.append(tensor)
    }
    return outputs
  }

  // MARK: - Inputs

  private func input(_ config: LayerConfig) throws(ReadError) -> KerasTensor {
    let shape = config.config["batch_shape"]?.list ?? config.config["batch_input_shape"]?.list
    return try input(config.name, shape, config)
  }

  /// A sequential model without an input layer states the shape at its first layer, or beside it.
  private func implicitInput(
    _ spec: ModelSpec,
    _ layer: LayerInstance
  ) throws(ReadError) -> KerasTensor {
    var shape: [JSON5Node]?
    var inner: LayerInstance? = layer
    while let current = inner, shape == nil {
      let config = current.config.config
      shape = config["batch_input_shape"]?.list ?? config["batch_shape"]?.list
      inner = current.model?.layers.first
    }
    var config = layer.config
    if layer.config.className == "Embedding" { config.config = .absent }
    return try input(spec.name + "_input", shape ?? spec.inputShape, config)
  }

  private func input(
    _ name: String,
    _ shape: [JSON5Node]?,
    _ config: LayerConfig
  ) throws(ReadError) -> KerasTensor {
    var dimensions: [Dimension] = []
    for (index, node) in (shape ?? []).enumerated() {
      if node.isNull {
        dimensions.append(index == 0 ? .symbolic("batch") : .unknown)
      } else if let size = node.integer, size >= 0 {
        dimensions.append(.fixed(size))
      } else {
        throw ReadError(
          .modelInvalid,
          "the input \"\(name)\" has \(node.summary) as an extent",
          at: node.position.offset,
          path: config.path
        )
      }
    }
    let type = ElementType(rawValue: config.dataType) ?? .float32
    let value = builder.graph.append(
      Value(
        name: name,
        type: type,
        shape: shape == nil ? .unknownRank : .ranked(dimensions)
      )
    )
    builder.graph.inputs.append(value)
    return KerasTensor(value: value, rank: shape.map(\.count))
  }

  // MARK: - Calls

  /// A model on each step: the steps become part of the batch, and come back afterwards.
  private func distributed(
    _ model: ModelSpec,
    _ layer: LayerInstance,
    _ call: LayerCall
  ) throws(ReadError) -> [KerasTensor] {
    guard let x = call.tensors.first, call.tensors.count == 1 else {
      throw ReadError(
        .modelInvalid,
        "the layer \"\(layer.displayName)\" is called with \(call.tensors.count) tensors and takes 1",
        path: layer.config.path
      )
    }
    let context = LayerContext(
      config: layer.config,
      call: call,
      builder: builder,
      weights: [:],
      displayName: layer.displayName
    )
    let rows = KerasTensor(
      value: context.emit("mergeAxes", [x.value], ["count": .int(2)]),
      rank: x.rank.map { $0 - 1 }
    )
    return try lowered(model, arguments: [rows]).map { result in
      KerasTensor(
        value: context.emit("splitAxes", [result.value, x.value], ["count": .int(2)]),
        rank: result.rank.map { $0 + 1 },
        mask: x.mask
      )
    }
  }

  /// The results of one call of a layer.
  private func results(
    of layer: LayerInstance,
    _ call: LayerCall
  ) throws(ReadError) -> [KerasTensor] {
    guard !builder.isExhausted else {
      throw ReadError(
        .limitExceeded,
        "shared and nested models unfold into more operators than the file's size explains",
        path: layer.config.path,
        hint: "--limit nodes=N allows more"
      )
    }
    if let model = layer.model {
      return layer.isDistributed
        ? try distributed(model, layer, call) : try lowered(model, arguments: call.tensors)
    }
    guard call.references.isEmpty else {
      throw ReadError(.internal, "a call with open operands", path: layer.config.path)
    }
    let context = LayerContext(
      config: layer.config,
      call: call,
      builder: builder,
      weights: layer.weights,
      displayName: layer.displayName
    )
    guard let definition = layer.definition else { return unknown(layer, context) }
    if layer.config.dataType.hasPrefix("mixed_") {
      findings.add(
        .mixedPrecision,
        "\"\(layer.displayName)\" computes in \(layer.config.dataType); here it is computed in the type of its weights"
      )
    }
    let mark = builder.mark
    do throws(LayerProblem) {
      if layer.config.isUnknownQuantization {
        throw .unsupported("Keras quantized its weights as \(layer.config.quantization ?? "?")")
      }
      var results = try definition.lower(context)
      if definition.keepsMask, let mask = context.inputs.first?.mask, !results.isEmpty,
        results[0].mask == nil
      {
        results[0].mask = mask
      }
      for case let mask? in results.map(\.mask) { builder.masks.insert(mask) }
      name(results, of: layer, since: mark)
      return results
    } catch {
      switch error {
      case .invalid(let reason):
        throw ReadError(
          .modelInvalid,
          "the layer \"\(layer.displayName)\" (\(layer.config.className)): \(reason)",
          path: layer.config.path
        )
      case .unsupported(let reason):
        builder.rewind(to: mark)
        findings.add(
          .optionNotFollowed,
          "\"\(layer.displayName)\" (\(layer.config.className)) is not computed: \(reason)"
        )
        return kept(layer, context)
      }
    }
  }

  /// Keeps a layer without meaning, and says so.
  private func unknown(_ layer: LayerInstance, _ context: LayerContext) -> [KerasTensor] {
    if layer.config.className == "Lambda" {
      findings.add(
        .lambda,
        "\"\(layer.displayName)\" is code that the file carries; it is never run, and nothing about it is computed"
      )
    } else {
      findings.add(
        .unknownLayer,
        "\"\(layer.displayName)\" is of the class \(layer.config.className), which has no meaning here"
      )
    }
    return kept(layer, context)
  }

  private func kept(_ layer: LayerInstance, _ context: LayerContext) -> [KerasTensor] {
    let weights = layer.slots.compactMap { layer.weights[$0.key] } + layer.others
    let operands = context.inputs.map(\.value) + weights
    let mark = builder.mark
    let results = builder.emit(
      .unknown(layer.config.className),
      operands,
      [:],
      outputs: 1,
      for: context
    ).map { KerasTensor(value: $0) }
    name(results, of: layer, since: mark)
    return results
  }

  /// The last node of a layer has the layer's own name, as has what it computes.
  private func name(
    _ results: [KerasTensor],
    of layer: LayerInstance,
    since mark: GraphBuilder.Mark
  ) {
    guard let first = results.first, first.value.index >= mark.values,
      let node = builder.graph.nodes.indices.last(where: { index in
        index >= mark.nodes && builder.graph.nodes[index].outputs.contains(first.value)
      })
    else { return }
    builder.graph.nodes[node].name = layer.displayName
    builder.graph[first.value].name = layer.displayName
  }
}
