extension OperatorCatalog {
  static let control: [OperatorDefinition] = []
}
