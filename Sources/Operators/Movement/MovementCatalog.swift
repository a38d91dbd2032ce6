extension OperatorCatalog {
  static let movement: [OperatorDefinition] = [.shape]
}
