extension OperatorCatalog {
  static let quantization: [OperatorDefinition] = []
}
