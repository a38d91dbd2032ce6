import ModelIR

/// Everything that the tool knows of one operator, whatever its format.
///
/// A facet that is missing is a reported fact: no `cost` means uncounted, no `evaluate` means that the
/// operator cannot be run.
package struct OperatorDefinition: Sendable {
  /// Infers the types of the results; one for each result that the operator can have, in order.
  package typealias TypeInference =
    @Sendable (OperatorContext) throws(OperatorError) -> [TensorType]
  /// Gives the first result's integers as extents, where some of them are symbolic.
  package typealias DimensionInference = @Sendable (OperatorContext) -> [Dimension]?
  /// Computes the results; one for each result that the node names, in order.
  package typealias Evaluation = @Sendable (EvaluationContext) throws(OperatorError) -> [Tensor]

  /// What operators have in common, for tables and colours.
  package enum Family: String, Sendable, CaseIterable {
    case activation, arithmetic, comparison, control, convolution, detection, generation
    case indexing, movement, normalization, pooling, quantization, random, recurrent, reduction
    case sequence, signal, state, text, training
    case matrixProduct = "matrix product"
  }

  /// The canonical name.
  package let name: String
  /// One sentence: what it computes.
  package let summary: String
  package let family: Family
  /// How many operands it takes.
  package let inputs: ClosedRange<Int>
  /// How many results it has.
  package let outputs: ClosedRange<Int>
  package let inferTypes: TypeInference?
  package let inferDimensions: DimensionInference?
  package let cost: CostRule?
  package let evaluate: Evaluation?
  /// Whether equal operands always give equal results (false for random numbers and state).
  package let isPure: Bool
  /// The operands that hold state, where they are variables; the evaluation gives their new values
  /// behind the other results, in this order.
  package let stateOperands: @Sendable (AttributeReader) -> [Int]

  package init(
    _ name: String,
    _ summary: String,
    family: Family,
    inputs: ClosedRange<Int>,
    outputs: ClosedRange<Int> = 1...1,
    inferTypes: TypeInference? = nil,
    inferDimensions: DimensionInference? = nil,
    cost: CostRule? = nil,
    evaluate: Evaluation? = nil,
    isPure: Bool = true,
    stateOperands: @escaping @Sendable (AttributeReader) -> [Int] = { _ in [] }
  ) {
    self.name = name
    self.summary = summary
    self.family = family
    self.inputs = inputs
    self.outputs = outputs
    self.inferTypes = inferTypes
    self.inferDimensions = inferDimensions
    self.cost = cost
    self.evaluate = evaluate
    self.isPure = isPure
    self.stateOperands = stateOperands
  }
}

extension ClosedRange<Int> {
  /// Any number of operands from `least` on.
  package static func atLeast(_ least: Int) -> ClosedRange<Int> { least...Int.max }
}
