extension OperatorCatalog {
  static let pooling: [OperatorDefinition] = [
    .averagePool, .maxPool, .lpPool, .globalAveragePool, .globalMaxPool, .globalLpPool, .maxUnpool,
    .maxRoiPool, .roiAlign, .adaptiveAveragePool, .adaptiveMaxPool,
  ]
}
