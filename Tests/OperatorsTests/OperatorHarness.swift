import ModelIR
import Operators
import Testing

/// Applies one operator of the catalog by name.
enum OperatorHarness {
  /// The operator's results.
  static func evaluate(
    _ name: String,
    _ inputs: [Tensor?],
    _ attributes: Attributes = [:],
    outputs: Int = 1,
    outputQuantization: [Quantization?] = [],
    inputQuantization: [Quantization?] = []
  ) throws -> [Tensor] {
    let definition = try #require(OperatorCatalog.definition(of: name))
    let evaluate = try #require(definition.evaluate)
    return try evaluate(
      EvaluationContext(
        attributes: attributes,
        inputs: inputs,
        inputQuantization: inputQuantization,
        outputQuantization: outputQuantization,
        hasOutput: Array(repeating: true, count: outputs)
      )
    )
  }

  /// What is known of the operator's results.
  static func infer(
    _ name: String,
    _ operands: [OperatorContext.Operand?],
    _ attributes: Attributes = [:],
    outputs: Int = 1
  ) throws -> [Shape] {
    let infer = try #require(try definition(name).inferTypes)
    return try infer(context(operands, attributes, outputs)).map(\.shape)
  }

  /// The extents that flow through the operator.
  static func dimensions(
    _ name: String,
    _ operands: [OperatorContext.Operand?],
    _ attributes: Attributes = [:],
    outputs: Int = 1
  ) throws -> [Dimension]? {
    let infer = try #require(try definition(name).inferDimensions)
    return infer(context(operands, attributes, outputs))
  }

  private static func definition(_ name: String) throws -> OperatorDefinition {
    try #require(OperatorCatalog.definition(of: name))
  }

  private static func context(
    _ operands: [OperatorContext.Operand?],
    _ attributes: Attributes,
    _ outputs: Int
  ) -> OperatorContext {
    OperatorContext(
      attributes: attributes,
      sourceVersion: nil,
      operands: operands,
      hasOutput: Array(repeating: true, count: outputs)
    )
  }
}

extension OperatorContext.Operand {
  /// A float32 operand of which only the shape is known.
  static func shaped(_ dimensions: Dimension...) -> Self {
    .init(type: .init(.float32, .ranked(dimensions)))
  }

  /// A list of integers whose values are known.
  static func list(_ values: Int...) -> Self {
    .init(
      type: .init(.int64, .fixed([values.count])),
      value: Tensor([values.count], integers: values)
    )
  }

  /// A list of extents, some of them symbolic.
  static func extents(_ dimensions: Dimension...) -> Self {
    .init(type: .init(.int64, .fixed([dimensions.count])), dimensions: dimensions)
  }

  /// A scalar integer.
  static func scalar(_ value: Int) -> Self {
    .init(type: .init(.int64, .scalar), value: Tensor([], integers: [value]))
  }

  /// An operand of which nothing is known.
  static let unknown = Self(type: .init(.float32, .unknownRank))

  /// A list of `count` integers that are not known.
  static func hidden(_ count: Int) -> Self { .init(type: .init(.int64, .fixed([count]))) }
}

extension Tensor {
  /// A tensor that counts: 0, 1, 2 and so on.
  static func counting(_ sizes: Int...) -> Tensor {
    Tensor(sizes, integers: Array(0..<sizes.reduce(1, *)))
  }

  /// A list of integers.
  static func list(_ values: Int...) -> Tensor { Tensor([values.count], integers: values) }
}
