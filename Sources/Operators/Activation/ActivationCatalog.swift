extension OperatorCatalog {
  static let activation: [OperatorDefinition] = []
}
