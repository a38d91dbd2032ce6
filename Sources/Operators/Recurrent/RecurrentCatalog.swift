extension OperatorCatalog {
  static let recurrent: [OperatorDefinition] = []
}
