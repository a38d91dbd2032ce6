import ByteIO
import ModelIR

/// Makes graphs of the drafts: lowers the nodes, orders them, and gives nested graphs what they see
/// of the graphs around them.
struct GraphEmitter {
  private var builder: GraphBuilder
  private var constants: ConstantBook
  private let variables: VariableBook
  /// The lowered form of each draft's nodes.
  private var lowered: [[LoweringInProgress]] = []
  var graphs: [EmittedGraph] = []

  /// A graph, and for each of its values what it was in the source.
  struct EmittedGraph {
    var graph: Graph
    var sources: [Source?]
    /// The values of sources; those that were made or renumbered since are not looked for.
    var places: [Source: ValueID] = [:]
    /// What stands in the file of a value that was made from others.
    var stored: [ValueID: StoredTensor] = [:]
  }

  var findings: Findings {
    get { builder.findings }
    set { builder.findings = newValue }
  }
  /// The graph around each nested graph.
  var parents: [Int?] { builder.drafts.map(\.parent) }
  var usedNodes: [[Bool]] { builder.usedNodes }
  var bodies: [SourceBody] { builder.bodies }
  var functions: [SourceFunction] { builder.functions }

  init(
    _ builder: GraphBuilder,
    constants: ConstantBook,
    variables: VariableBook
  ) {
    self.builder = builder
    self.constants = constants
    self.variables = variables
  }

  mutating func emit() throws(ReadError) {
    for draft in builder.drafts.indices { try lower(draft) }
    findCaptures()
    for draft in builder.drafts.indices { try emit(draft) }
  }

  // MARK: - Lowering

  private mutating func lower(_ draft: Int) throws(ReadError) {
    var result: [LoweringInProgress] = []
    for instance in builder.drafts[draft].instances {
      let node = builder.bodies[instance.body].nodes[instance.node]
      let row = OperatorTable.row(instance.op)
      // Constants that operators take as attributes are found beforehand, for the closures can not
      // look; their elements are read only where an operator asks.
      var constants: [Source: StoredTensor] = [:]
      for source in instance.inputs where row?.adjust != nil {
        constants[source] = try stored(source)
      }
      var progress = LoweringInProgress(
        node: node,
        target: row?.target ?? instance.op,
        operands: instance.inputs.map(Optional.some),
        constantIntegers: { [constants] in constants[$0]?.integers },
        constantFloats: { [constants] in constants[$0]?.numbers }
      )
      if let row {
        let before = progress.operands
        do throws(ReadError) {
          try row.adjust?(&progress)
        } catch {
          throw error.inside("node \"\(node.name.prefix(128))\"")
        }
        if let refusal = progress.refusal {
          builder.findings.refused["\(instance.op): \(refusal)", default: 0] += 1
          progress.operands = before
          progress.attributes = Attributes()
        }
      } else {
        builder.findings.unknown[instance.op, default: 0] += 1
        progress.refusal = "no meaning"
      }
      if progress.refusal != nil { try keepAttributes(&progress) }
      result.append(progress)
    }
    lowered.append(result)
  }

  /// The attributes of a node that has no meaning here, as the file has them.
  private func keepAttributes(_ progress: inout LoweringInProgress) throws(ReadError) {
    for (name, _) in progress.node.attributes {
      guard !name.hasPrefix("_"), let value = try progress.node.attribute(name) else { continue }
      if let int = value.int { progress.attributes[name] = .int(int) }
      if let float = value.float { progress.attributes[name] = .float(Double(float)) }
      if let bool = value.bool { progress.attributes[name] = .bool(bool) }
      if let type = value.type { progress.attributes[name] = .type(DataType.element(type)) }
      if let text = value.text, text.count <= 1_024 {
        progress.attributes[name] = .string(text.string)
      }
      if !value.ints.isEmpty { progress.attributes[name] = .ints(value.ints) }
    }
  }

