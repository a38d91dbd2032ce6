extension OperatorCatalog {
  static let indexing: [OperatorDefinition] = []
}
