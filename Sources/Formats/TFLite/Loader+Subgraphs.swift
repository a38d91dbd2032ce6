import ByteIO
import ModelIR
import WireFormats

extension Loader {
  /// Reads all graphs; the first is the main one.
  func readSubgraphs() throws(ReadError) {
    let tables = try located("subgraphs") { () throws(ReadError) in
      try root.tables(slot: Slot.Model.subgraphs)
    }
    subgraphCount = tables.count
    guard subgraphCount > 0 else {
      throw ReadError(.modelInvalid, "the model has no subgraph", at: root.offset)
    }
    guard subgraphCount <= limits.subgraphs else {
      throw ReadError(
        .limitExceeded,
        "the model has \(subgraphCount) subgraphs, more than the limit of \(limits.subgraphs)",
        at: root.offset,
        hint: "--limit subgraphs=\(subgraphCount) allows it"
      )
    }
    for index in 0..<subgraphCount {
      let graph = try located("subgraphs[\(index)]") { () throws(ReadError) in
        try readSubgraph(try tables.table(at: index), number: index)
      }
      graphs.append(graph)
    }
    if statesRanks { forgetUnstatedRanks() }
  }

  private func readSubgraph(_ table: FlatBufferTable, number: Int) throws(ReadError) -> Graph {
    var graph = Graph(name: try text(try table.string(slot: Slot.Subgraph.name)))
    tensors.append([])
    let tensorTables = try located("tensors") { () throws(ReadError) in
      try table.tables(slot: Slot.Subgraph.tensors)
    }
    let count = tensorTables.count
    for index in 0..<count {
      try located("tensors[\(index)]") { () throws(ReadError) in
        try readTensor(try tensorTables.table(at: index), into: &graph, of: count)
      }
    }
    resolveBlocks(in: &graph, notes: &tensors[number])
    graph.inputs = try boundary(table, slot: Slot.Subgraph.inputs, "inputs", of: count)
    graph.outputs = try boundary(table, slot: Slot.Subgraph.outputs, "outputs", of: count)
    let operators = try located("operators") { () throws(ReadError) in
      try table.tables(slot: Slot.Subgraph.operators)
    }
    nodeCount += operators.count
    guard nodeCount <= limits.nodes else {
      throw ReadError(
        .limitExceeded,
        "the model has \(nodeCount) operators or more, the limit is \(limits.nodes)",
        at: table.offset,
        path: "operators",
        hint: "--limit nodes=N allows more"
      )
    }
    for index in 0..<operators.count {
      try located("operators[\(index)]") { () throws(ReadError) in
        try readOperator(
          try operators.table(at: index),
          path: "subgraphs[\(number)].operators[\(index)]",
          into: &graph
        )
      }
    }
    giveEmptyConstants(to: &graph)
    let layers = LayerName.layers(ofTensors: graph.nodes.map(\.name))
    for (index, layer) in layers.enumerated() { graph.nodes[index].origin.layer = layer }
    return graph
  }

  private func boundary(
    _ table: FlatBufferTable,
    slot: Int,
    _ what: String,
    of count: Int
  ) throws(ReadError) -> [ValueID] {
    let operands = try operands(table, slot: slot, what, of: count)
    var values: [ValueID] = []
    for (place, operand) in operands.enumerated() {
      guard let operand else {
        throw ReadError(.modelInvalid, "a tensor is left out", path: "\(what)[\(place)]")
      }
      values.append(operand)
    }
    return values
  }

  /// Tensor indices; −1 stands for an operand that is left out.
  func operands(
    _ table: FlatBufferTable,
    slot: Int,
    _ what: String,
    of count: Int
  ) throws(ReadError) -> [ValueID?] {
    guard let indices = try table.vector(slot: slot, of: Int32.self) else { return [] }
    try allocation.charge(indices.count * MemoryLayout<ValueID?>.stride, at: indices.bytes.offset)
    var values: [ValueID?] = []
    values.reserveCapacity(indices.count)
    for place in 0..<indices.count {
      let tensor = Int(try indices.at(place))
      guard tensor >= -1, tensor < count else {
        throw ReadError(
          .modelInvalid,
          "tensor \(tensor) is named, but the subgraph has \(count)",
          at: indices.bytes.offset + place * 4,
          path: "\(what)[\(place)]"
        )
      }
      values.append(tensor < 0 ? nil : ValueID(tensor))
    }
    return values
  }

  /// Gives constants to operands of no elements that nothing computes.
  ///
  /// Writers leave the buffer of an empty constant empty, which also means "no values".
  private func giveEmptyConstants(to graph: inout Graph) {
    var isGiven = Array(repeating: false, count: graph.values.count)
    for input in graph.inputs { isGiven[input.index] = true }
    for node in graph.nodes {
      for case .some(let output) in node.outputs { isGiven[output.index] = true }
    }
    for index in graph.values.indices where !isGiven[index] {
      guard case .activation = graph.values[index].content,
        graph.values[index].shape.elementCount == 0,
        let nothing = try? bytes.slice(at: 0, count: 0)
      else { continue }
      graph.values[index].content = .constant(.mapped(nothing))
    }
  }

  /// Makes the rank of computed tensors unknown where the file does not state it.
  ///
  /// An empty shape means a scalar or "unknown"; files since TensorFlow 2.12 say which with
  /// `has_rank`. The runtime takes all of them for scalars until the kernels give them their
  /// shape; so do we for older files, which cannot tell.
  private func forgetUnstatedRanks() {
    for graph in graphs.indices {
      for index in graphs[graph].values.indices
      where !tensors[graph][index].hasRank && tensors[graph][index].sizes.isEmpty {
        guard case .activation = graphs[graph].values[index].content else { continue }
        graphs[graph].values[index].shape = .unknownRank
      }
    }
  }

  /// Refuses graphs that call themselves, through whatever others.
  func checkCalls() throws(ReadError) {
    let callees = graphs.map { graph in
      Set(graph.nodes.flatMap(\.attributes.graphs)).sorted().map(\.index)
    }
    enum Mark { case new, open, done }
    var marks = Array(repeating: Mark.new, count: graphs.count)
    for start in graphs.indices where marks[start] == .new {
      // Depth-first with a stack of its own: how far the calls reach is the file's choice.
      var stack = [(graph: start, next: 0)]
      marks[start] = .open
      while let (graph, next) = stack.last {
        guard next < callees[graph].count else {
          marks[graph] = .done
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        let callee = callees[graph][next]
        switch marks[callee] {
        case .done: continue
        case .open:
          throw ReadError(
            .modelInvalid,
            "subgraph \(callee) calls itself",
            path: "subgraphs[\(graph)]"
          )
        case .new:
          marks[callee] = .open
          stack.append((graph: callee, next: 0))
        }
      }
    }
  }
}
