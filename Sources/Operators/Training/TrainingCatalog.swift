extension OperatorCatalog {
  static let training: [OperatorDefinition] = []
}
