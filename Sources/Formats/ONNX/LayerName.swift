/// The layer of the user's model that a node came from, guessed from the node's name.
///
/// ONNX does not keep layers; exporters leave them in the scopes of names:
///
/// - PyTorch: `/block1/conv/Conv` is the operator `Conv` of `block1/conv`.
/// - tf2onnx: `StatefulPartitionedCall/model/conv/BiasAdd:0` is of `model/conv`; calls of the traced
///   function say nothing, nor do operators that Keras' layers are made of (`batchnorm`, `Tensordot`).
/// - Where converters merged several names (`a/x;b/y`), the first one counts.
///
/// A name without a scope (`Conv_0`) tells nothing. PyTorch's newer exporter names nodes so, but lists
/// the modules around each in its metadata: `['', 'block1', 'block1.conv', 'conv2d']`, where the last
/// is the operator.
package enum LayerName {
  /// The layer of a node, or `nil` where its name does not tell.
  package static func layer(ofNode name: String) -> String? {
    guard name.utf8.contains(UInt8(ascii: "/")) else { return nil }
    let first = name.utf8.prefix { $0 != UInt8(ascii: ";") }
    var parts = first.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    guard !parts.isEmpty else { return nil }
    // The last part is the operator.
    parts.removeLast()
    while let head = parts.first, isCall(head) { parts.removeFirst() }
    while let tail = parts.last, isPartOfLayer(tail) { parts.removeLast() }
    return parts.isEmpty ? nil : parts.joined(separator: "/")
  }

  /// The layer in PyTorch's list of modules, or `nil` where the list has none.
  package static func layer(inScopes list: String) -> String? {
    guard list.hasPrefix("["), list.hasSuffix("]") else { return nil }
    let names = list.dropFirst().dropLast().split(separator: ",").map { part in
      part.drop { $0 == " " || $0 == "'" || $0 == "\"" }.prefix { $0 != "'" && $0 != "\"" }
    }
    guard let module = names.dropLast().last, !module.isEmpty else { return nil }
    return String(module)
  }

  /// Scopes that a tracer or a device adds around the whole model.
  private static func isCall(_ part: Substring) -> Bool {
    if ["StatefulPartitionedCall", "PartitionedCall"].contains(stem(part)) { return true }
    return part.hasPrefix("gpu_") && part.dropFirst(4).allSatisfy(\.isNumber)
  }

  /// Scopes inside Keras' layers: operators that one layer is made of.
  private static func isPartOfLayer(_ part: Substring) -> Bool {
    switch stem(part) {
    case "batchnorm", "moments", "Tensordot", "convolution", "depthwise", "separable_conv2d",
      "BiasAdd", "MatMul", "einsum", "ReadVariableOp", "Cast", "merged_input":
      true
    default: false
    }
  }

  /// The part without the number that makes it unique: `Tensordot_1` is a `Tensordot`.
  private static func stem(_ part: Substring) -> Substring {
    guard let underscore = part.lastIndex(of: "_") else { return part }
    let number = part[part.index(after: underscore)...]
    guard !number.isEmpty, number.utf8.allSatisfy({ (48...57).contains($0) }) else { return part }
    return part[..<underscore]
  }
}

/// Layers of nodes in the order of the file, where neighbours mostly share their scope.
struct LayerNames {
  private var scope = ""
  private var layer: String?

  /// The layer of a node; that of the node before it is remembered, and its text shared.
  mutating func layer(ofNode name: String) -> String? {
    guard let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    let current = name[..<slash]
    if current == scope { return layer }
    scope = String(current)
    layer = LayerName.layer(ofNode: name)
    return layer
  }
}
