extension OperatorCatalog {
  static let normalization: [OperatorDefinition] = [
    .batchNormalization, .instanceNormalization, .groupNormalization, .layerNormalization,
    .rmsNormalization, .meanVarianceNormalization, .lpNormalization, .l2Normalization,
    .localResponseNormalization,
  ]
}
