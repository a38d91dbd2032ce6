extension OperatorCatalog {
  static let attention: [OperatorDefinition] = []
}