  /// A constant's or variable's tensor.
  private mutating func stored(_ source: Source) throws(ReadError) -> StoredTensor? {
    switch source {
    case .constant(let body, let node):
      return try constants.tensor(source, of: builder.bodies[body].nodes[node])
    case .variable(let body, let node):
      return variables.tensor(
        of: builder.bodies[body].nodes[node],
        isMainBody: body == 0,
        limits: builder.limits
      )
    case .node, .input: return nil
    }
  }

  // MARK: - Captures

  /// What each nested graph reads of those around it; the innermost first, as what it reads from
  /// further out passes through the graphs between.
  private mutating func findCaptures() {
    for draft in builder.drafts.indices.reversed() {
      var captures: [Source] = []
      var seen: Set<Source> = []
      func note(_ source: Source?) {
        guard let source else { return }
        switch source {
        case .node(let home, _, _), .input(let home, _):
          if home != draft, seen.insert(source).inserted { captures.append(source) }
        case .constant, .variable: break
        }
      }
      for (index, instance) in builder.drafts[draft].instances.enumerated() {
        for operand in lowered[draft][index].operands { note(operand) }
        // Nested graphs have greater numbers: theirs are known.
        for nested in instance.nested {
          for source in builder.drafts[nested.draft].captures { note(source) }
        }
      }
      for output in builder.drafts[draft].outputs { note(output) }
      builder.drafts[draft].captures = captures
    }
  }

  /// The nodes of the same graph that a node waits for.
  private func dependencies(_ draft: Int, _ instance: Int) -> [Int] {
    var result: [Int] = []
    func note(_ source: Source?) {
      if case .node(let home, let number, _)? = source, home == draft { result.append(number) }
    }
    for operand in lowered[draft][instance].operands { note(operand) }
    for nested in builder.drafts[draft].instances[instance].nested {
      for source in builder.drafts[nested.draft].captures { note(source) }
    }
    return result
  }

  /// The nodes, operands first; a list takes the place of the stack.
  private func order(_ draft: Int) throws(ReadError) -> [Int] {
    let instances = builder.drafts[draft].instances
    var state = Array(repeating: UInt8(0), count: instances.count)
    var result: [Int] = []
    var roots: [Int] = []
    for case .node(let home, let number, _) in builder.drafts[draft].outputs where home == draft {
      roots.append(number)
    }
    for root in roots + Array(instances.indices) where state[root] == 0 {
      var open: [(node: Int, waits: [Int], next: Int)] = [(root, dependencies(draft, root), 0)]
      state[root] = 1
      while var top = open.popLast() {
        guard top.next < top.waits.count else {
          state[top.node] = 2
          result.append(top.node)
          continue
        }
        let wanted = top.waits[top.next]
        top.next += 1
        open.append(top)
        guard state[wanted] != 1 else {
          throw ReadError(
            .modelInvalid,
            "the node \"\(instances[wanted].name.prefix(128))\" depends on itself",
            at: lowered[draft][wanted].node.range.lowerBound
          )
        }
        if state[wanted] == 0 {
          state[wanted] = 1
          open.append((wanted, dependencies(draft, wanted), 0))
        }
      }
    }
    return result
  }

  // MARK: - Graphs

