import ByteIO
import ModelIR
import WireFormats

/// Reads one model; holds what its parts have in common while it does.
struct TensorFlowLoader {
  let path: String
  let signature: String?
  let limits: TensorFlowLimits
  var ledger = ByteLedger.Builder()
  var metadata: [MetadataEntry] = []
  var signatures: [Signature] = []

  init(path: String, signature: String?, limits: TensorFlowLimits) {
    self.path = path
    self.signature = signature
    self.limits = limits
  }

  mutating func load(_ bytes: Bytes, directory: DirectoryHandle?) throws(ReadError) -> Model {
    guard let kind = FileKind(bytes) else {
      throw bytes.foreignContent
        ?? ReadError(.modelInvalid, "the file is no SavedModel, MetaGraph or GraphDef")
    }
    let name = directory == nil ? path : TensorFlowFormat.savedModelFile
    _ = ledger.add(LedgerFile(path: name, byteCount: bytes.count), bytes: bytes)
    var files = ModelFiles()
    if let directory { try files.read(directory, limits: limits, ledger: &ledger) }
    var meta: MetaGraphMessage?
    switch kind {
    case .graph: break
    case .metaGraph: meta = try MetaGraphMessage(ProtobufMessage(bytes))
    case .savedModel: meta = try chosenMetaGraph(bytes)
    }
    let message = try graphMessage(meta, bytes)
    let graph = try located(meta == nil ? "" : "graph_def") { () throws(ReadError) in
      try GraphMessage(message)
    }
    var variables = try files.variables()
    try variables.bind(graph)
    var builder = GraphBuilder(graph, limits: limits)
    builder.findings.missingShards = files.missingShards
    builder.findings.skippedEntries = files.skipped
    let call = try chosenSignature(meta, &builder)
    try prepare(call, graph: graph, &builder)
    try builder.finish()
    noteDangers(graph, &builder)
    var emitter = GraphEmitter(
      builder,
      constants: ConstantBook(fileBytes: bytes.count, limits: limits),
      variables: variables
    )
    try emitter.emit()
    clean(&emitter)
    nameLayers(&emitter)
    try claim(bytes, meta: meta, graph: graph, emitter: &emitter, files: files, variables)
    nameOutputs(call?.outputs.map(\.name) ?? outputs(of: graph), &emitter)
    let graphs = emitter.graphs.map(\.graph)
    for (index, graph) in graphs.enumerated() {
      try located("graphs[\(index)]") { () throws(ReadError) in
        try graph.checkInvariants(graphCount: graphs.count)
      }
    }
    if let call { bind(call, graphs[0]) }
    describe(meta, graph)
    return Model(
      format: meta == nil ? .graphDef : .savedModel,
      path: path,
      graphs: graphs,
      ledger: ledger.finish(),
      diagnostics: emitter.findings.diagnostics(),
      signatures: signatures,
      metadata: metadata
    )
  }

  private func graphMessage(
    _ meta: MetaGraphMessage?,
    _ bytes: Bytes
  ) throws(ReadError) -> ProtobufMessage {
    guard let meta else { return ProtobufMessage(bytes) }
    guard let graph = meta.graph else {
      throw ReadError(.modelInvalid, "the MetaGraph has no graph", at: meta.range.lowerBound)
    }
    return graph
  }

  /// The MetaGraph for inference: the one tagged `serve`, or the only one.
  private mutating func chosenMetaGraph(_ bytes: Bytes) throws(ReadError) -> MetaGraphMessage {
    var metas: [MetaGraphMessage] = []
    var fields = ProtobufMessage(bytes).fields
    while let field = try fields.next() {
      guard field.number == 2 else { continue }
      guard metas.count < 64 else {
        throw ReadError(.limitExceeded, "the file has more than 64 MetaGraphs")
      }
      metas.append(
        try located("meta_graphs[\(metas.count)]") { () throws(ReadError) in
          try MetaGraphMessage(try field.message("meta_graphs"))
        }
      )
    }
    guard
      let chosen = metas.first(where: { $0.tags == ["serve"] })
        ?? metas.first(where: { $0.tags.contains("serve") })
        ?? metas.first
    else { throw ReadError(.modelInvalid, "the SavedModel has no MetaGraph") }
    return chosen
  }

