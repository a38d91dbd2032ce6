/// Guesses the layer of the user's own model from the name of a tensor.
///
/// TFLite keeps no layer names, but TensorFlow's converter names a tensor after the operations
/// that were fused into it, joined by `;`, each as `model/layer/Operation`:
/// `net/relu/Relu6;net/bn/batchnorm/add_1;net/conv/convolution`. The guess:
///
/// 1. Of the parts take the first that ends in `BiasAdd` (it is always of the operator's own
///    layer), else the last that ends in an operation with weights (others may come first, because
///    equal constants are shared between layers), else the first.
/// 2. Take away the operation, and what lies between it and the layer (`batchnorm`, …).
/// 3. Take away the model's own name at the front, also where it stands twice.
///
/// Names without a `/` (`Identity`, `StatefulPartitionedCall:0`) tell nothing.
enum LayerName {
  /// The layer, or `nil` where the name does not tell.
  static func layer(ofTensor name: String) -> String? {
    parse(name)?.layer
  }

  /// The model's and the layer's name.
  static func parse(_ name: String) -> (scope: String?, layer: String)? {
    let parts = name.split(separator: ";").map { components(of: $0) }.filter { $0.count > 1 }
    let chosen =
      parts.first { operation($0) == "BiasAdd" }
      ?? parts.last { weighted.contains(operation($0)) }
      ?? parts.first
    guard var path = chosen else { return nil }
    path.removeLast()
    while path.count > 1, let last = path.last, inner.contains(withoutNumber(last)) {
      path.removeLast()
    }
    guard path.count > 1 else { return path.first.map { (scope: nil, layer: $0) } }
    let scope = path[0]
    while path.count > 1, path[0] == scope { path.removeFirst() }
    return (scope: scope, layer: path.joined(separator: "/"))
  }

  /// Takes away the number that Keras 3 adds to every name of a model that is called once more.
  ///
  /// `net_1/conv_1/…` comes from the layer `conv`, where each layer of `net_1` ends in `_1`; a
  /// single one that does not shows that the numbers are the user's own.
  ///
  /// - Parameter names: The tensors' names, one each node.
  /// - Returns: The layers, in the same order.
  static func layers(ofTensors names: [String]) -> [String?] {
    let parsed = names.map(parse)
    var ownNumbers: Set<String> = []
    for case .some(let (scope?, layer)) in parsed {
      guard let suffix = suffix(of: scope), layer.prefix(while: { $0 != "/" }).hasSuffix(suffix)
      else {
        ownNumbers.insert(scope)
        continue
      }
    }
    return parsed.map { entry in
      guard let entry else { return nil }
      guard let scope = entry.scope, !ownNumbers.contains(scope), let suffix = suffix(of: scope)
      else { return entry.layer }
      let path = entry.layer.split(separator: "/").map { part in
        part.hasSuffix(suffix) && part.count > suffix.count ? part.dropLast(suffix.count) : part
      }
      return path.joined(separator: "/")
    }
  }

  private static let weighted: Set<String> = [
    "Conv2D", "Conv3D", "convolution", "depthwise", "MatMul", "BatchMatMulV", "Tensordot",
    "conv_transpose", "Conv2DBackpropInput", "einsum", "Einsum",
  ]

  private static let inner: Set<String> = [
    "batchnorm", "BiasAdd", "ReadVariableOp", "Conv2D", "MatMul", "Tensordot", "moments",
    "einsum", "conv_transpose", "FusedBatchNormV", "Cast", "Reshape", "strided_slice",
  ]

  private static func components(of part: Substring) -> [String] {
    let path = part.split(separator: "/").map(String.init)
    return Array(path.drop { $0.hasPrefix("StatefulPartitionedCall") || $0 == "PartitionedCall" })
  }

  private static func operation(_ path: [String]) -> String {
    path.last.map(withoutNumber) ?? ""
  }

  /// The name without the digits (and `_`) that converters add to make names differ.
  private static func withoutNumber(_ name: String) -> String {
    var end = name.endIndex
    while end > name.startIndex, name[name.index(before: end)].isNumber {
      end = name.index(before: end)
    }
    if end < name.endIndex, end > name.startIndex, name[name.index(before: end)] == "_" {
      end = name.index(before: end)
    }
    return String(name[..<end])
  }

  /// `_1` of `net_1`.
  private static func suffix(of scope: String) -> String? {
    let bare = withoutNumber(scope)
    let suffix = scope.dropFirst(bare.count)
    return suffix.hasPrefix("_") ? String(suffix) : nil
  }
}
