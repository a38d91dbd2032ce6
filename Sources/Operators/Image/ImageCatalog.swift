extension OperatorCatalog {
  static let image: [OperatorDefinition] = [
    .resize, .gridSample, .affineGrid, .imageDecoder,
    .cropAndResize, .nonMaxSuppressionV3, .nonMaxSuppression, .nonMaxSuppressionV4,
    .nonMaxSuppressionV5, .detectionPostProcess,
  ]
}
