extension OperatorCatalog {
  static let training: [OperatorDefinition] = [
    .negativeLogLikelihoodLoss, .softmaxCrossEntropyLoss, .adagrad, .adam, .momentum, .gradient,
  ]
}
