import ByteIO
import ModelIR
import WireFormats

/// Local functions: each call is replaced by the nodes of the function.
extension ONNXLoader {
  /// Remembers a function by the operator that it defines.
  mutating func declareFunction(
    _ field: ProtobufField,
    index: Int
  ) throws(ReadError) {
    let function = try FunctionProto(field, book: &book)
    guard let name = function.name, !name.isEmpty else {
      throw ReadError(.modelInvalid, "a function has no name", at: field.range.lowerBound)
    }
    let key = FunctionKey(
      domain: ModelHeader.normalised(domain: function.domain?.string ?? ""),
      name: name.string,
      overload: function.overload?.string ?? ""
    )
    guard functionsByKey.updateValue(index, forKey: key) == nil else {
      throw ReadError(
        .modelInvalid,
        "function \"\(name.excerpt)\" is defined twice",
        at: name.offset
      )
    }
    functions.append(function)
  }

  /// The function that a node calls, if any; it comes before an operator of the same name.
  func function(_ domain: String, _ name: String, _ overload: Bytes?) -> Int? {
    functionsByKey[
      FunctionKey(domain: domain, name: name, overload: overload?.string ?? "")
    ]
  }

  /// Adds the nodes of a function in place of a call.
  mutating func inline(
    _ index: Int,
    _ call: NodeProto,
    path: String,
    scope: Int
  ) throws(ReadError) {
    let function = functions[index]
    let name = function.name?.excerpt ?? ""
    guard !scopes.contains(where: { $0.function == index }) else {
      throw ReadError(
        .modelInvalid,
        "function \"\(name)\" calls itself",
        at: call.range.lowerBound
      )
    }
    try checkScopeDepth(at: call.range.lowerBound)
    let callName = nodeName(call, name, index: index, scope: scope)
    try charge(function, prefix: callName, at: call.range.lowerBound)
    guard call.inputs.count <= function.inputs.count,
      call.outputs.count <= function.outputs.count
    else {
      throw ReadError(
        .modelInvalid,
        "function \"\(name)\" has \(function.inputs.count) operands and"
          + " \(function.outputs.count) results; it is called with \(call.inputs.count) and"
          + " \(call.outputs.count)",
        at: call.range.lowerBound
      )
    }
    tally.inlinedCalls += 1
    tally.inlinedNodes += function.nodes.count
    // Bytes are labelled once, however often the function is called.
    let wasPaused = book.isPaused
    var inner = try callScope(function, index, call, scope: scope)
    book.isPaused = wasPaused || function.isUsed
    functions[index].isUsed = true
    defer { book.isPaused = wasPaused }
    inner.prefix = callName + "/"
    inner.layer = layers.layer(ofNode: callName) ?? scopes[scope].layer
    inner.path = "functions[\(index)]"
    let innerScope = scopes.count
    scopes.append(inner)
    defer { scopes.removeLast() }
    try located("functions[\(index)]") { () throws(ReadError) in
      try emitBody(function, call, scope: innerScope, caller: scope)
    }
  }

  /// Takes what a call will need from what inlining may take; the product of calls in calls grows
  /// without bound from a small file otherwise.
  private mutating func charge(
    _ function: FunctionProto,
    prefix: String,
    at offset: Int
  ) throws(ReadError) {
    // What a node and its value take in memory, and the call's name before each of their names.
    let bytesPerNode = 256 + 2 * prefix.utf8.count
    let (nodes, overflow) = function.nodes.count.multipliedReportingOverflow(by: bytesPerNode)
    let (cost, costOverflow) = nodes.addingReportingOverflow(
      function.range.count + bytesPerNode
    )
    guard !overflow, !costOverflow, cost <= inlinedBytesLeft else {
      throw ReadError(
        .limitExceeded,
        "inlining local functions would take more than the file could justify",
        at: offset,
        hint: "--limit metadata-alloc=BYTES allows it"
      )
    }
    inlinedBytesLeft -= cost
  }

