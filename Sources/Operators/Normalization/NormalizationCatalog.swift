extension OperatorCatalog {
  static let normalization: [OperatorDefinition] = []
}
