extension OperatorCatalog {
  static let generation: [OperatorDefinition] = []
}
