import ByteIO
import ModelIR
import WireFormats

/// Why a layer could not be lowered.
enum LayerProblem: Error {
  /// The configuration contradicts itself.
  case invalid(String)
  /// The layer does something that no operator here means.
  case unsupported(String)
}

/// What a layer of Keras means: its weights and the operators that it becomes.
struct LayerDefinition: Sendable {
  typealias Lowering = @Sendable (LayerContext) throws(LayerProblem) -> [KerasTensor]
  typealias Slots = @Sendable (LayerConfig) throws(LayerProblem) -> [WeightSlot]

  /// The class, and older names of it.
  let names: [String]
  let slots: Slots
  /// Whether the results have the mask of the first operand.
  let keepsMask: Bool
  let lower: Lowering

  init(
    _ names: String...,
    slots: @escaping Slots = { _ in [] },
    keepsMask: Bool = false,
    lower: @escaping Lowering
  ) {
    self.names = names
    self.slots = slots
    self.keepsMask = keepsMask
    self.lower = lower
  }
}

/// All layers that have a meaning here; one line a family.
enum LayerCatalog {
  static let all: [LayerDefinition] =
    LayerDefinition.core + LayerDefinition.convolutions + LayerDefinition.pooling
    + LayerDefinition.normalization + LayerDefinition.recurrent + LayerDefinition.wrappers
    + LayerDefinition.merging + LayerDefinition.reshaping + LayerDefinition.attention
    + LayerDefinition.activations + LayerDefinition.preprocessing + LayerDefinition.tensorFlow

  private static let byName = index(all)
  private static let operations = index(LayerDefinition.operations)

  private static func index(_ rows: [LayerDefinition]) -> [String: LayerDefinition] {
    var table: [String: LayerDefinition] = [:]
    for row in rows {
      for name in row.names { table[name] = row }
    }
    return table
  }

  /// The meaning of a layer; `nil` for classes of the user's own and those that are not known.
  static func definition(of config: LayerConfig) -> LayerDefinition? {
    if config.isForeign { return nil }
    return config.isOperation ? operations[config.className] : byName[config.className]
  }
}

/// One call of a layer while it is lowered: configuration, operands, weights, and what is emitted.
final class LayerContext {
  let config: LayerConfig
  let call: LayerCall
  let builder: GraphBuilder
  /// The weights by slot.
  let weights: [String: ValueID]
  /// The layer's name in the report.
  let displayName: String
  /// Before the names of weights, inside wrappers.
  let prefix: String

  init(
    config: LayerConfig,
    call: LayerCall,
    builder: GraphBuilder,
    weights: [String: ValueID],
    displayName: String,
    prefix: String = ""
  ) {
    self.config = config
    self.call = call
    self.builder = builder
    self.weights = weights
    self.displayName = displayName
    self.prefix = prefix
  }

  /// The same layer's inner one, called with other tensors.
  func inner(_ config: LayerConfig, _ key: String, _ inputs: [KerasTensor]) -> LayerContext {
    LayerContext(
      config: config,
      call: LayerCall(arguments: inputs.map(Argument.tensor), named: []),
      builder: builder,
      weights: weights,
      displayName: displayName,
      prefix: prefix + key + "/"
    )
  }

  /// Lowers an inner layer.
  func lowerInner(
    _ config: LayerConfig,
    _ key: String,
    _ inputs: [KerasTensor]
  ) throws(LayerProblem) -> [KerasTensor] {
    guard let definition = LayerCatalog.definition(of: config) else {
      throw .unsupported("the layer inside, \(config.className), has no meaning here")
    }
    return try definition.lower(inner(config, key, inputs))
  }

  // MARK: - Operands

  /// All tensors of the call but for masks, in order.
  var inputs: [KerasTensor] {
    call.arguments.flatMap(\.tensors)
      + call.named.filter { $0.name != "mask" }.flatMap(\.value.tensors)
  }

  /// The only tensor, or the first, with the mask that the layer is called with.
  func input(_ index: Int = 0) throws(LayerProblem) -> KerasTensor {
    let inputs = inputs
    guard inputs.indices.contains(index) else {
      throw .invalid("it is called with \(inputs.count) tensors, \(index + 1) are needed")
    }
    var tensor = inputs[index]
    if index == 0, case .tensor(let mask)? = named("mask") { tensor.mask = mask.value }
    return tensor
  }

