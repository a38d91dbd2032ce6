import ByteIO
import ModelIR

/// What inference found for one graph.
package struct GraphTypes: Sendable {
  /// The type of each value.
  package var types: [TensorType]
  /// The values that are known without running the model: small constants and what follows from
  /// them and from shapes.
  package var known: [Tensor?]
  /// The cost of each node.
  package var costs: [OperatorCost]
  /// What did not fit.
  package var issues: [Issue]

  /// An operator whose operands, attributes or stated results do not fit its definition.
  package struct Issue: Equatable, Sendable {
    package var node: NodeID
    package var message: String
    /// Whether only the stated shape is at fault, and the inferred one was taken.
    package var isStatedShape: Bool
  }
}

/// Infers the type of every value of a model: what the file states, completed and checked by the
/// operators' definitions, with shape computations folded to numbers.
package struct GraphInference {
  /// Integers and truth values are folded up to this many elements: shape arithmetic is short.
  static let integerLimit = 16_384
  /// Floats that steer shapes (scales of a resize, bounds of a range) come in handfuls.
  static let floatLimit = 256

  /// Extents that the caller fixes, by the main graph's input.
  package var inputShapes: [ValueID: Shape]

  package init(inputShapes: [ValueID: Shape] = [:]) { self.inputShapes = inputShapes }

  /// Infers all graphs of a model, the nested ones with the operands that their callers pass.
  ///
  /// - Parameter model: A model whose invariants hold.
  /// - Returns: One result for each graph, in the model's order.
  /// - Complexity: O(nodes) operators inferred, nested graphs once for each call.
  package func infer(_ model: Model) -> [GraphTypes] {
    let session = Session(model: model, trustsStatedShapes: inputShapes.isEmpty)
    var operands: [TensorType?] = model.main.inputs.map { input in
      inputShapes[input].map { TensorType(model.main[input].type, $0) }
    }
    session.infer(Model.mainGraph, operands: operands, captured: [])
    // Graphs that no node calls (further signatures) start from their own stated inputs.
    for graph in model.graphIDs where session.results[graph.index] == nil {
      operands = Array(repeating: nil, count: model[graph].inputs.count)
      session.infer(graph, operands: operands, captured: [])
    }
    return session.results.compactMap { $0 }
  }
}

/// One pass over a model; holds the results while nested graphs are inferred inside their callers.
private final class Session {
  let model: Model
  /// Stated shapes of intermediate values hold only for the stated input shapes.
  let trustsStatedShapes: Bool
  var results: [GraphTypes?]
  private var nesting = 0

  /// Deeper nesting than any exporter writes; each level costs stack.
  private static let nestingLimit = 32

  init(model: Model, trustsStatedShapes: Bool) {
    self.model = model
    self.trustsStatedShapes = trustsStatedShapes
    results = Array(repeating: nil, count: model.graphs.count)
  }

  /// - Parameters:
  ///   - id: The graph.
  ///   - operands: What the caller passes; `nil` leaves an input as the file states it.
  ///   - captured: The types and known values of the enclosing graph, by its value.
  /// - Returns: The types of the graph's outputs.
  @discardableResult
  func infer(
    _ id: GraphID,
    operands: [TensorType?],
    captured: [GraphPass.Known]
  ) -> [TensorType] {
    let graph = model[id]
    guard nesting < Self.nestingLimit else { return graph.outputs.map { stated(graph[$0]) } }
    nesting += 1
    defer { nesting -= 1 }
    var pass = GraphPass(graph: graph, trustsStatedShapes: trustsStatedShapes)
    for (input, operand) in zip(graph.inputs, operands) {
      if let operand { pass.set(input, operand) }
    }
    for capture in graph.captures where captured.indices.contains(capture.outer.index) {
      pass.set(capture.inner, captured[capture.outer.index])
    }
    for node in graph.nodeIDs {
      pass.infer(node) { nested, nestedOperands, outer in
        guard self.model.graphs.indices.contains(nested.index) else { return [] }
        return self.infer(nested, operands: nestedOperands, captured: outer)
      }
    }
    let result = pass.result
    results[id.index] = result
    return graph.outputs.map { result.types[$0.index] }
  }

  private func stated(_ value: Value) -> TensorType { TensorType(value.type, value.shape) }
}

