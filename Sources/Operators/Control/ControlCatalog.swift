extension OperatorCatalog {
  static let control: [OperatorDefinition] = [
    .if, .while, .loop, .scan, .call, .callOnce,
    .varHandle, .readVariable, .assignVariable,
    .hashtable, .hashtableFind, .hashtableImport, .hashtableSize,
  ]
}
