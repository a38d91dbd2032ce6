import WireFormats

/// What a layer is called with.
indirect enum Argument {
  /// The result of another layer.
  case reference(LayerReference)
  /// A result that is computed already.
  case tensor(KerasTensor)
  case list([Argument])
  case literal(JSON5Node)

  /// The tensors in it, in order.
  var tensors: [KerasTensor] {
    switch self {
    case .tensor(let tensor): [tensor]
    case .list(let elements): elements.flatMap(\.tensors)
    case .reference, .literal: []
    }
  }

  /// The references in it, in order.
  var references: [LayerReference] {
    switch self {
    case .reference(let reference): [reference]
    case .list(let elements): elements.flatMap(\.references)
    case .tensor, .literal: []
    }
  }

  var literal: JSON5Node? {
    guard case .literal(let node) = self else { return nil }
    return node
  }

  /// The same with references replaced.
  func resolved(_ known: [LayerReference: KerasTensor]) -> Argument {
    switch self {
    case .reference(let reference): known[reference].map(Argument.tensor) ?? self
    case .list(let elements): .list(elements.map { $0.resolved(known) })
    case .tensor, .literal: self
    }
  }
}

/// One call of a layer: positional arguments and named ones.
struct LayerCall {
  var arguments: [Argument]
  var named: [(name: String, value: Argument)]

  var references: [LayerReference] {
    arguments.flatMap(\.references) + named.flatMap(\.value.references)
  }

  func resolved(_ known: [LayerReference: KerasTensor]) -> LayerCall {
    LayerCall(
      arguments: arguments.map { $0.resolved(known) },
      named: named.map { (name: $0.name, value: $0.value.resolved(known)) }
    )
  }

  var tensors: [KerasTensor] { arguments.flatMap(\.tensors) + named.flatMap(\.value.tensors) }
}

// MARK: - Reading

extension LayerCall {
  /// Reads an entry of `inbound_nodes`.
  ///
  /// Keras 3 writes `{args, kwargs}` with tensors as objects; Keras 2 a list of
  /// `[layer, call, output, kwargs]`, or one such entry without the list around it.
  init(_ node: JSON5Node, layers: Set<String>) {
    if node.members != nil {
      arguments = (node["args"]?.list ?? []).map(Self.modern)
      named = (node["kwargs"]?.members ?? []).map {
        (name: $0.name, value: Self.modern($0.value))
      }
      return
    }
    let entries = node.list ?? []
    let isSingle = entries.first?.text != nil
    var tensors: [Argument] = []
    named = []
    for entry in isSingle ? [node] : entries {
      let parts = entry.list ?? []
      if let reference = Self.reference(parts) {
        tensors.append(.reference(reference))
      } else if parts.count >= 3, parts[0].text == "_CONSTANT_VALUE" {
        tensors.append(.literal(parts[2]))
      }
      guard parts.count > 3, let members = parts[3].members else { continue }
      for member in members where !named.contains(where: { $0.name == member.name }) {
        named.append((name: member.name, value: Self.legacy(member.value, layers)))
      }
    }
    arguments = tensors.count == 1 || isSingle ? tensors : [.list(tensors)]
  }

  /// `[layer, call, output]`, with anything behind it.
  static func reference(_ parts: [JSON5Node]) -> LayerReference? {
    guard parts.count >= 3, let layer = parts[0].text, let call = parts[1].integer,
      let output = parts[2].integer, call >= 0, output >= 0
    else { return nil }
    return LayerReference(layer: layer, call: call, output: output)
  }

  private static func modern(_ node: JSON5Node) -> Argument {
    if node["class_name"]?.text == "__keras_tensor__",
      let history = node["config"]?["keras_history"]?.list, let reference = reference(history)
    {
      return .reference(reference)
    }
    if let list = node.list {
      let elements = list.map(modern)
      return elements.contains { !$0.references.isEmpty } ? .list(elements) : .literal(node)
    }
    return .literal(node)
  }

  /// A named argument of Keras 2, in which a list of three may be a tensor.
  private static func legacy(_ node: JSON5Node, _ layers: Set<String>) -> Argument {
    guard let list = node.list else { return .literal(node) }
    if list.count == 3 || list.count == 4, let reference = reference(list),
      layers.contains(reference.layer)
    {
      return .reference(reference)
    }
    let elements = list.map { legacy($0, layers) }
    return elements.contains { !$0.references.isEmpty } ? .list(elements) : .literal(node)
  }
}
