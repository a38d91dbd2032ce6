import ByteIO
import ModelIR
import WireFormats

/// Graphs: first the names of all values, then the nodes that connect them.
extension ONNXLoader {
  /// Reads a graph and those inside its nodes.
  ///
  /// The call nests as deep as graphs do, which `ProtobufMessage.maximumDepth` bounds.
  ///
  /// - Parameters:
  ///   - message: The graph.
  ///   - parent: The scope around it, whose names it sees.
  ///   - path: Its place in the file's structure.
  ///   - opsets: The versions of operator sets.
  /// - Returns: Its number in the model.
  /// - Throws: `ReadError` with the place in the file.
  mutating func buildGraph(
    _ message: ProtobufMessage,
    parent: Int?,
    path: String,
    opsets: [String: Int]
  ) throws(ReadError) -> GraphID {
    guard graphs.count < limits.graphs else {
      throw limitExceeded("subgraphs", graphs.count + 1, limits.graphs)
    }
    try checkScopeDepth(at: message.bytes.offset)
    let proto = try GraphProto(message, book: &book)
    let graph = GraphID(graphs.count)
    graphs.append(Graph(name: proto.name?.name(limit: limits.nameBytes) ?? ""))
    let scope = scopes.count
    scopes.append(Scope(graph: graph, parent: parent, path: path, opsets: opsets))
    if let parent {
      scopes[scope].bindings = scopes[parent].bindings
      scopes[scope].prefix = scopes[parent].prefix
      scopes[scope].layer = scopes[parent].layer
    }
    defer { scopes.removeLast() }
    try reserve(proto, scope: scope)
    for (index, initializer) in proto.initializers.enumerated() {
      try located("initializer[\(index)]") { () throws(ReadError) in
        try declare(initializer: initializer, scope: scope)
      }
    }
    for (index, initializer) in proto.sparseInitializers.enumerated() {
      try located("sparse_initializer[\(index)]") { () throws(ReadError) in
        try declare(sparseInitializer: initializer, scope: scope)
      }
    }
    for (index, input) in proto.inputs.enumerated() {
      try located("input[\(index)]") { () throws(ReadError) in
        try declare(input: input, scope: scope)
      }
    }
    for (index, node) in proto.nodes.enumerated() {
      try located("node[\(index)]") { () throws(ReadError) in
        try declareOutputs(of: node, scope: scope)
      }
    }
    for (index, info) in (proto.valueInfos).enumerated() {
      try located("value_info[\(index)]") { () throws(ReadError) in
        try apply(valueInfo: try ValueInfo(info, book: &book), scope: scope)
      }
    }
    for (index, node) in proto.nodes.enumerated() {
      try located("node[\(index)]") { () throws(ReadError) in
        try emit(node, index: index, scope: scope)
      }
    }
    for (index, output) in proto.outputs.enumerated() {
      try located("output[\(index)]") { () throws(ReadError) in
        try add(output: output, scope: scope)
      }
    }
    for annotation in proto.annotations { try apply(annotation: annotation, scope: scope) }
    try sortNodes(of: graph)
    return graph
  }

  /// Makes room for what the graph lists, each of which is in the file.
  private mutating func reserve(_ proto: GraphProto, scope: Int) throws(ReadError) {
    guard proto.nodes.count <= limits.nodes else {
      throw limitExceeded("nodes", proto.nodes.count, limits.nodes)
    }
    let tensors = proto.initializers.count + proto.inputs.count
    guard tensors <= limits.tensors else {
      throw limitExceeded("tensors", tensors, limits.tensors)
    }
    let graph = scopes[scope].graph.index
    graphs[graph].nodes.reserveCapacity(proto.nodes.count)
    graphs[graph].values.reserveCapacity(proto.nodes.count + tensors)
    scopes[scope].values.reserveCapacity(proto.nodes.count + tensors)
  }

  /// Graphs and functions inside each other cannot be deeper than messages can.
  func checkScopeDepth(at offset: Int) throws(ReadError) {
    guard scopes.count < ProtobufMessage.maximumDepth else {
      throw ReadError(
        .limitExceeded,
        "graphs and functions are nested deeper than \(ProtobufMessage.maximumDepth) levels",
        at: offset
      )
    }
  }

  /// Adds a value to the scope's graph under a name.
  ///
  /// - Throws: `MODEL_INVALID` where the scope has the name already.
  @discardableResult
  mutating func declare(
    _ name: Bytes,
    _ value: Value,
    scope: Int
  ) throws(ReadError) -> ValueID {
    let id = try append(value, scope: scope)
    guard scopes[scope].values.updateValue(id, forKey: NameKey(name)) == nil else {
      throw ReadError(
        .modelInvalid,
        "the name \"\(name.excerpt)\" is given to two values",
        at: name.offset
      )
    }
    return id
  }

  /// Adds a value to the scope's graph; counts it.
  mutating func append(_ value: Value, scope: Int) throws(ReadError) -> ValueID {
    tally.values += 1
    guard tally.values <= limits.tensors else {
      throw limitExceeded("tensors", tally.values, limits.tensors)
    }
    try countText(value.name.utf8.count)
    return graphs[scopes[scope].graph.index].append(value)
  }

