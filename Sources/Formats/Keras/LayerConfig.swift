import ByteIO
import WireFormats

/// One layer as a configuration describes it.
struct LayerConfig {
  /// The class, without its package: `Conv2D`.
  var className: String
  /// The package that the file states: `keras.layers`; `nil` in older files.
  var module: String?
  /// The name under which a class of the user's is registered: `Custom>Twice`.
  var registeredName: String?
  /// The user's name for the layer.
  var name: String
  /// The arguments of the class.
  var config: JSON5Node
  /// The calls of the layer, in functional models.
  var inboundNodes: [JSON5Node]
  /// Where in the configuration.
  var path: String

  init(_ node: JSON5Node, path: String) throws(ReadError) {
    guard let className = node["class_name"]?.text else {
      throw ReadError(
        .modelInvalid,
        "a layer without class_name",
        at: node.position.offset,
        path: path
      )
    }
    // Old files write the package into the name.
    self.className = className.split(separator: ".").last.map(String.init) ?? className
    self.path = path
    module = node["module"]?.text
    registeredName = node["registered_name"]?.text
    config = node["config"] ?? .absent
    name = node["name"]?.text ?? config["name"]?.text ?? self.className
    inboundNodes = node["inbound_nodes"]?.list ?? []
  }

  /// Whether the class is not Keras' own.
  var isForeign: Bool {
    if let registeredName, registeredName.contains(">"), !registeredName.hasPrefix("keras") {
      return !registeredName.hasPrefix("Keras>")
    }
    guard let module else { return false }
    let root = module.split(separator: ".").first.map(String.init)
    return root != "keras" && root != "tf_keras" && root != "builtins"
  }

  /// Whether the layer is an operation of `keras.ops`, which share names with layers.
  ///
  /// `.h5` files of Keras 3 leave the package out; what tells them then is that layers say whether
  /// they are trainable.
  var isOperation: Bool {
    if let module { return module.contains(".ops") }
    return config["trainable"] == nil && inboundNodes.first?["args"] != nil
  }

  /// Whether training may change the layer's weights.
  var isTrainable: Bool { config["trainable"]?.truth ?? true }

  /// The type that the layer computes in: `float32`, or that of a policy.
  var dataType: String {
    guard let type = config["dtype"] else { return "float32" }
    return type.text ?? type["config"]?["name"]?.text ?? "float32"
  }

  /// The layer inside a wrapper.
  func inner(_ key: String) throws(ReadError) -> LayerConfig? {
    guard let node = config[key], !node.isNull else { return nil }
    return try LayerConfig(node, path: path + "." + key)
  }
}

/// A reference of one layer to the result of another: name, call, place among the results.
struct LayerReference: Hashable {
  var layer: String
  var call: Int
  var output: Int
}
