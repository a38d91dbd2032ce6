extension OperatorCatalog {
  static let elementwiseBinary: [OperatorDefinition] = []
}
