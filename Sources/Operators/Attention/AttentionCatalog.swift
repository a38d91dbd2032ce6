extension OperatorCatalog {
  static let attention: [OperatorDefinition] = [
    .attention, .rotaryEmbedding, .rotaryEmbeddingMicrosoft,
  ]
}
