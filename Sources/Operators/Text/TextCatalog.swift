extension OperatorCatalog {
  static let text: [OperatorDefinition] = [
    .stringNormalizer, .stringConcat, .stringSplit, .skipGram, .tfIdfVectorizer, .labelEncoder,
  ]
}
