extension OperatorCatalog {
  static let reduction: [OperatorDefinition] = []
}
