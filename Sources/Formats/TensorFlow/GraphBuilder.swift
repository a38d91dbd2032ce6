import ByteIO
import ModelIR
import WireFormats

/// Finds what a signature really computes: functions are inlined, loops and choices become nested
/// graphs, identities are seen through, and what no result needs is never looked at.
///
/// Everything works on lists of what is still to be done: no depth that a file can choose is on the
/// stack.
struct GraphBuilder {
  var bodies: [SourceBody]
  var functions: [SourceFunction]
  let functionIndices: [String: Int]
  let limits: TensorFlowLimits
  let producer: Int

  var scopes: [Scope]
  var drafts: [GraphDraft] = []
  var pending: [PendingWork] = []
  var findings = Findings()
  /// What names that stand for something else turned out to be.
  private var known: [PlaceKey: Source] = [:]
  var instanceNumbers: [PlaceKey: Int] = [:]
  private var childScopes: [PlaceKey: Int] = [:]
  private var instanceCount = 0
  private let instanceLimit: Int
  /// Names of results of operators that no table knows, by operator.
  private var foreignResults: [String: [String]] = [:]
  /// Inputs of the main graph, by the placeholder's node.
  var placeholders: [Int: Int] = [:]
  /// Nodes that became part of some graph, by body.
  var usedNodes: [[Bool]]

  struct PlaceKey: Hashable {
    var draft: Int
    var scope: Int
    var node: Int
    var port = 0
  }

  init(_ graph: GraphMessage, limits: TensorFlowLimits) {
    bodies = [graph.body]
    functions = graph.functions
    functionIndices = graph.functionIndices
    producer = graph.producer
    self.limits = limits
    scopes = [Scope(body: 0, depth: 0, prefix: "")]
    instanceLimit = limits.nodes + graph.range.count / max(1, limits.bytesPerNode)
    usedNodes = [Array(repeating: false, count: graph.body.nodes.count)]
  }

  /// Looks up everything that is needed, until nothing is left.
  mutating func finish() throws(ReadError) {
    while let work = pending.popLast() {
      switch work {
      case .inputs(let draft, let instance, let references):
        var sources: [Source] = []
        for reference in references { sources.append(try resolve(reference)) }
        drafts[draft].instances[instance].inputs = sources
      case .outputs(let draft, let references):
        var sources: [Source] = []
        for reference in references { sources.append(try resolve(reference)) }
        drafts[draft].outputs = sources
      }
    }
  }

  // MARK: - Parts

  mutating func addDraft(
    _ name: String,
    parent: Int?,
    owner: Int?,
    region: Region = .whole
  ) throws(ReadError) -> Int {
    let depth = parent.map { drafts[$0].depth + 1 } ?? 0
    guard drafts.count < limits.graphs else {
      throw ReadError(
        .limitExceeded,
        "the model has more than \(limits.graphs) nested graphs",
        hint: "--limit subgraphs=N allows more"
      )
    }
    guard depth <= limits.callDepth else {
      throw ReadError(
        .limitExceeded,
        "loops and choices are nested more than \(limits.callDepth) deep",
        hint: "--limit call-depth=N allows more"
      )
    }
    drafts.append(
      GraphDraft(name: name, parent: parent, owner: owner, depth: depth, region: region)
    )
    return drafts.count - 1
  }

  /// The body of a function, read when it is first needed.
  mutating func body(of function: Int) throws(ReadError) -> Int {
    if let body = functions[function].body { return body }
    let read = try located("library.function[\(function)]") { () throws(ReadError) in
      try functions[function].read()
    }
    bodies.append(read)
    usedNodes.append(Array(repeating: false, count: read.nodes.count))
    functions[function].body = bodies.count - 1
    return bodies.count - 1
  }

  mutating func addScope(
    calling name: String,
    from caller: Int,
    node: String
  ) throws(ReadError) -> Int {
    guard let function = functionIndices[name] else {
      throw ReadError(
        .modelInvalid,
        "node \"\(node.prefix(128))\" calls the function \"\(name.prefix(128))\", which is not there"
      )
    }
    let depth = scopes[caller].depth + 1
    guard depth <= limits.callDepth else {
      throw ReadError(
        .limitExceeded,
        "functions call each other more than \(limits.callDepth) deep (\"\(name.prefix(128))\")",
        hint: "--limit call-depth=N allows more"
      )
    }
    try count()
    // The calls that TensorFlow makes itself say nothing of the user's model.
    var path = node.split(separator: "/", omittingEmptySubsequences: false)
    if let last = path.last,
      last.hasPrefix("StatefulPartitionedCall") || last.hasPrefix("PartitionedCall")
    {
      path.removeLast()
    }
    let prefix = scopes[caller].prefix
    scopes.append(
      Scope(
        body: try body(of: function),
        depth: depth,
        prefix: prefix.utf8.count > limits.nameBytes
          ? prefix : prefix + path.map { $0 + "/" }.joined()
      )
    )
    return scopes.count - 1
  }

