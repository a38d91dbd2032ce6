import ByteIO
import ModelIR
import WireFormats

/// An attribute with its name in the file and its value before lowering.
struct SourceAttribute {
  var name: String
  var value: AttributeValue
  /// Where it stands.
  var offset: Int
}

/// Attributes: references to those of a function replaced, tensors and graphs read.
extension ONNXLoader {
  /// An attribute after references are followed, and the scope of the names in it.
  struct ResolvedAttribute {
    var name: Bytes
    var attribute: AttributeProto
    var scope: Int
    /// Whether the bytes of the value have their labels already.
    var isClaimed: Bool
  }

  /// Reads an attribute; where it refers to one of the function around it, takes that one's value.
  ///
  /// - Returns: `nil` where it refers to one that the caller left out and that has no default.
  mutating func resolve(
    attribute message: ProtobufMessage,
    scope: Int
  ) throws(ReadError) -> ResolvedAttribute? {
    let attribute = try AttributeProto(message, book: &book)
    guard let name = attribute.name, !name.isEmpty else {
      throw ReadError(.modelInvalid, "an attribute has no name", at: message.bytes.offset)
    }
    guard let reference = attribute.reference, !reference.isEmpty else {
      return ResolvedAttribute(
        name: name,
        attribute: attribute,
        scope: scope,
        isClaimed: book.isPaused
      )
    }
    guard let binding = scopes[scope].bindings[NameKey(reference)] else { return nil }
    guard
      attribute.type == 0 || binding.attribute.type == 0 || attribute.type == binding.attribute.type
    else {
      throw ReadError(
        .modelInvalid,
        "attribute \"\(name.excerpt)\" takes its value from \"\(reference.excerpt)\", which is of"
          + " another type",
        at: message.bytes.offset
      )
    }
    return ResolvedAttribute(
      name: name,
      attribute: binding.attribute,
      scope: binding.scope,
      isClaimed: binding.isClaimed
    )
  }

  /// All attributes of a node, in the order of the file.
  mutating func sourceAttributes(
    of proto: NodeProto,
    isWeights: Bool,
    path: String,
    scope: Int
  ) throws(ReadError) -> [SourceAttribute] {
    guard !proto.attributes.isEmpty else { return [] }
    guard proto.attributes.count <= limits.attributes else {
      throw ReadError(
        .limitExceeded,
        "a node has \(proto.attributes.count) attributes, more than the limit of"
          + " \(limits.attributes)",
        at: proto.range.lowerBound,
        hint: "--limit attributes=\(proto.attributes.count) allows it"
      )
    }
    var result: [SourceAttribute] = []
    result.reserveCapacity(proto.attributes.count)
    for (index, message) in proto.attributes.enumerated() {
      try located("attribute[\(index)]") { () throws(ReadError) in
        guard let resolved = try resolve(attribute: message, scope: scope) else { return }
        let name = resolved.name.name(limit: 256)
        guard !result.contains(where: { $0.name == name }) else {
          throw ReadError(
            .modelInvalid,
            "attribute \"\(resolved.name.excerpt)\" is given twice",
            at: message.bytes.offset
          )
        }
        let wasPaused = book.isPaused
        book.isPaused = resolved.isClaimed
        defer { book.isPaused = wasPaused }
        if isWeights { claimLists(of: resolved.attribute) }
        let value = try value(resolved, path: "\(path).attribute[\(index)]")
        guard let value else { return }
        result.append(SourceAttribute(name: name, value: value, offset: message.bytes.offset))
      }
    }
    return result
  }

  /// Operators of classical machine learning keep their parameters in lists.
  private mutating func claimLists(of attribute: AttributeProto) {
    guard !attribute.floats.isEmpty || !attribute.ints.isEmpty || !attribute.strings.isEmpty
    else { return }
    for payload in attribute.payloads { book.claim(payload, as: .weights) }
  }

  private mutating func value(
    _ resolved: ResolvedAttribute,
    path: String
  ) throws(ReadError) -> AttributeValue? {
    let attribute = resolved.attribute
    switch attribute.type == 0 ? inferredType(attribute) : attribute.type {
    case 1: return .float(Double(attribute.float ?? 0))
    case 2: return .int(attribute.int ?? 0)
    case 3: return .string(attribute.string?.string ?? "")
    case 4:
      guard let message = attribute.tensor else { throw missing(resolved, "t") }
      let tensor = try TensorProto(message, book: &book)
      return .tensor(try constant(tensor, owner: nil))
    case 5:
      guard let message = attribute.graph else { throw missing(resolved, "g") }
      return .graph(try graph(message, path: path + ".g", scope: resolved.scope))
    case 6: return .floats(attribute.floats.map(Double.init))
    case 7: return .ints(attribute.ints)
    case 8: return .strings(attribute.strings.map(\.string))
    case 9: return nil
    case 10:
      var graphs: [GraphID] = []
      for (index, message) in attribute.graphs.enumerated() {
        graphs.append(
          try graph(message, path: path + ".graphs[\(index)]", scope: resolved.scope)
        )
      }
      return .graphs(graphs)
    case 11:
      guard let message = attribute.sparseTensor else { throw missing(resolved, "sparse_tensor") }
      let sparse = try SparseTensorProto(message, book: &book)
      return .tensor(try dense(sparse, owner: nil).constant)
    case 13:
      guard let message = attribute.typeProto else { throw missing(resolved, "tp") }
      let info = try ValueInfo(type: message, book: &book)
      guard !info.isOpaque, let type = info.elementType else { return .type(.variant) }
      return .type(DataType.elementType(type) ?? .unknown)
    default: return nil
    }
  }

  private mutating func graph(
    _ message: ProtobufMessage,
    path: String,
    scope: Int
  ) throws(ReadError) -> GraphID {
    try located("g") { () throws(ReadError) in
      try buildGraph(message, parent: scope, path: path, opsets: scopes[scope].opsets)
    }
  }

  private func missing(_ resolved: ResolvedAttribute, _ field: String) -> ReadError {
    ReadError(
      .modelInvalid,
      "attribute \"\(resolved.name.excerpt)\" has no value in its field \(field)",
      at: resolved.name.offset
    )
  }

  /// The type of an attribute in files that do not state it (IR version 1).
  private func inferredType(_ attribute: AttributeProto) -> Int {
    if attribute.float != nil { return 1 }
    if attribute.int != nil { return 2 }
    if attribute.string != nil { return 3 }
    if attribute.tensor != nil { return 4 }
    if attribute.graph != nil { return 5 }
    if !attribute.floats.isEmpty { return 6 }
    if !attribute.strings.isEmpty { return 8 }
    if !attribute.graphs.isEmpty { return 10 }
    if attribute.sparseTensor != nil { return 11 }
    if attribute.typeProto != nil { return 13 }
    return 7
  }
}