/// The pass over one graph.
private struct GraphPass {
  /// What is known of a value.
  struct Known {
    var type: TensorType
    var value: Tensor?
    var dimensions: [Dimension]?
    /// Whether `value` was looked for: constants are decoded when first read.
    var isDecoded = false
  }

  typealias NestedInference = (GraphID, [TensorType?], [Known]) -> [TensorType]

  private let graph: Graph
  private let trustsStatedShapes: Bool
  private var values: [Known]
  private var costs: [OperatorCost] = []
  private var issues: [GraphTypes.Issue] = []

  init(graph: Graph, trustsStatedShapes: Bool) {
    self.graph = graph
    self.trustsStatedShapes = trustsStatedShapes
    values = graph.values.map { value in
      // For other input shapes than the file's, what it states of intermediate values is stale.
      let isGiven = trustsStatedShapes || value.constant != nil
      return Known(type: TensorType(value.type, isGiven ? value.shape : .unknownRank))
    }
    for input in graph.inputs { values[input.index].type.shape = graph[input].shape }
    costs.reserveCapacity(graph.nodes.count)
  }

  var result: GraphTypes {
    GraphTypes(
      types: values.map(\.type),
      known: values.map(\.value),
      costs: costs,
      issues: issues
    )
  }

  mutating func set(_ value: ValueID, _ type: TensorType) { values[value.index].type = type }

  mutating func set(_ value: ValueID, _ known: Known) { values[value.index] = known }

  mutating func infer(_ id: NodeID, nested: @escaping NestedInference) {
    let node = graph[id]
    guard case .known(let name) = node.op,
      let definition = OperatorCatalog.definition(of: name)
    else {
      costs.append(.uncounted)
      return
    }
    if let size = excessiveExtent(node) {
      issues.append(
        .init(
          node: id,
          message: "an extent of \(size) is more than the \(Self.extentLimit) that are worked with",
          isStatedShape: false
        )
      )
      costs.append(.uncounted)
      return
    }
    for case .some(let input) in node.inputs { decodeIfConstant(input) }
    let snapshot = node.attributes.graphs.isEmpty ? [] : values
    let context = OperatorContext(
      attributes: node.attributes,
      sourceVersion: node.origin.sourceVersion,
      operands: node.inputs.map { input in input.map(operand) },
      hasOutput: node.outputs.map { $0 != nil },
      statedOutputs: node.outputs.map { output in output.map { values[$0.index].type } },
      inferGraph: { nested($0, $1, snapshot) }
    )
    do throws(OperatorError) {
      try checkArity(node, definition)
      try apply(definition, to: id, context)
    } catch {
      issues.append(.init(node: id, message: error.message, isStatedShape: false))
    }
    let outputs = node.outputs.map { output in output.map { values[$0.index].type } }
    costs.append(definition.cost?(CostContext(node: context, outputs: outputs)) ?? .uncounted)
  }

  /// Sums of extents, pads and windows below this limit always fit an `Int`.
  private static let extentLimit = 1 << 40

  /// An extent of an operand or a stated result that is out of all proportion.
  private func excessiveExtent(_ node: Node) -> Int? {
    for case .some(let value) in node.inputs + node.outputs {
      for dimension in values[value.index].type.shape.dimensions ?? [] {
        if let size = dimension.size, size > Self.extentLimit { return size }
      }
    }
    return nil
  }

  private func operand(_ id: ValueID) -> OperatorContext.Operand {
    let known = values[id.index]
    return OperatorContext.Operand(
      type: known.type,
      value: known.value,
      dimensions: known.dimensions
    )
  }

  private func checkArity(_ node: Node, _ definition: OperatorDefinition) throws(OperatorError) {
    guard node.inputs.count <= definition.inputs.upperBound else {
      throw .invalid(
        "it has \(node.inputs.count) operands, at most \(definition.inputs.upperBound) are defined"
      )
    }
    guard node.inputs.count >= definition.inputs.lowerBound else {
      throw .invalid(
        "it has \(node.inputs.count) operands, at least \(definition.inputs.lowerBound) are needed"
      )
    }
  }

