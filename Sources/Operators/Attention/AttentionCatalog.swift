extension OperatorCatalog {
  static let attention: [OperatorDefinition] = [
    .attention, .linearAttention, .rotaryEmbedding, .rotaryEmbeddingMicrosoft, .attentionMicrosoft,
    .skipLayerNormalization, .skipSimplifiedLayerNormalization, .biasGelu, .fastGelu, .quickGelu,
  ]
}
