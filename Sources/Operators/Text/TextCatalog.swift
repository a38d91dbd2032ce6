extension OperatorCatalog {
  static let text: [OperatorDefinition] = [
    .stringNormalizer, .stringConcat, .stringSplit, .skipGram, .regexFullMatch, .tfIdfVectorizer,
    .labelEncoder,
  ]
}
