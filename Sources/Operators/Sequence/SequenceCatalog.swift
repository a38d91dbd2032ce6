extension OperatorCatalog {
  static let sequence: [OperatorDefinition] = []
}
