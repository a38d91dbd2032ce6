/// All operators that the tool gives a meaning to: one line a family, one entry an operator.
package enum OperatorCatalog {
  /// Every definition, by family file.
  package static let all: [OperatorDefinition] = [
    elementwiseUnary, elementwiseBinary, activation, linear, pooling, normalization, reduction,
    movement, indexing, generation, quantization, recurrent, attention, control, sequence, image,
    signal, text, training, stableHLO,
  ].flatMap { $0 }

  /// The definition of a canonical name.
  package static func definition(of name: String) -> OperatorDefinition? { byName[name] }

  private static let byName = Dictionary(
    all.map { ($0.name, $0) },
    uniquingKeysWith: { first, _ in first }
  )
}
