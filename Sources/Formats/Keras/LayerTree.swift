import ByteIO
import ModelIR
import WireFormats

/// A tensor of a layer during lowering.
struct KerasTensor {
  var value: ValueID
  /// The number of axes with the batch, where it is known.
  var rank: Int?
  /// Which steps count (Booleans `[batch, time]`), where some layer before said so.
  var mask: ValueID?
}

/// A layer that exists once, however often it is called; it owns its weights.
final class LayerInstance {
  let config: LayerConfig
  /// What the layer means; `nil` where it has no meaning here.
  let definition: LayerDefinition?
  /// The layers inside, where it is a model, or runs one on each step.
  let model: ModelSpec?
  /// Whether the model inside runs on each step of a sequence.
  let isDistributed: Bool
  let slots: [WeightSlot]
  /// The constants by slot; filled once.
  var weights: [String: ValueID] = [:]
  /// The constants of a layer without meaning, in the order of the file.
  var others: [ValueID] = []
  /// As the report names it, with the models around.
  let displayName: String

  init(_ config: LayerConfig, inside models: String) throws(ReadError) {
    self.config = config
    let displayName = models.isEmpty ? config.name : models + "/" + config.name
    self.displayName = displayName
    if ModelSpec.describesModel(config) {
      definition = nil
      slots = []
      model = try ModelSpec(config, inside: displayName)
      isDistributed = false
      return
    }
    if config.className == "TimeDistributed", !config.isForeign,
      let inner = try config.inner("layer"), ModelSpec.describesModel(inner)
    {
      definition = nil
      slots = []
      model = try ModelSpec(inner, inside: displayName)
      isDistributed = true
      return
    }
    model = nil
    isDistributed = false
    guard let definition = LayerCatalog.definition(of: config) else {
      self.definition = nil
      slots = []
      return
    }
    do throws(LayerProblem) {
      slots = config.isUnknownQuantization ? [] : try definition.slots(config)
      self.definition = definition
    } catch {
      // A wrapper around something without meaning has none either.
      slots = []
      self.definition = nil
    }
  }

  /// The weights of this layer and of all inside it, in the order in which layers create them.
  var leaves: [(layer: LayerInstance, slot: WeightSlot)] {
    if let model { return model.layers.flatMap(\.leaves) }
    return slots.map { (layer: self, slot: $0) }
  }

  /// Whether nothing here knows what the weights of this layer are.
  var hasUnplacedWeights: Bool {
    definition == nil && config.className != "InputLayer" || config.isUnknownQuantization
  }

  /// Whether weights may be in it that nothing here knows the order of.
  var hasUnknownWeights: Bool {
    if let model { return model.layers.contains(where: \.hasUnknownWeights) }
    return hasUnplacedWeights
  }
}

/// A weight that a layer has.
struct WeightSlot {
  /// Where below the layer Keras 3 keeps it: `cell`; empty for the layer's own.
  var path = ""
  /// What Keras calls it: `kernel`.
  var name: String
  var isTrainable = true
  /// Whether Keras 3 keeps the layer's weights in the order of the slots, trainable or not.
  var isListed = false

  /// The name that lowering asks for: `cell/kernel`.
  var key: String { path.isEmpty ? name : path + "/" + name }

  init(_ name: String, path: String = "", isTrainable: Bool = true) {
    self.name = name
    self.path = path
    self.isTrainable = isTrainable
  }

  /// The same, one level further in.
  func inside(_ parent: String) -> WeightSlot {
    var copy = self
    copy.path = path.isEmpty ? parent : parent + "/" + path
    return copy
  }
}

/// A model as its configuration describes it: the whole one, or one used as a layer.
final class ModelSpec {
  let name: String
  let isSequential: Bool
  let layers: [LayerInstance]
  /// The input layers and the results, of functional models.
  let inputs: [LayerReference]
  let outputs: [LayerReference]
  /// The input's extents where a sequential model states them beside its layers.
  let inputShape: [JSON5Node]?
  let path: String
  /// The calls of the layers; the same for each call of the model.
  private(set) lazy var calls = CallPlan(self)

  /// Whether a layer is a model of layers.
  static func describesModel(_ config: LayerConfig) -> Bool {
    guard !config.isForeign else { return false }
    if config.className == "Sequential" {
      return config.config.list != nil || config.config["layers"]?.list != nil
    }
    return config.config["layers"]?.list != nil && config.config["output_layers"] != nil
  }

  init(_ config: LayerConfig, inside models: String) throws(ReadError) {
    name = config.name
    path = config.path
    isSequential = config.className == "Sequential"
    let nodes = config.config["layers"]?.list ?? config.config.list ?? []
    var layers: [LayerInstance] = []
    var names: Set<String> = []
    for (index, node) in nodes.enumerated() {
      let path = config.path + ".layers[\(index)]"
      let instance = try LayerInstance(try LayerConfig(node, path: path), inside: models)
      guard names.insert(instance.config.name).inserted || config.className == "Sequential" else {
        throw ReadError(
          .modelInvalid,
          "two layers are named \"\(instance.config.name)\"",
          at: node.position.offset,
          path: path
        )
      }
      layers.append(instance)
    }
    self.layers = layers
    inputs = Self.references(config.config["input_layers"])
    outputs = Self.references(config.config["output_layers"])
    inputShape = config.config["build_input_shape"]?.list
  }

  /// All references in a list of them, a single one, or a dictionary.
  private static func references(_ node: JSON5Node?) -> [LayerReference] {
    guard let node else { return [] }
    if let list = node.list {
      if let reference = LayerCall.reference(list) { return [reference] }
      return list.flatMap { references($0) }
    }
    return (node.members ?? []).flatMap { references($0.value) }
  }
}