  private mutating func count() throws(ReadError) {
    instanceCount += 1
    guard instanceCount <= instanceLimit else {
      throw ReadError(
        .limitExceeded,
        "the functions take more than \(instanceLimit) nodes when they are inlined",
        hint: "--limit nodes=N allows more"
      )
    }
  }

  /// Adds a node to a graph, or finds it there.
  mutating func instance(
    _ draft: Int,
    _ scope: Int,
    _ node: Int,
    op: String? = nil,
    key port: Int = 0
  ) throws(ReadError) -> (index: Int, isNew: Bool) {
    let key = PlaceKey(draft: draft, scope: scope, node: node, port: port)
    if let known = instanceNumbers[key] { return (known, false) }
    try count()
    let body = scopes[scope].body
    let source = bodies[body].nodes[node]
    usedNodes[body][node] = true
    let index = drafts[draft].instances.count
    drafts[draft].instances.append(
      Instance(
        scope: scope,
        body: body,
        node: node,
        op: op ?? source.op,
        name: scopes[scope].prefix + source.name
      )
    )
    instanceNumbers[key] = index
    return (index, true)
  }

  // MARK: - Looking up

  /// What a name stands for, past calls, identities and the borders of regions.
  mutating func resolve(_ start: Reference) throws(ReadError) -> Source {
    var place = start
    var passed: [PlaceKey] = []
    var seen: Set<PlaceKey> = []
    while true {
      let body = scopes[place.scope].body
      if let argument = scopes[place.scope].arguments[place.text] {
        switch argument {
        case .link(let reference):
          place = reference
          continue
        case .input(let draft, let index):
          return settle(.input(draft: draft, index: index), passed)
        }
      }
      guard let (node, port) = try locate(place.text, body: body) else {
        throw ReadError(
          .modelInvalid,
          "\"\(place.text.prefix(128))\" is read, but no node has that name",
          path: bodies[body].name.isEmpty ? "" : "function \(bodies[body].name.prefix(128))"
        )
      }
      let key = PlaceKey(draft: place.draft, scope: place.scope, node: node, port: port)
      if let found = known[key] { return settle(found, passed) }
      guard seen.insert(key).inserted else {
        throw ReadError(
          .modelInvalid,
          "the node \"\(bodies[body].nodes[node].name.prefix(128))\" depends on itself",
          at: bodies[body].nodes[node].range.lowerBound
        )
      }
      passed.append(key)
      switch try step(place, node: node, port: port) {
      case .found(let source): return settle(source, passed)
      case .next(let reference):
        usedNodes[body][node] = true
        place = reference
      }
    }
  }

  private mutating func settle(_ source: Source, _ passed: [PlaceKey]) -> Source {
    for key in passed { known[key] = source }
    if case .node(let draft, let instance, let port) = source {
      drafts[draft].instances[instance].portCount = max(
        drafts[draft].instances[instance].portCount,
        port + 1
      )
    }
    return source
  }

  enum Step {
    case found(Source)
    case next(Reference)
  }

  /// The node of a name, and which of its results.
  private mutating func locate(
    _ text: String,
    body: Int
  ) throws(ReadError) -> (node: Int, port: Int)? {
    if let node = bodies[body].indices[text] { return (node, 0) }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, let node = bodies[body].indices[String(parts[0])],
      let index = Int(parts[parts.count - 1]), (0..<65_536).contains(index)
    else { return nil }
    guard parts.count == 3 else { return (node, index) }
    return (node, try port(of: String(parts[1]), index, node: bodies[body].nodes[node]))
  }