  /// The signature that the graph is made of; `nil` where there is none.
  private func chosenSignature(
    _ meta: MetaGraphMessage?,
    _ builder: inout GraphBuilder
  ) throws(ReadError) -> SignatureMessage? {
    let all = (meta?.signatures ?? []).filter { $0.name != "__saved_model_init_op" }
    if let signature {
      guard let found = all.first(where: { $0.name == signature }) else {
        let known = all.map { "\"\($0.name.prefix(96))\"" }.joined(separator: ", ")
        throw ReadError(
          .usage,
          "the model has no signature \"\(signature)\""
            + (known.isEmpty ? "" : "; it has \(known)")
        )
      }
      builder.findings.otherSignatures = all.map(\.name).filter { $0 != found.name }
      return found
    }
    let chosen =
      all.first { $0.name == "serving_default" } ?? all.first { $0.name == "serve" }
      ?? all.first { !$0.outputs.isEmpty }
    if let chosen {
      builder.findings.otherSignatures = all.map(\.name).filter { $0 != chosen.name }
    }
    return chosen
  }

  // MARK: - What is asked for

  /// Puts the main graph's inputs and outputs on the builder's list.
  private func prepare(
    _ call: SignatureMessage?,
    graph: GraphMessage,
    _ builder: inout GraphBuilder
  ) throws(ReadError) {
    let main = try builder.addDraft("main", parent: nil, owner: nil)
    if let call {
      for input in call.inputs {
        let (name, _) = LegacyControl.split(input.tensor)
        guard let node = graph.body.indices[String(name)] else {
          throw ReadError(
            .modelInvalid,
            "the signature's input \"\(input.name.prefix(96))\" is the tensor"
              + " \"\(input.tensor.prefix(96))\", which is not there"
          )
        }
        guard builder.placeholders[node] == nil else { continue }
        builder.placeholders[node] = builder.drafts[main].inputs.count
        var shape = Shape.unknownRank
        if let message = input.shape { shape = try readShape(message, limit: limits.rank) }
        builder.drafts[main].inputs.append((input.name, DataType.element(input.type), shape))
      }
      builder.pending.append(
        .outputs(
          draft: main,
          references: call.outputs.map { Reference(draft: main, scope: 0, text: $0.tensor) }
        )
      )
      return
    }
    for (index, node) in graph.body.nodes.enumerated() where node.op == "Placeholder" {
      builder.placeholders[index] = builder.drafts[main].inputs.count
      var shape = Shape.unknownRank
      if let message = try node.attribute("shape")?.shape {
        shape = try readShape(message, limit: limits.rank)
      }
      // Before version 24 of GraphDef "no axes" meant that nothing is known.
      if graph.producer < 24, shape.rank == 0 { shape = .unknownRank }
      let type = DataType.element(try node.attribute("dtype")?.type ?? 0)
      builder.drafts[main].inputs.append((node.name, type, shape))
    }
    builder.pending.append(
      .outputs(
        draft: main,
        references: outputs(of: graph).map { Reference(draft: main, scope: 0, text: $0) }
      )
    )
  }

  /// The results that no node reads, in the order of the file.
  ///
  /// What is left unread inside of loops and choices, or only orders others, is no result.
  private func outputs(of graph: GraphMessage) -> [String] {
    var isRead: Set<String> = []
    for node in graph.body.nodes {
      for input in node.inputs + node.controls {
        isRead.insert(String(LegacyControl.split(input).node))
      }
    }
    let depths = LegacyControl.depths(of: graph.body)
    return graph.body.nodes.enumerated().filter { index, node in
      !isRead.contains(node.name) && !Cleaning.isSink(node.op) && depths[index] == 0
        && !LegacyControl.isSwitch(node.op) && !LegacyControl.isExit(node.op)
    }.map { $0.element.name }
  }

