import ByteIO
import ModelIR
import WireFormats

/// Nodes: lowered, folded where they are constants, inlined where they call a local function.
extension ONNXLoader {
  /// Reads a node and adds what it stands for to the scope's graph.
  mutating func emit(
    _ message: ProtobufMessage,
    index: Int,
    scope: Int
  ) throws(ReadError) {
    let proto = try NodeProto(message, book: &book)
    guard let opType = proto.opType, !opType.isEmpty else {
      throw ReadError(.modelInvalid, "a node names no operator", at: proto.range.lowerBound)
    }
    let operatorName = opType.name(limit: limits.nameBytes)
    let domain = ModelHeader.normalised(domain: proto.domain?.name(limit: 256) ?? "")
    let path = "\(scopes[scope].path).node[\(index)]"
    if !functions.isEmpty,
      let function = function(domain, operatorName, proto.overload)
    {
      return try inline(function, proto, path: path, scope: scope)
    }
    if domain.isEmpty, operatorName == "Constant" {
      return try fold(constant: proto, scope: scope)
    }
    try countNode()
    let version = scopes[scope].opsets[domain]
    if version == nil { tally.domainsWithoutOpset.insert(domain) }
    let source = try sourceAttributes(
      of: proto,
      isWeights: domain == "ai.onnx.ml",
      path: path,
      scope: scope
    )
    let inputs = try operands(proto, operatorName, scope: scope)
    let name = nodeName(proto, operatorName, index: index, scope: scope)
    try countText(name.utf8.count + path.utf8.count)
    let sourceType = domain.isEmpty ? operatorName : domain + "." + operatorName
    let kind: OperatorKind
    let attributes: Attributes
    if let row = OperatorTable.row(domain: domain, operator: operatorName) {
      (kind, attributes) = try row.lower(
        source,
        version: version ?? NewestKnown.opset,
        operandCount: inputs.count,
        node: name,
        at: proto.range.lowerBound
      )
    } else {
      tally.unknownOperators[sourceType, default: 0] += 1
      kind = .unknown(sourceType)
      attributes = OperatorLowering.unnamed(source)
    }
    let outputs = results(proto, scope: scope)
    graphs[scopes[scope].graph.index].nodes.append(
      Node(
        name: name,
        op: kind,
        attributes: attributes,
        inputs: inputs,
        outputs: outputs,
        origin: Origin(
          sourceType: sourceType,
          sourceVersion: version,
          layer: proto.moduleScopes.flatMap { LayerName.layer(inScopes: $0.name(limit: 4_096)) }
            ?? layers.layer(ofNode: name) ?? scopes[scope].layer,
          path: path,
          byteRange: proto.range
        )
      )
    )
  }

  /// Counts the text that is kept.
  mutating func countText(_ byteCount: Int) throws(ReadError) {
    tally.nameBytes += byteCount
    guard tally.nameBytes <= limits.allNameBytes else {
      throw limitExceeded("all-names-bytes", tally.nameBytes, limits.allNameBytes)
    }
  }

  /// Counts a node, of the file or inlined.
  mutating func countNode() throws(ReadError) {
    tally.nodes += 1
    guard tally.nodes <= limits.nodes else {
      throw limitExceeded("nodes", tally.nodes, limits.nodes)
    }
  }

  /// The operands; one with an empty name is left out.
  func operandError(_ name: Bytes, _ operatorName: String, _ error: ReadError) -> ReadError {
    var copy = error
    copy.message = "a node (\(operatorName)) reads \"\(name.excerpt)\", which nothing gives"
    return copy
  }

  private mutating func operands(
    _ proto: NodeProto,
    _ operatorName: String,
    scope: Int
  ) throws(ReadError) -> [ValueID?] {
    var result: [ValueID?] = []
    result.reserveCapacity(proto.inputs.count)
    for (index, name) in proto.inputs.enumerated() {
      guard !name.isEmpty else {
        result.append(nil)
        continue
      }
      let key = NameKey(name)
      if case .some(let known) = scopes[scope].values[key] {
        result.append(known)
        continue
      }
      do throws(ReadError) {
        result.append(try resolve(key, scope: scope))
      } catch {
        guard error.code == .modelInvalid else { throw error }
        throw operandError(name, operatorName, error).inside("input[\(index)]")
      }
    }
    return result
  }

  /// The results, which were declared before.
  private func results(_ proto: NodeProto, scope: Int) -> [ValueID?] {
    proto.outputs.map { name in
      name.isEmpty ? nil : scopes[scope].values[NameKey(name)] ?? nil
    }
  }