  /// The names that a call gives to the function: operands, results and attributes.
  private mutating func callScope(
    _ function: FunctionProto,
    _ index: Int,
    _ call: NodeProto,
    scope: Int
  ) throws(ReadError) -> Scope {
    var inner = Scope(
      graph: scopes[scope].graph,
      function: index,
      path: "",
      opsets: scopes[scope].opsets
    )
    for (position, name) in function.inputs.enumerated() {
      var actual: ValueID?
      if call.inputs.indices.contains(position), !call.inputs[position].isEmpty {
        do throws(ReadError) {
          actual = try resolve(NameKey(call.inputs[position]), scope: scope)
        } catch {
          guard error.code == .modelInvalid else { throw error }
          throw operandError(call.inputs[position], function.name?.excerpt ?? "", error)
            .inside("input[\(position)]")
        }
      }
      guard inner.values.updateValue(actual, forKey: NameKey(name)) == nil else {
        throw ReadError(
          .modelInvalid,
          "the name \"\(name.excerpt)\" is given to two values",
          at: name.offset
        )
      }
    }
    for message in function.opsets {
      let (domain, version) = try ModelHeader.operatorSet(message)
      inner.opsets[domain] = version
    }
    let wasPaused = book.isPaused
    let isRead = wasPaused || function.isUsed
    book.isPaused = isRead
    for message in function.defaults {
      let attribute = try AttributeProto(message, book: &book)
      guard let name = attribute.name else { continue }
      inner.bindings[NameKey(name)] = AttributeBinding(
        attribute: attribute,
        scope: scope,
        isClaimed: isRead
      )
    }
    book.isPaused = wasPaused
    for message in call.attributes {
      guard let resolved = try resolve(attribute: message, scope: scope) else { continue }
      inner.bindings[NameKey(resolved.name)] = AttributeBinding(
        attribute: resolved.attribute,
        scope: resolved.scope,
        isClaimed: resolved.isClaimed
      )
    }
    return inner
  }

  private mutating func emitBody(
    _ function: FunctionProto,
    _ call: NodeProto,
    scope: Int,
    caller: Int
  ) throws(ReadError) {
    // What the function calls its results are the values that the caller has declared.
    var results: [NameKey: ValueID] = [:]
    for (formal, actual) in zip(function.outputs, call.outputs) where !actual.isEmpty {
      guard let known = scopes[caller].values[NameKey(actual)] ?? nil else { continue }
      results[NameKey(formal)] = known
    }
    var computed: Set<NameKey> = []
    for message in function.nodes {
      for name in try NodeProto.outputs(of: message) where !name.isEmpty {
        let key = NameKey(name)
        computed.insert(key)
        if let result = results[key], scopes[scope].values[key] == nil {
          scopes[scope].values[key] = .some(result)
        } else {
          try declare(
            name,
            Value(name: displayName(name, scope: scope), type: .unknown, shape: .unknownRank),
            scope: scope
          )
        }
      }
    }
    for (index, info) in function.valueInfos.enumerated() {
      try located("value_info[\(index)]") { () throws(ReadError) in
        try apply(valueInfo: try ValueInfo(info, book: &book), scope: scope)
      }
    }
    for (index, node) in function.nodes.enumerated() {
      try located("node[\(index)]") { () throws(ReadError) in
        try emit(node, index: index, scope: scope)
      }
    }
    for formal in function.outputs {
      let key = NameKey(formal)
      guard !computed.contains(key), let result = results[key] else { continue }
      try passThrough(formal, to: result, scope: scope)
    }
  }

  /// A result of a function that is one of its operands becomes an identity.
  private mutating func passThrough(
    _ formal: Bytes,
    to result: ValueID,
    scope: Int
  ) throws(ReadError) {
    guard case .some(let operand) = scopes[scope].values[NameKey(formal)] else {
      throw ReadError(
        .modelInvalid,
        "the function does not compute its result \"\(formal.excerpt)\"",
        at: formal.offset
      )
    }
    try countNode()
    let graph = scopes[scope].graph.index
    graphs[graph].nodes.append(
      Node(
        name: graphs[graph][result].name,
        op: .known("identity"),
        inputs: [operand],
        outputs: [result],
        origin: Origin(sourceType: "Identity", path: scopes[scope].path)
      )
    )
  }
}
