import ModelIR

/// What an operator works on when it is evaluated.
package struct EvaluationContext {
  package let attributes: AttributeReader
  package let sourceVersion: Int?
  /// The operands; `nil` where one is left out.
  package let inputs: [Tensor?]
  /// How the operands' stored integers stand for real numbers.
  package let inputQuantization: [Quantization?]
  /// The types that the model states for the results.
  package let outputs: [TensorType?]
  /// How the results' stored integers stand for real numbers.
  package let outputQuantization: [Quantization?]
  /// Which results are wanted.
  package let hasOutput: [Bool]
  /// Runs a nested graph on operands.
  private let runGraph: (GraphID, [Tensor?]) throws(OperatorError) -> [Tensor]
  /// The seed of operators that draw random numbers and have none of their own.
  package let seed: UInt64
  /// What outlives a run.
  package let variables: VariableStore

  package init(
    attributes: Attributes,
    sourceVersion: Int? = nil,
    inputs: [Tensor?],
    inputQuantization: [Quantization?] = [],
    outputs: [TensorType?] = [],
    outputQuantization: [Quantization?] = [],
    hasOutput: [Bool] = [true],
    seed: UInt64 = 0,
    variables: VariableStore = VariableStore(),
    runGraph: @escaping (GraphID, [Tensor?]) throws(OperatorError) -> [Tensor] = {
      (_, _) throws(OperatorError) in throw .unsupported("nested graphs cannot be run here")
    }
  ) {
    self.attributes = AttributeReader(attributes)
    self.sourceVersion = sourceVersion
    self.inputs = inputs
    self.inputQuantization = inputQuantization
    self.outputs = outputs
    self.outputQuantization = outputQuantization
    self.hasOutput = hasOutput
    self.seed = seed
    self.variables = variables
    self.runGraph = runGraph
  }

  /// Whether the operand is there.
  package func hasInput(_ index: Int) -> Bool {
    inputs.indices.contains(index) && inputs[index] != nil
  }

  /// An operand that must be there.
  package func input(_ index: Int) throws(OperatorError) -> Tensor {
    guard inputs.indices.contains(index), let tensor = inputs[index] else {
      throw .invalid("operand \(index) is missing")
    }
    return tensor
  }

  /// An operand that may be left out.
  package func optionalInput(_ index: Int) -> Tensor? {
    inputs.indices.contains(index) ? inputs[index] : nil
  }

  /// All operands from `start` on; those left out are skipped.
  package func allInputs(from start: Int = 0) -> [Tensor] {
    inputs.dropFirst(start).compactMap { $0 }
  }

  /// The integers of an operand.
  package func integers(_ index: Int) throws(OperatorError) -> [Int] {
    guard let values = try input(index).integerValues else {
      throw .invalid("operand \(index) does not hold integers")
    }
    return values
  }

  /// A list of integers that is an operand in one format and an attribute in another.
  package func integers(
    operand index: Int?,
    attribute name: String
  ) throws(OperatorError) -> [Int]? {
    if let index, hasInput(index) { return try integers(index) }
    return try attributes.ints(name)
  }

  /// How operand `index` is quantized, where it is.
  package func quantization(ofInput index: Int) -> Quantization? {
    inputQuantization.indices.contains(index) ? inputQuantization[index] : nil
  }

  /// How result `index` is quantized, where it is.
  package func quantization(ofOutput index: Int) -> Quantization? {
    outputQuantization.indices.contains(index) ? outputQuantization[index] : nil
  }

  /// The element type that the model states for result `index`.
  package func outputElement(_ index: Int) -> ElementType? {
    outputs.indices.contains(index) ? outputs[index]?.element : nil
  }

  /// Runs a nested graph.
  package func run(_ graph: GraphID, _ operands: [Tensor?]) throws(OperatorError) -> [Tensor] {
    try runGraph(graph, operands)
  }

  /// The same node as the inference of types sees it, all operands' values known.
  package var operatorContext: OperatorContext {
    OperatorContext(
      attributes: attributes.attributes,
      sourceVersion: sourceVersion,
      operands: inputs.map { tensor in
        tensor.map { OperatorContext.Operand(type: $0.tensorType, value: $0) }
      },
      hasOutput: hasOutput,
      statedOutputs: outputs
    )
  }
}
