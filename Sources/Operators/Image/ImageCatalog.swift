extension OperatorCatalog {
  static let image: [OperatorDefinition] = []
}