  /// Operators that reach outside stand anywhere in the file: they are listed, used or not.
  private func noteDangers(_ graph: GraphMessage, _ builder: inout GraphBuilder) {
    for node in graph.body.nodes where Cleaning.isDangerous(node.op) {
      builder.findings.dangerous[node.op, default: 0] += 1
    }
    for function in graph.functions {
      for (op, count) in function.operators where Cleaning.isDangerous(op) {
        builder.findings.dangerous[op, default: 0] += count
      }
    }
  }

  // MARK: - What is made of it

  /// Rewrites the graphs, the innermost first.
  private func clean(_ emitter: inout GraphEmitter) {
    let parents = emitter.parents
    var captured: [Set<ValueID>] = emitter.graphs.map { _ in [] }
    for index in emitter.graphs.indices.reversed() {
      var cleaner = GraphCleaner(emitter.graphs[index])
      var cleaned = cleaner.clean(captured: captured[index])
      emitter.findings.foldedNormalizations += cleaner.assembledNormalizations
      if cleaner.refusedBiases > 0 {
        emitter.findings.refused["BiasAdd: channels first", default: 0] += cleaner.refusedBiases
      }
      var compactor = ValueCompactor()
      compactor.compact(&cleaned, captured: captured[index])
      emitter.graphs[index] = cleaned
      for child in emitter.graphs.indices where parents[child] == index {
        emitter.graphs[child].graph.captures = emitter.graphs[child].graph.captures.compactMap {
          capture in
          compactor.numbers[capture.outer.index].map {
            Graph.Capture(outer: $0, inner: capture.inner)
          }
        }
      }
      if let parent = parents[index] {
        captured[parent].formUnion(cleaned.graph.captures.map(\.outer))
      }
    }
  }

  private func nameLayers(_ emitter: inout GraphEmitter) {
    var names: [String] = []
    for emitted in emitter.graphs { names += emitted.graph.nodes.map(\.name) }
    let layers = LayerName.layers(of: names)
    var position = 0
    for index in emitter.graphs.indices {
      for node in emitter.graphs[index].graph.nodes.indices {
        emitter.graphs[index].graph.nodes[node].origin.layer = layers[position]
        position += 1
      }
    }
  }

  /// Gives the results the caller's names.
  private func nameOutputs(_ names: [String], _ emitter: inout GraphEmitter) {
    let graph = emitter.graphs[0].graph
    var named = Set(graph.inputs)
    for (name, value) in zip(names, graph.outputs)
    where !graph[value].isConstant && named.insert(value).inserted {
      emitter.graphs[0].graph[value].name = name
    }
  }

  private mutating func bind(_ call: SignatureMessage, _ graph: Graph) {
    var inputs: [Signature.Binding] = []
    for (parameter, value) in zip(call.inputs, graph.inputs) {
      inputs.append(Signature.Binding(name: parameter.name, value: value))
    }
    var outputs: [Signature.Binding] = []
    for (parameter, value) in zip(call.outputs, graph.outputs) {
      outputs.append(Signature.Binding(name: parameter.name, value: value))
    }
    signatures.append(
      Signature(name: call.name, graph: Model.mainGraph, inputs: inputs, outputs: outputs)
    )
  }

  private mutating func describe(_ meta: MetaGraphMessage?, _ graph: GraphMessage) {
    if let version = meta?.version {
      metadata.append(MetadataEntry("tensorflow", String(version.prefix(128))))
    }
    if graph.producer > 0 {
      metadata.append(MetadataEntry("graph version", String(graph.producer)))
    }
    if let meta, !meta.tags.isEmpty {
      metadata.append(
        MetadataEntry("tags", String(meta.tags.joined(separator: ", ").prefix(256)))
      )
    }
    if let meta, meta.signatures.count > 1 {
      let names = meta.signatures.map(\.name).joined(separator: ", ")
      metadata.append(MetadataEntry("signatures", String(names.prefix(512))))
    }
    for asset in (meta?.assets ?? []).prefix(64) {
      metadata.append(MetadataEntry("asset", String(asset.prefix(256))))
    }
  }
}