  /// The name of a value as the report shows it.
  func displayName(_ name: Bytes, scope: Int) -> String {
    let text = name.name(limit: limits.nameBytes)
    return scopes[scope].prefix.isEmpty ? text : scopes[scope].prefix + text
  }

  private mutating func declare(
    initializer message: ProtobufMessage,
    scope: Int
  ) throws(ReadError) {
    let tensor = try TensorProto(message, book: &book)
    guard let name = tensor.name, !name.isEmpty else {
      throw ReadError(.modelInvalid, "an initializer has no name", at: message.bytes.offset)
    }
    let id = try declare(
      name,
      Value(name: displayName(name, scope: scope), type: .unknown, shape: .unknownRank),
      scope: scope
    )
    let graph = scopes[scope].graph
    let constant = try constant(tensor, owner: LedgerOwner(graph: graph, value: id))
    graphs[graph.index][id].set(constant)
  }

  private mutating func declare(
    sparseInitializer message: ProtobufMessage,
    scope: Int
  ) throws(ReadError) {
    let proto = try SparseTensorProto(message, book: &book)
    guard let name = proto.values.name, !name.isEmpty else {
      throw ReadError(.modelInvalid, "a sparse initializer has no name", at: message.bytes.offset)
    }
    let id = try declare(
      name,
      Value(name: displayName(name, scope: scope), type: .unknown, shape: .unknownRank),
      scope: scope
    )
    let graph = scopes[scope].graph
    let sparse = try dense(proto, owner: LedgerOwner(graph: graph, value: id))
    graphs[graph.index][id].set(sparse.constant)
    graphs[graph.index][id].sparsity = sparse.sparsity
  }

  private mutating func declare(
    input message: ProtobufMessage,
    scope: Int
  ) throws(ReadError) {
    let info = try ValueInfo(message, book: &book)
    guard let name = info.name, !name.isEmpty else {
      throw ReadError(.modelInvalid, "an input has no name", at: message.bytes.offset)
    }
    let graph = scopes[scope].graph.index
    if case .some(.some(let known)) = scopes[scope].values[NameKey(name)],
      graphs[graph][known].isConstant
    {
      tally.initializersAsInputs += 1
      return
    }
    let id = try declare(
      name,
      Value(name: displayName(name, scope: scope), type: .unknown, shape: .unknownRank),
      scope: scope
    )
    try apply(valueInfo: info, scope: scope)
    graphs[graph].inputs.append(id)
  }

  /// Declares what a node computes.
  mutating func declareOutputs(
    of message: ProtobufMessage,
    scope: Int
  ) throws(ReadError) {
    for name in try NodeProto.outputs(of: message) where !name.isEmpty {
      try declare(
        name,
        Value(name: displayName(name, scope: scope), type: .unknown, shape: .unknownRank),
        scope: scope
      )
    }
  }

  private mutating func add(
    output message: ProtobufMessage,
    scope: Int
  ) throws(ReadError) {
    let info = try ValueInfo(message, book: &book)
    guard let name = info.name, !name.isEmpty else {
      throw ReadError(.modelInvalid, "an output has no name", at: message.bytes.offset)
    }
    guard let id = try resolve(NameKey(name), scope: scope) else {
      throw ReadError(
        .modelInvalid,
        "nothing computes the output \"\(name.excerpt)\"",
        at: name.offset
      )
    }
    try apply(valueInfo: info, scope: scope)
    graphs[scopes[scope].graph.index].outputs.append(id)
  }

  /// What a name stands for in a scope.
  ///
  /// A name of a graph further out becomes a capture of every graph in between.
  ///
  /// - Returns: The value in the scope's graph; `nil` for an operand that a function's caller left
  ///   out.
  /// - Throws: `MODEL_INVALID` where nothing has the name.
  mutating func resolve(_ name: NameKey, scope: Int) throws(ReadError) -> ValueID? {
    // Outwards to the scope that has the name, then inwards again, capturing.
    var chain = [scope]
    var found: ValueID?? = scopes[scope].values[name]
    while found == nil, let last = chain.last, let parent = scopes[last].parent {
      chain.append(parent)
      found = scopes[parent].values[name]
    }
    guard let found else {
      throw ReadError(
        .modelInvalid,
        "nothing is named \"\(name.bytes.excerpt)\"",
        at: name.bytes.offset
      )
    }
    guard var value = found else { return nil }
    for (outer, inner) in zip(chain.reversed(), chain.reversed().dropFirst()) {
      let outerGraph = graphs[scopes[outer].graph.index]
      var copy = outerGraph[value]
      copy.content = .activation
      let captured = try append(copy, scope: inner)
      graphs[scopes[inner].graph.index].captures.append(
        Graph.Capture(outer: value, inner: captured)
      )
      scopes[inner].values[name] = .some(captured)
      value = captured
    }
    return value
  }
}

extension Value {
  /// Makes the value a constant.
  mutating func set(_ constant: ConstantTensor) {
    type = constant.type
    shape = .fixed(constant.sizes)
    content = .constant(constant.storage)
  }
}
