import ByteIO
import ModelIR
import Operators

/// Runs a model operator by operator with the definitions' own evaluation: the plain reference that
/// everything faster is checked against.
package final class Interpreter {
  let model: Model
  let limits: Limits
  /// Decoded constants, by graph and value: decoded when first read, then kept.
  private var constants: [[Tensor?]]
  /// Which values can be let go after each node.
  private var releases: [[[ValueID]]?]
  private var nesting = 0
  /// When the run at hand has to end.
  private(set) var deadline: RunDeadline
  /// What outlives a run: kept as long as the interpreter.
  let variables = VariableStore()

  /// What a run may take.
  package struct Limits: Sendable {
    /// Bytes of one result.
    package var tensorBytes: Int
    /// Graphs inside graphs.
    package var nesting: Int
    /// Seconds of one run; `nil` for as many as it takes.
    package var seconds: Int?

    package init(tensorBytes: Int = 1 << 31, nesting: Int = 64, seconds: Int? = nil) {
      self.tensorBytes = tensorBytes
      self.nesting = nesting
      self.seconds = seconds
    }
  }

  package init(_ model: Model, limits: Limits = Limits()) {
    self.model = model
    self.limits = limits
    deadline = RunDeadline(seconds: limits.seconds)
    constants = model.graphs.map { Array(repeating: nil, count: $0.values.count) }
    releases = Array(repeating: nil, count: model.graphs.count)
  }

  /// Runs a graph.
  ///
  /// - Parameters:
  ///   - id: The graph; the main one unless a signature names another.
  ///   - inputs: One tensor each input, in the model's order.
  ///   - keep: Values to return beside the outputs.
  /// - Returns: The outputs in the model's order, and the kept values.
  /// - Throws: where an operator cannot be run, or its operands do not fit it.
  package func run(
    _ id: GraphID = Model.mainGraph,
    inputs: [Tensor],
    keeping keep: Set<ValueID> = []
  ) throws(ExecutionError) -> (outputs: [Tensor], kept: [ValueID: Tensor]) {
    let graph = model[id]
    guard inputs.count == graph.inputs.count else {
      throw ExecutionError(
        .dataInvalid,
        "\(inputs.count) inputs are given, the model takes \(graph.inputs.count)"
      )
    }
    for (value, tensor) in zip(graph.inputs, inputs) {
      try check(tensor, against: graph[value])
    }
    startClock()
    let values = try evaluate(id, inputs: inputs.map(Optional.some), captured: [:], keeping: keep)
    var kept: [ValueID: Tensor] = [:]
    for value in keep { kept[value] = values[value.index] }
    return (try outputs(of: graph, id, values), kept)
  }

  /// Begins to count the seconds of a run.
  func startClock() { deadline = RunDeadline(seconds: limits.seconds) }

  func check(_ tensor: Tensor, against value: Value) throws(ExecutionError) {
    func refuse(_ what: String) -> ExecutionError {
      ExecutionError(.dataInvalid, "input \"\(value.name)\" \(what)")
    }
    // An optional that holds a tensor is that tensor, and may hold none.
    if value.type == .variant || tensor.isNothing { return }
    guard tensor.type == value.type else {
      throw refuse("takes \(value.type.rawValue), given is \(tensor.type.rawValue)")
    }
    guard let dimensions = value.shape.dimensions else { return }
    let fits =
      dimensions.count == tensor.rank
      && zip(dimensions, tensor.sizes).allSatisfy { $0.size == nil || $0.size == $1 }
    guard fits else { throw refuse("takes \(value.shape), given is \(Shape.fixed(tensor.sizes))") }
  }

  private func outputs(
    of graph: Graph,
    _ id: GraphID,
    _ values: [Tensor?]
  ) throws(ExecutionError) -> [Tensor] {
    var results: [Tensor] = []
    for output in graph.outputs {
      guard let tensor = values[output.index] ?? constant(output, of: id) else {
        throw ExecutionError(.modelInvalid, "nothing computes \"\(graph[output].name)\"")
      }
      results.append(tensor)
    }
    return results
  }

  // MARK: - One graph

  private func evaluate(
    _ id: GraphID,
    inputs: [Tensor?],
    captured: [ValueID: Tensor],
    keeping keep: Set<ValueID>
  ) throws(ExecutionError) -> [Tensor?] {
    let graph = model[id]
    guard nesting < limits.nesting else {
      throw ExecutionError(.limitExceeded, "graphs are nested more than \(limits.nesting) deep")
    }
    nesting += 1
    defer { nesting -= 1 }
    var values = [Tensor?](repeating: nil, count: graph.values.count)
    for (value, tensor) in zip(graph.inputs, inputs) { values[value.index] = tensor }
    for capture in graph.captures { values[capture.inner.index] = captured[capture.outer] }
    let releases = releases(of: id)
    for node in graph.nodeIDs {
      try run(node, of: id, &values)
      for value in releases[node.index] where !keep.contains(value) { values[value.index] = nil }
    }
    return values
  }

  private func run(_ id: NodeID, of graphID: GraphID, _ values: inout [Tensor?])
    throws(ExecutionError)
  {
    let node = model[graphID][id]
    let inputs = node.inputs.map { input -> Tensor? in
      guard let input else { return nil }
      return values[input.index] ?? constant(input, of: graphID)
    }
    let outer = node.attributes.graphs.isEmpty ? [:] : visible(values, graphID)
    let results = try evaluate(id, of: graphID, inputs: inputs, captured: outer)
    try deadline.check(after: node)
    for (output, result) in zip(node.outputs, results) {
      if let output { values[output.index] = result }
    }
  }

  /// Evaluates one node.
  ///
  /// - Parameters:
  ///   - id: The node.
  ///   - graphID: Its graph.
  ///   - inputs: Its operands; `nil` where one is left out.
  ///   - captured: What its nested graphs may capture.
  /// - Returns: One tensor for each result that the node names.
  /// - Throws: where the node has no evaluation, or its operands do not fit it.
  func evaluate(
    _ id: NodeID,
    of graphID: GraphID,
    inputs: [Tensor?],
    captured: [ValueID: Tensor]
  ) throws(ExecutionError) -> [Tensor] {
    let graph = model[graphID]
    let node = graph[id]
    guard case .known(let name) = node.op,
      let definition = OperatorCatalog.definition(of: name), let evaluate = definition.evaluate
    else {
      throw ExecutionError(
        .modelUnsupported,
        "operator \"\(node.name)\" (\(node.origin.sourceType)) has no kernel here",
        path: node.origin.path
      )
    }
    let context = EvaluationContext(
      attributes: node.attributes,
      sourceVersion: node.origin.sourceVersion,
      inputs: try withStates(inputs, of: node, graphID),
      inputQuantization: node.inputs.map { input in input.flatMap { graph[$0].quantization } },
      outputs: node.outputs.map { output in
        output.map { TensorType(graph[$0].type, graph[$0].shape) }
      },
      outputQuantization: node.outputs.map { output in
        output.flatMap { graph[$0].quantization }
      },
      hasOutput: node.outputs.map { $0 != nil },
      variables: variables
    ) { (nested, operands) throws(OperatorError) in
      try self.runNested(nested, operands, captured: captured)
    }
    do throws(OperatorError) {
      try checkSize(definition, context)
      let results = try evaluate(context)
      keepStates(results, definition.stateOperands(context.attributes), of: node, graphID)
      return results
    } catch {
      throw ExecutionError(error, node: node)
    }
  }

  /// Refuses results that would be too large before they are made.
  private func checkSize(_ definition: OperatorDefinition, _ context: EvaluationContext)
    throws(OperatorError)
  {
    guard let inferTypes = definition.inferTypes, context.attributes.attributes.graphs.isEmpty
    else { return }
    for type in try inferTypes(context.operatorContext) {
      guard let elements = type.shape.elementCount else {
        // Every operand is known here: what is still open depends on values.
        continue
      }
      guard let bytes = type.element.byteCount(elements: elements), bytes > limits.tensorBytes
      else { continue }
      throw OperatorError(
        .limit,
        "a result of \(bytes) bytes is above the limit of \(limits.tensorBytes)"
      )
    }
  }

  private func runNested(
    _ id: GraphID,
    _ operands: [Tensor?],
    captured: [ValueID: Tensor]
  ) throws(OperatorError) -> [Tensor] {
    guard model.graphs.indices.contains(id.index) else {
      throw .invalid("graph \(id.index) does not exist")
    }
    do throws(ExecutionError) {
      let values = try evaluate(id, inputs: operands, captured: captured, keeping: [])
      return try outputs(of: model[id], id, values)
    } catch {
      throw OperatorError(error.code == .limitExceeded ? .limit : .unsupported, error.message)
    }
  }

  /// What a nested graph may capture.
  private func visible(_ values: [Tensor?], _ id: GraphID) -> [ValueID: Tensor] {
    var result: [ValueID: Tensor] = [:]
    for (index, tensor) in values.enumerated() {
      let value = ValueID(index)
      if let tensor = tensor ?? constant(value, of: id) { result[value] = tensor }
    }
    return result
  }

  /// A constant, decoded when first asked for.
  func constant(_ value: ValueID, of graph: GraphID) -> Tensor? {
    if let tensor = constants[graph.index][value.index] { return tensor }
    let stored = model[graph][value]
    guard let storage = stored.constant, let sizes = stored.shape.sizes else { return nil }
    let tensor = Tensor(type: stored.type, sizes: sizes, storage: storage)
    constants[graph.index][value.index] = tensor
    return tensor
  }

  /// For each node, the values that nothing reads after it.
  private func releases(of id: GraphID) -> [[ValueID]] {
    if let known = releases[id.index] { return known }
    let graph = model[id]
    var isKept = Array(repeating: false, count: graph.values.count)
    for output in graph.outputs { isKept[output.index] = true }
    // Nested graphs read captured values whenever their node runs; they stay.
    for nested in model.graphs {
      for capture in nested.captures where isKept.indices.contains(capture.outer.index) {
        isKept[capture.outer.index] = true
      }
    }
    var result = [[ValueID]](repeating: [], count: graph.nodes.count)
    for node in graph.nodeIDs.reversed() {
      for case .some(let value) in graph[node].inputs + graph[node].outputs
      where !isKept[value.index] {
        isKept[value.index] = true
        result[node.index].append(value)
      }
    }
    releases[id.index] = result
    return result
  }
}