  private mutating func apply(
    _ definition: OperatorDefinition,
    to id: NodeID,
    _ context: OperatorContext
  ) throws(OperatorError) {
    let node = graph[id]
    if let inferTypes = definition.inferTypes {
      for (output, inferred) in zip(node.outputs, try inferTypes(context)) {
        guard let output else { continue }
        merge(inferred, into: output, of: id)
      }
    }
    guard let first = node.outputs.first, let first else { return }
    if let dimensions = definition.inferDimensions?(context) {
      values[first.index].dimensions = dimensions
      let sizes = dimensions.compactMap(\.size)
      // A truth value that follows from extents is folded below: its elements are no integers.
      if values[first.index].type.element.isInteger, sizes.count == dimensions.count,
        let shape = values[first.index].type.shape.sizes,
        checkedProduct(shape) == sizes.count
      {
        values[first.index].value = Tensor(
          type: values[first.index].type.element,
          sizes: shape,
          elements: .integers(sizes.map(Int64.init))
        )
        return
      }
    }
    fold(definition, node)
  }

  /// Evaluates a node all of whose operands are known and few.
  private mutating func fold(_ definition: OperatorDefinition, _ node: Node) {
    guard definition.isPure, let evaluate = definition.evaluate, !node.inputs.isEmpty,
      node.attributes.graphs.isEmpty
    else { return }
    var operands: [Tensor?] = []
    for input in node.inputs {
      guard let input else {
        operands.append(nil)
        continue
      }
      guard let value = values[input.index].value else { return }
      operands.append(value)
    }
    for case .some(let output) in node.outputs
    where !isSmall(values[output.index].type) || graph[output].quantization != nil { return }
    let context = EvaluationContext(
      attributes: node.attributes,
      sourceVersion: node.origin.sourceVersion,
      inputs: operands,
      inputQuantization: node.inputs.map { input in input.flatMap { graph[$0].quantization } },
      outputs: node.outputs.map { output in output.map { values[$0.index].type } },
      hasOutput: node.outputs.map { $0 != nil }
    )
    guard let results = try? evaluate(context) else { return }
    for (output, result) in zip(node.outputs, results) {
      guard let output else { continue }
      values[output.index].value = result
      values[output.index].type = result.tensorType
    }
  }

  private mutating func decodeIfConstant(_ id: ValueID) {
    guard !values[id.index].isDecoded else { return }
    values[id.index].isDecoded = true
    guard let storage = graph[id].constant, isSmall(values[id.index].type),
      let sizes = values[id.index].type.shape.sizes
    else { return }
    values[id.index].value = Tensor(
      type: values[id.index].type.element,
      sizes: sizes,
      storage: storage
    )
  }

  private func isSmall(_ type: TensorType) -> Bool {
    guard let count = type.shape.elementCount else { return false }
    let isListable = type.element.isInteger || type.element == .bool
    return count <= (isListable ? GraphInference.integerLimit : GraphInference.floatLimit)
  }

  // MARK: - Stated and inferred

  /// Keeps what is known from either side; where both know and differ, the definition is right.
  private mutating func merge(_ inferred: TensorType, into output: ValueID, of node: NodeID) {
    let stated = values[output.index].type
    let statedShape = trustsStatedShapes ? stated.shape : .unknownRank
    let merged = mergedShape(inferred.shape, statedShape)
    values[output.index].type = TensorType(inferred.element, merged.shape)
    guard !merged.agrees else { return }
    issues.append(
      .init(
        node: node,
        message: "the file states the shape \(statedShape) for \"\(graph[output].name)\", its"
          + " operands give \(inferred.shape)",
        isStatedShape: true
      )
    )
  }

  private func mergedShape(_ inferred: Shape, _ stated: Shape) -> (shape: Shape, agrees: Bool) {
    guard let new = inferred.dimensions else { return (stated, true) }
    guard let old = stated.dimensions else { return (inferred, true) }
    guard new.count == old.count else { return (inferred, false) }
    var agrees = true
    let dimensions = zip(new, old).map { new, old -> Dimension in
      switch (new, old) {
      case (.fixed(let a), .fixed(let b)):
        if a != b { agrees = false }
        return new
      case (.fixed, _): return new
      case (_, .fixed): return old
      case (.unknown, _): return old
      default: return new
      }
    }
    return (.ranked(dimensions), agrees)
  }
}
