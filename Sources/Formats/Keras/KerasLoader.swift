import ByteIO
import ModelIR
import WireFormats

/// One reading of one file.
///
/// A class, because what is read adds to the graph, findings and claims from everywhere.
final class KerasLoader {
  let container: KerasContainer
  let bytes: Bytes
  let path: String
  let builder: GraphBuilder
  var findings = KerasFindings()
  var store: WeightStore
  /// Layers whose options could not be followed, and why.
  var refusals: [String] = []
  private let rankLimit: Int

  init(_ container: KerasContainer, _ bytes: Bytes, path: String, limits: KerasLimits) {
    self.container = container
    self.bytes = bytes
    self.path = path
    store = WeightStore(container, fileBytes: bytes.count, limit: limits.chunkedBytes)
    rankLimit = limits.rank
    // A layer takes some hundred bytes of configuration; shared models may repeat it.
    builder = GraphBuilder(
      name: container.config?["config"]?["name"]?.text ?? "",
      generation: container.generation,
      nodeLimit: limits.nodes ?? 10_000 + min(bytes.count, 1 << 24)
    )
  }

  /// Reads everything.
  func load() throws(ReadError) -> Model {
    if let config = try modelConfig() {
      let spec = try ModelSpec(config, inside: "")
      try place(spec)
      try build(spec)
    } else {
      guard !store.isEmpty else {
        throw ReadError(
          .modelUnsupported,
          "the HDF5 file has neither layers of Keras nor weights",
          path: "/"
        )
      }
      findings.add(
        .weightsOnly,
        "the file holds weights and no layers: there is no graph to analyse"
      )
    }
    try addSpareWeights()
    try checkRanks()
    report()
    try builder.graph.checkInvariants(graphCount: 1)
    return Model(
      format: container.format,
      path: path,
      graphs: [builder.graph],
      ledger: makeLedger(),
      diagnostics: findings.diagnostics(),
      metadata: container.metadata
    )
  }

  private func checkRanks() throws(ReadError) {
    for value in builder.graph.values {
      guard let rank = value.shape.dimensions?.count, rank > rankLimit else { continue }
      throw ReadError(
        .limitExceeded,
        "\"\(value.name.prefix(128))\" has \(rank) axes, the limit is \(rankLimit)",
        hint: "--limit rank=N allows more"
      )
    }
  }

  /// The configuration of the model, where it is one of layers.
  private func modelConfig() throws(ReadError) -> LayerConfig? {
    guard let node = container.config else { return nil }
    let config = try LayerConfig(node, path: "config")
    guard ModelSpec.describesModel(config) else {
      findings.add(
        .unknownLayer,
        "the model is of the class \(config.className), whose layers only its own code knows"
      )
      return nil
    }
    return config
  }

  private func report() {
    for name in builder.statefulLayers {
      findings.add(
        .statefulLayer,
        "\"\(name)\" keeps its states between calls; here each call starts with zeros"
      )
    }
    if store.copiedBytes > 0 {
      findings.add(
        .compressedWeights,
        "\(store.copiedBytes) bytes of weights are stored in chunks or compressed, and were copied into memory"
      )
    }
    for name in store.unreadable {
      findings.add(
        .missingWeights,
        "the values of \"\(name)\" are not read: their type has no meaning here"
      )
    }
  }

  // MARK: - Weights

  /// Gives the weights of the file to the layers.
  private func place(_ spec: ModelSpec) throws(ReadError) {
    if container.format == .kerasV3 {
      try placeByPath(spec, "/layers")
    } else {
      try placeByOrder(spec)
    }
  }

