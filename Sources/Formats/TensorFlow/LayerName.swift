/// Finds the layer of the user's own model in the names of nodes.
///
/// A name is a path of scopes: `model/conv1/Conv2D`, in functions preceded by the names of the calls:
/// `StatefulPartitionedCall/model/conv1/Conv2D`. Taken away are the calls, the operation, what lies
/// between it and the layer (`batchnorm`, `ReadVariableOp`, …), and the model's own name where every
/// path begins with it.
enum LayerName {
  /// The layers of nodes, in the same order; `nil` where a name does not tell.
  static func layers(of names: [String]) -> [String?] {
    let paths = names.map(path)
    var model: Substring?
    var isShared = true
    for path in paths where !path.isEmpty {
      guard path.count > 1, model == nil || model == path[0] else {
        isShared = false
        break
      }
      model = path[0]
    }
    let suffix = isShared ? model.flatMap(number) : nil
    let strips =
      suffix.map { suffix in paths.allSatisfy { $0.isEmpty || $0[1].hasSuffix(suffix) } } ?? false
    return paths.map { path in
      guard !path.isEmpty else { return nil }
      guard isShared else { return path.joined(separator: "/") }
      return path.dropFirst().map { part -> Substring in
        // Keras 3 adds the number of the call to the model's name and to each layer's.
        guard strips, let suffix, part.hasSuffix(suffix), part.count > suffix.count else {
          return part
        }
        return part.dropLast(suffix.count)
      }.joined(separator: "/")
    }
  }

  /// The scopes from the model to the layer.
  private static func path(_ name: String) -> [Substring] {
    var parts = name.split(separator: "/").filter {
      !$0.hasPrefix("StatefulPartitionedCall") && !$0.hasPrefix("PartitionedCall")
    }
    guard parts.count > 1 else { return [] }
    parts.removeLast()
    while parts.count > 1, let last = parts.last, inner.contains(withoutNumber(last)) {
      parts.removeLast()
    }
    return parts
  }

  private static let inner: Set<Substring> = [
    "batchnorm", "BiasAdd", "ReadVariableOp", "Conv2D", "Conv", "MatMul", "Tensordot", "moments",
    "einsum", "conv_transpose", "FusedBatchNormV", "Cast", "Reshape", "strided_slice",
    "convolution", "depthwise", "separable_conv", "Conv1D", "conv", "batch_norm",
  ]

  private static func withoutNumber(_ name: Substring) -> Substring {
    var rest = name
    while let last = rest.last, last.isNumber { rest = rest.dropLast() }
    if rest.count < name.count, rest.last == "_" { rest = rest.dropLast() }
    return rest.isEmpty ? name : rest
  }

  /// `_1` of `functional_1`.
  private static func number(_ name: Substring) -> Substring? {
    guard let place = name.lastIndex(of: "_") else { return nil }
    let digits = name[name.index(after: place)...]
    return !digits.isEmpty && digits.allSatisfy(\.isNumber) ? name[place...] : nil
  }
}
