extension OperatorCatalog {
  static let text: [OperatorDefinition] = []
}
