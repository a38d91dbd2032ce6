extension OperatorCatalog {
  static let sequence: [OperatorDefinition] = [
    .sequenceConstruct, .sequenceEmpty, .sequenceInsert, .sequenceErase, .sequenceAt,
    .sequenceLength, .splitToSequence, .concatFromSequence, .sequenceMap,
    .optional, .optionalGetElement, .optionalHasElement,
  ]
}