  /// A named argument of the call.
  func named(_ name: String) -> Argument? { call.named.first { $0.name == name }?.value }

  /// A weight that the layer must have.
  func weight(_ name: String) throws(LayerProblem) -> ValueID {
    guard let value = weights[prefix + name] else {
      throw .unsupported("the weight \(prefix + name) is not in the file")
    }
    return value
  }

  /// A weight that the layer has unless the configuration says otherwise.
  func weight(_ name: String, if isThere: Bool) throws(LayerProblem) -> ValueID? {
    isThere ? try weight(name) : nil
  }

  // MARK: - Options

  func int(_ name: String) -> Int? { config.config[name]?.integer }
  func int(_ name: String, default value: Int) -> Int { int(name) ?? value }
  func number(_ name: String) -> Double? { config.config[name]?.number }
  func number(_ name: String, default value: Double) -> Double { number(name) ?? value }
  func bool(_ name: String, default value: Bool = false) -> Bool {
    config.config[name]?.truth ?? value
  }
  func string(_ name: String, default value: String = "") -> String {
    config.config[name]?.text ?? value
  }

  /// A list of `count` positive integers; a single one stands for all.
  func ints(_ name: String, _ count: Int, default value: Int? = nil) throws(LayerProblem) -> [Int] {
    guard let node = config.config[name], !node.isNull else {
      guard let value else { throw .invalid("\(name) is missing") }
      return Array(repeating: value, count: count)
    }
    guard var values = node.integers else { throw .invalid("\(name) is no list of integers") }
    if values.count == 1 { values = Array(repeating: values[0], count: count) }
    guard values.count == count, values.allSatisfy({ $0 >= 0 && $0 <= Int(Int32.max) }) else {
      throw .invalid("\(name) is not a list of \(count) numbers")
    }
    return values
  }

  /// Whether the channels are the axis after the batch.
  var isChannelsFirst: Bool { string("data_format") == "channels_first" }
  /// The layout as operators name it.
  var dataLayout: AttributeValue { .string(isChannelsFirst ? "nchw" : "nhwc") }

  /// The axes of space.
  func spatialAxes(_ count: Int) -> [Int] { (0..<count).map { $0 + (isChannelsFirst ? 2 : 1) } }

  /// The type that constants of the configuration take.
  var elementType: ElementType {
    switch config.dataType {
    case "float16": .float16
    case "float64": .float64
    case "bfloat16": .bfloat16
    default: .float32
    }
  }

  // MARK: - Results

  /// Adds an operator with one result.
  func emit(
    _ op: String,
    _ inputs: [ValueID?],
    _ attributes: Attributes = [:]
  ) -> ValueID {
    builder.emit(.known(op), inputs, attributes, outputs: 1, for: self)[0]
  }

  /// Adds an operator with several results.
  func emit(
    _ op: String,
    _ inputs: [ValueID?],
    _ attributes: Attributes = [:],
    outputs: Int
  ) -> [ValueID] {
    builder.emit(.known(op), inputs, attributes, outputs: outputs, for: self)
  }

  /// A number of the configuration as a constant without axes.
  func scalar(_ number: Double, _ type: ElementType? = nil) -> ValueID {
    builder.scalar(number, type ?? elementType)
  }

  /// Integers, such as the bytes of an image, as real numbers.
  func real(_ value: ValueID) -> ValueID {
    let type = builder.graph[value].type
    guard type.isInteger || type == .bool else { return value }
    return emit("cast", [value], ["to": .type(elementType)])
  }

  /// A tensor that differs from another in its value.
  func like(_ tensor: KerasTensor, _ value: ValueID, rank: Int?? = nil) -> KerasTensor {
    KerasTensor(value: value, rank: rank ?? tensor.rank)
  }
}

extension LayerContext {
  /// The option `axis`: a number, or a list of one.
  func axis(default value: Int) -> Int? {
    guard let node = config.config["axis"], !node.isNull else { return value }
    guard let values = node.integers, values.count == 1 else { return nil }
    return values[0]
  }
}
