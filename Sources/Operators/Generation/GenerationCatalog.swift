extension OperatorCatalog {
  static let generation: [OperatorDefinition] = [
    .range, .linSpace, .fill, .constantOfShape, .eyeLike,
    .randomNormal, .randomUniform, .randomNormalLike, .randomUniformLike, .bernoulli, .multinomial,
    .hannWindow, .hammingWindow, .blackmanWindow, .melWeightMatrix,
  ]
}
