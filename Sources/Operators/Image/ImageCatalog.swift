extension OperatorCatalog {
  static let image: [OperatorDefinition] = [
    .resize, .gridSample, .affineGrid, .imageDecoder,
    .nonMaxSuppression, .nonMaxSuppressionV4, .nonMaxSuppressionV5, .detectionPostProcess,
  ]
}