  /// The number of a named result.
  private mutating func port(
    of result: String,
    _ index: Int,
    node: SourceNode
  ) throws(ReadError) -> Int {
    if let names = OperatorTable.row(node.op)?.results {
      guard let place = names.firstIndex(of: result) else { return index }
      return place + index
    }
    if let function = functionIndices[node.op] {
      let body = try body(of: function)
      return (bodies[body].result(result) ?? 0) + index
    }
    if ["output", "y", "z", "value", "values"].contains(result), foreignResults[node.op] == nil {
      return index
    }
    var names = foreignResults[node.op] ?? []
    let place = names.firstIndex(of: result) ?? names.count
    if place == names.count, names.count < 256 { names.append(result) }
    foreignResults[node.op] = names
    return place + index
  }

  /// One step towards what a node's result stands for.
  private mutating func step(
    _ place: Reference,
    node index: Int,
    port: Int
  ) throws(ReadError) -> Step {
    let body = scopes[place.scope].body
    let node = bodies[body].nodes[index]
    if let border = try border(place, node: index, port: port) { return border }
    switch node.op {
    case "Const":
      usedNodes[body][index] = true
      return .found(.constant(body: body, node: index))
    case "VarHandleOp", "VariableV2", "Variable":
      usedNodes[body][index] = true
      return .found(.variable(body: body, node: index))
    case "Placeholder":
      if body == 0, let input = placeholders[index] {
        usedNodes[body][index] = true
        return .found(.input(draft: 0, index: input))
      }
    case _ where Cleaning.transparent.contains(node.op):
      // IdentityN hands each operand on; the others have one that counts.
      let operand = node.op == "IdentityN" ? port : 0
      guard node.inputs.indices.contains(operand) else { break }
      return .next(Reference(draft: place.draft, scope: place.scope, text: node.inputs[operand]))
    case "PartitionedCall", "StatefulPartitionedCall", "TPUPartitionedCall":
      guard let name = try node.attribute("f")?.function else { break }
      return .next(try enter(name, place, node: index, port: port))
    case "While", "StatelessWhile": return try functionalWhile(place, node: index, port: port)
    case "If", "StatelessIf", "Case", "StatelessCase":
      return try functionalChoice(place, node: index, port: port)
    case _ where LegacyControl.isExit(node.op):
      if let step = try legacyExit(place, node: index) { return step }
    case _ where LegacyControl.isMerge(node.op):
      if let step = try legacyMerge(place, node: index, port: port) { return step }
    case _ where LegacyControl.isEnter(node.op):
      // Outside of its loop's graphs it is what it lets in.
      if let text = node.inputs.first {
        return .next(Reference(draft: place.draft, scope: place.scope, text: text))
      }
    default:
      if functionIndices[node.op] != nil {
        return .next(try enter(node.op, place, node: index, port: port))
      }
    }
    let (instance, isNew) = try instance(place.draft, place.scope, index)
    if isNew {
      pending.append(
        .inputs(
          draft: place.draft,
          instance: instance,
          references: node.inputs.map {
            Reference(draft: place.draft, scope: place.scope, text: $0)
          }
        )
      )
    }
    return .found(.node(draft: place.draft, instance: instance, port: port))
  }

  /// Goes into a function that is called: to what gives the result.
  private mutating func enter(
    _ name: String,
    _ place: Reference,
    node index: Int,
    port: Int
  ) throws(ReadError) -> Reference {
    let key = PlaceKey(draft: place.draft, scope: place.scope, node: index)
    let caller = bodies[scopes[place.scope].body].nodes[index]
    let scope: Int
    if let known = childScopes[key] {
      scope = known
    } else {
      scope = try addScope(calling: name, from: place.scope, node: caller.name)
      childScopes[key] = scope
      for (argument, text) in zip(bodies[scopes[scope].body].arguments, caller.inputs) {
        scopes[scope].arguments[argument.name] = .link(
          Reference(draft: place.draft, scope: place.scope, text: text)
        )
      }
    }
    return Reference(draft: place.draft, scope: scope, text: try result(port, of: scope, caller))
  }

  /// What gives a function's result.
  func result(_ port: Int, of scope: Int, _ caller: SourceNode) throws(ReadError) -> String {
    let function = bodies[scopes[scope].body]
    guard function.results.indices.contains(port) else {
      throw ReadError(
        .modelInvalid,
        "node \"\(caller.name.prefix(128))\" has no result \(port): its function gives"
          + " \(function.results.count)",
        at: caller.range.lowerBound
      )
    }
    return function.results[port].source
  }
}
