import ModelIR

/// What an operator may look at while its results' types are inferred or its cost is counted.
///
/// Operands are addressed by position; what is left out is `nil`.
package struct OperatorContext {
  /// The node's attributes.
  package let attributes: AttributeReader
  /// The source operator's version (TFLite) or operator set (ONNX).
  package let sourceVersion: Int?
  /// The number of results that the node names, including those left out between others.
  package let outputCount: Int
  /// Which results the node names.
  package let hasOutput: [Bool]
  /// The element types that the file states for the results, in case the operator cannot tell.
  package let statedOutputs: [TensorType?]
  private let operands: [Operand?]
  /// Infers the results of a nested graph for given operands.
  private let inferGraph: (GraphID, [TensorType?]) -> [TensorType]

  /// What is known of an operand.
  package struct Operand: Sendable {
    package var type: TensorType
    /// The values, where they are known and few.
    package var value: Tensor?
    /// The values of an integer list whose elements may be symbolic extents.
    package var dimensions: [Dimension]?

    package init(type: TensorType, value: Tensor? = nil, dimensions: [Dimension]? = nil) {
      self.type = type
      self.value = value
      self.dimensions = dimensions
    }
  }

  package init(
    attributes: Attributes,
    sourceVersion: Int?,
    operands: [Operand?],
    hasOutput: [Bool],
    statedOutputs: [TensorType?] = [],
    inferGraph: @escaping (GraphID, [TensorType?]) -> [TensorType] = { _, _ in [] }
  ) {
    self.attributes = AttributeReader(attributes)
    self.sourceVersion = sourceVersion
    self.operands = operands
    self.hasOutput = hasOutput
    self.statedOutputs = statedOutputs
    outputCount = hasOutput.count
    self.inferGraph = inferGraph
  }

  /// The number of operands that the node names, including those left out between others.
  package var inputCount: Int { operands.count }

  /// Whether the operand is there.
  package func hasInput(_ index: Int) -> Bool {
    operands.indices.contains(index) && operands[index] != nil
  }

  /// The type of an operand that must be there.
  package func input(_ index: Int) throws(OperatorError) -> TensorType {
    guard operands.indices.contains(index), let operand = operands[index] else {
      throw .invalid("operand \(index) is missing")
    }
    return operand.type
  }

  /// The type of an operand that may be left out.
  package func optionalInput(_ index: Int) -> TensorType? {
    operands.indices.contains(index) ? operands[index]?.type : nil
  }

  /// The types of all operands from `start` on; those left out are skipped.
  package func inputs(from start: Int = 0) -> [TensorType] {
    operands.dropFirst(start).compactMap { $0?.type }
  }

  /// The values of an operand, where they are known while nothing runs.
  package func value(_ index: Int) -> Tensor? {
    operands.indices.contains(index) ? operands[index]?.value : nil
  }

  /// The values of an integer operand, where all are known.
  package func integers(_ index: Int) -> [Int]? { value(index)?.integerValues }

  /// The values of an integer operand as extents; some may be symbolic.
  package func dimensions(_ index: Int) -> [Dimension]? {
    guard operands.indices.contains(index), let operand = operands[index] else { return nil }
    if let dimensions = operand.dimensions { return dimensions }
    return operand.value?.integerValues?.map(Dimension.fixed)
  }

  /// A list of integers that is an operand in one format and an attribute in another.
  ///
  /// - Returns: `.absent` where neither is given, `.unknown` where the operand's values are not known.
  package func integers(
    operand index: Int?,
    attribute name: String
  ) throws(OperatorError) -> Parameter<[Int]> {
    if let index, hasInput(index) { return integers(index).map(Parameter.known) ?? .unknown }
    return try attributes.ints(name).map(Parameter.known) ?? .absent
  }

  /// The types of a nested graph's results for given operands.
  package func infer(_ graph: GraphID, _ operands: [TensorType?]) -> [TensorType] {
    inferGraph(graph, operands)
  }
}

/// A parameter that may be left out, and may be unknown before the model runs.
package enum Parameter<Value: Sendable>: Sendable {
  case absent
  case unknown
  case known(Value)
}
