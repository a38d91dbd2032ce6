extension OperatorCatalog {
  static let indexing: [OperatorDefinition] = [
    .gather, .gatherElements, .gatherND,
    .scatterElements, .scatterND, .scatterIntoZeros, .sparseToDense,
    .oneHot, .invertPermutation, .nonZero, .where, .unique, .bucketize,
    .segmentSum, .unsortedSegmentSum, .unsortedSegmentProd, .unsortedSegmentMax,
    .unsortedSegmentMin,
    .embeddingLookup, .embeddingLookupSparse, .hashtableLookup, .lshProjection,
  ]
}