  /// Keras 3: each list of layers is a group whose members are named by class.
  private func placeByPath(_ spec: ModelSpec, _ base: String) throws(ReadError) {
    var names = NameCounter()
    for layer in spec.layers {
      // Operations are no layers, and a sequential model does not save its input.
      if layer.config.isOperation || spec.isSequential && layer.config.className == "InputLayer" {
        continue
      }
      let group = base + "/" + names.next(layer.config.className)
      if let model = layer.model {
        try placeByPath(model, group + (layer.isDistributed ? "/layer/layers" : "/layers"))
        continue
      }
      var counts: [String: Int] = [:]
      let isListed = layer.slots.contains(where: \.isListed)
      let slots =
        isListed
        ? layer.slots
        : layer.slots.filter(\.isTrainable) + layer.slots.filter { !$0.isTrainable }
      for slot in slots {
        let folder = slot.path.isEmpty ? group : group + "/" + slot.path
        let index = counts[slot.path, default: 0]
        counts[slot.path] = index + 1
        let path = folder + "/vars/\(index)"
        if slot.isCopy {
          store.markCopy(path)
        } else {
          try fill(layer, slot, path)
        }
      }
      guard layer.hasUnplacedWeights else { continue }
      for path in store.paths(below: group + "/") where !path.contains("/seed_generator/") {
        try fillUnknown(layer, path)
      }
    }
  }

  /// `.h5`: each layer of the model is a group with a list of names, trainable weights first.
  private func placeByOrder(_ spec: ModelSpec) throws(ReadError) {
    for layer in spec.layers where layer.config.className != "InputLayer" {
      guard let paths = try store.legacyPaths(of: layer.config.name) else {
        for leaf in layer.leaves where !leaf.slot.isCopy {
          findings.add(.missingWeights, "the file has no weights of \"\(leaf.layer.displayName)\"")
        }
        continue
      }
      guard !layer.hasUnknownWeights else {
        for path in paths { try fillUnknown(layer.owner(of: path), path) }
        continue
      }
      let leaves = layer.leaves
      let trained = leaves.filter { $0.slot.isTrainable && $0.layer.config.isTrainable }
      let fixed = leaves.filter { !($0.slot.isTrainable && $0.layer.config.isTrainable) }
      let ordered = trained + fixed
      let distinct = ordered.filter { !$0.slot.isCopy }
      let expected = paths.count == ordered.count ? ordered : distinct
      guard paths.count == expected.count else {
        throw ReadError(
          .modelInvalid,
          "\"\(layer.displayName)\" has \(paths.count) weights in the file, \(expected.count) are needed",
          path: layer.config.path
        )
      }
      for (leaf, path) in zip(expected, paths) {
        if leaf.slot.isCopy { store.markCopy(path) } else { try fill(leaf.layer, leaf.slot, path) }
      }
    }
  }

  private func fill(
    _ layer: LayerInstance,
    _ slot: WeightSlot,
    _ path: String
  ) throws(ReadError) {
    let name = layer.displayName + "/" + slot.key
    guard let value = try store.value(path, name: name, in: &builder.graph) else {
      findings.add(.missingWeights, "the file has no weight \"\(name)\"")
      return
    }
    layer.weights[slot.key] = value
  }

  private func fillUnknown(_ layer: LayerInstance, _ path: String) throws(ReadError) {
    let last = path.split(separator: "/").last.map(String.init) ?? ""
    let name = layer.displayName + "/" + last
    guard let value = try store.value(path, name: name, in: &builder.graph) else { return }
    layer.others.append(value)
  }

  /// Weights that no layer took stay visible: they count in the ledger and in the statistics.
  private func addSpareWeights() throws(ReadError) {
    let isWeightsOnly = container.config == nil
    for path in store.spare {
      _ = try store.value(path, name: String(path.dropFirst()), in: &builder.graph)
      if !isWeightsOnly { findings.add(.unplacedWeights, "no layer takes the weight \"\(path)\"") }
    }
  }
}

extension LayerInstance {
  /// The layer inside that a weight's path names, or this one.
  fileprivate func owner(of path: String) -> LayerInstance {
    guard let model else { return self }
    let parts = Set(path.split(separator: "/").map(String.init))
    return model.layers.first { parts.contains($0.config.name) }?.owner(of: path) ?? self
  }
}

extension WeightSlot {
  /// Whether the file repeats numbers that stand elsewhere.
  var isCopy: Bool { name.hasSuffix(":copy") }
}
