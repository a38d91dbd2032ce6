extension OperatorCatalog {
  static let sequence: [OperatorDefinition] = [
    .sequenceConstruct, .sequenceEmpty, .sequenceInsert, .sequenceErase, .sequenceAt,
    .sequenceLength, .splitToSequence, .concatFromSequence, .sequenceMap,
    .listReserve, .listEmpty, .listSetItem, .listGetItem, .listFromTensor, .listStack, .listGather,
    .listScatter, .listConcat, .listLength, .listPushBack, .listPopBack, .listResize,
    .optional, .optionalGetElement, .optionalHasElement,
  ]
}
