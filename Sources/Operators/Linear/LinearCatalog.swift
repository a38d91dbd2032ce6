extension OperatorCatalog {
  static let linear: [OperatorDefinition] = [.convolution]
}
