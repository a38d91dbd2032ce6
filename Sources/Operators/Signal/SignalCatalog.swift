extension OperatorCatalog {
  static let signal: [OperatorDefinition] = []
}
