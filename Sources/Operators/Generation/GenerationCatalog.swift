extension OperatorCatalog {
  static let generation: [OperatorDefinition] = [
    .range, .fill, .constantOfShape, .eyeLike,
    .randomNormal, .randomUniform, .randomNormalLike, .randomUniformLike, .bernoulli, .multinomial,
    .hannWindow, .hammingWindow, .blackmanWindow, .melWeightMatrix,
  ]
}