  private mutating func emit(_ number: Int) throws(ReadError) {
    let draft = builder.drafts[number]
    var emitted = EmittedGraph(graph: Graph(name: draft.name), sources: [])
    var values: [Source: ValueID] = [:]
    func add(_ value: Value, _ source: Source?) -> ValueID {
      let id = emitted.graph.append(value)
      emitted.sources.append(source)
      if let source {
        values[source] = id
        emitted.places[source] = id
      }
      return id
    }
    for (index, input) in draft.inputs.enumerated() {
      emitted.graph.inputs.append(
        add(
          Value(name: input.name, type: input.type, shape: input.shape),
          .input(draft: number, index: index)
        )
      )
    }
    for source in draft.captures {
      guard let parent = draft.parent else {
        throw ReadError(.modelInvalid, "a value of another graph is read where none is around")
      }
      guard let outer = graphs[parent].places[source] else {
        throw ReadError(
          .modelInvalid,
          "a nested graph of \"\(draft.name.prefix(128))\" reads what is not around it"
        )
      }
      let known = graphs[parent].graph[outer]
      let inner = add(Value(name: known.name, type: known.type, shape: known.shape), source)
      emitted.graph.captures.append(Graph.Capture(outer: outer, inner: inner))
    }
    for instance in try order(number) {
      let place = draft.instances[instance]
      let progress = lowered[number][instance]
      var operands: [ValueID?] = []
      for operand in progress.operands {
        guard let operand else {
          operands.append(nil)
          continue
        }
        if let known = values[operand] {
          operands.append(known)
        } else {
          operands.append(add(try constantValue(operand), operand))
        }
      }
      let outputs = (0..<place.portCount).map { port -> ValueID in
        let name = port == 0 ? place.name : "\(place.name):\(port)"
        return add(
          Value(name: name, type: .unknown, shape: .unknownRank),
          .node(draft: number, instance: instance, port: port)
        )
      }
      var attributes = progress.attributes
      for nested in place.nested {
        guard nested.name != "branchGraphs" else { continue }
        attributes[nested.name] = .graph(GraphID(nested.draft))
      }
      let branches = place.nested.filter { $0.name == "branchGraphs" }
      if !branches.isEmpty {
        attributes["branchGraphs"] = .graphs(branches.map { GraphID($0.draft) })
      }
      if progress.biasOfChannelsFirst { attributes["biasOfChannelsFirst"] = .bool(true) }
      let path =
        bodies[place.body].name.isEmpty
        ? "node[\(place.node)]" : "function \(bodies[place.body].name).node_def[\(place.node)]"
      emitted.graph.append(
        Node(
          name: place.name,
          op: progress.refusal == nil ? .known(progress.target) : .unknown(place.op),
          attributes: attributes,
          inputs: operands,
          outputs: outputs,
          origin: Origin(
            sourceType: progress.node.op,
            path: path,
            byteRange: progress.node.range
          )
        )
      )
    }
    for output in draft.outputs {
      if let known = values[output] {
        emitted.graph.outputs.append(known)
      } else {
        emitted.graph.outputs.append(add(try constantValue(output), output))
      }
    }
    graphs.append(emitted)
  }

  /// A constant, or a variable as the constant that it is at inference.
  private mutating func constantValue(_ source: Source) throws(ReadError) -> Value {
    let name: String
    switch source {
    case .constant(let body, let node), .variable(let body, let node):
      name = builder.bodies[body].nodes[node].name
    case .node, .input:
      throw ReadError(.modelInvalid, "a value is read before anything computes it")
    }
    if let tensor = try stored(source) {
      return Value(
        name: name,
        type: tensor.type,
        shape: .fixed(tensor.sizes),
        content: .constant(tensor.storage)
      )
    }
    if case .variable(let body, let node) = source {
      let declared = builder.bodies[body].nodes[node]
      let type = DataType.element(try declared.attribute("dtype")?.type ?? 0)
      var shape = Shape.unknownRank
      if let message = try declared.attribute("shape")?.shape {
        shape = try readShape(message, limit: builder.limits.rank)
      }
      if !builder.findings.unboundVariables.contains(name) {
        builder.findings.unboundVariables.append(name)
      }
      return Value(name: name, type: type, shape: shape, content: .constant(.absent))
    }
    return Value(name: name, type: .unknown, shape: .unknownRank, content: .constant(.absent))
  }

  /// The stored form of a value, for the ledger.
  mutating func tensor(of source: Source) throws(ReadError) -> StoredTensor? {
    try stored(source)
  }
}