  /// The node's name, or one made from its first result, or from its operator.
  func nodeName(
    _ proto: NodeProto,
    _ operatorName: String,
    index: Int,
    scope: Int
  ) -> String {
    if let name = proto.name, !name.isEmpty { return displayName(name, scope: scope) }
    if let output = proto.outputs.first(where: { !$0.isEmpty }) {
      return displayName(output, scope: scope)
    }
    return scopes[scope].prefix + "\(operatorName)_\(index)"
  }

  /// Makes the result of a `Constant` node a constant; no node remains.
  private mutating func fold(constant proto: NodeProto, scope: Int) throws(ReadError) {
    guard proto.inputs.allSatisfy(\.isEmpty), proto.outputs.count == 1,
      let output = proto.outputs.first,
      case .some(.some(let id)) = scopes[scope].values[NameKey(output)]
    else {
      throw ReadError(
        .modelInvalid,
        "a Constant node has no operands and one result; this one has"
          + " \(proto.inputs.count) and \(proto.outputs.count)",
        at: proto.range.lowerBound
      )
    }
    let graph = scopes[scope].graph
    let owner = LedgerOwner(graph: graph, value: id)
    for (index, message) in proto.attributes.enumerated() {
      let folded = try located("attribute[\(index)]") { () throws(ReadError) in
        try constant(attribute: message, owner: owner, scope: scope)
      }
      guard let folded else { continue }
      graphs[graph.index][id].set(folded.constant)
      graphs[graph.index][id].sparsity = folded.sparsity
      return
    }
    throw ReadError(
      .modelInvalid,
      "the Constant node of \"\(output.excerpt)\" has no value",
      at: proto.range.lowerBound
    )
  }

  /// The constant that an attribute of a `Constant` node gives; `nil` where it gives none.
  private mutating func constant(
    attribute message: ProtobufMessage,
    owner: LedgerOwner,
    scope: Int
  ) throws(ReadError) -> (constant: ConstantTensor, sparsity: Sparsity?)? {
    guard let resolved = try resolve(attribute: message, scope: scope) else { return nil }
    let attribute = resolved.attribute
    let wasPaused = book.isPaused
    book.isPaused = resolved.isClaimed
    defer { book.isPaused = wasPaused }
    if let tensor = attribute.tensor {
      let proto = try TensorProto(tensor, book: &book)
      return (try constant(proto, owner: owner), nil)
    }
    if let sparse = attribute.sparseTensor {
      let (constant, sparsity) = try dense(
        try SparseTensorProto(sparse, book: &book),
        owner: owner
      )
      return (constant, sparsity)
    }
    guard let made = constant(scalars: attribute, named: resolved.name) else { return nil }
    for payload in attribute.payloads { book.claim(payload, as: .weights, owner: owner) }
    return (made, nil)
  }

  private func constant(scalars attribute: AttributeProto, named name: Bytes) -> ConstantTensor? {
    let fileBytes = attribute.payloads.reduce(0) { $0 + $1.count }
    func owned(_ type: ElementType, _ sizes: [Int], _ bytes: [UInt8]) -> ConstantTensor {
      let bytes = ByteSource(bytes, name: path).bytes
      return ConstantTensor(
        type: type,
        sizes: sizes,
        storage: .owned(bytes, fileBytes: fileBytes)
      )
    }
    func texts(_ sizes: [Int], _ texts: [Bytes]) -> ConstantTensor {
      ConstantTensor(
        type: .string,
        sizes: sizes,
        storage: .strings(texts.map(\.array), fileBytes: fileBytes)
      )
    }
    switch name.string {
    case "value_float":
      return owned(.float32, [], littleEndian((attribute.float ?? 0).bitPattern))
    case "value_int":
      return owned(.int64, [], littleEndian(attribute.int ?? 0))
    case "value_string":
      return texts([], attribute.string.map { [$0] } ?? [])
    case "value_floats":
      let bytes = attribute.floats.flatMap { littleEndian($0.bitPattern) }
      return owned(.float32, [attribute.floats.count], bytes)
    case "value_ints":
      return owned(.int64, [attribute.ints.count], attribute.ints.flatMap { littleEndian($0) })
    case "value_strings":
      return texts([attribute.strings.count], attribute.strings)
    default:
      return nil
    }
  }
}

/// The bytes of an integer, least significant first.
func littleEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
  (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}
