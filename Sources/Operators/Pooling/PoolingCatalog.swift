extension OperatorCatalog {
  static let pooling: [OperatorDefinition] = []
}
