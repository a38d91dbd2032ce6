extension OperatorCatalog {
  static let activation: [OperatorDefinition] = [
    .sigmoid, .tanh, .relu, .relu6, .reluN1To1, .relu0To1, .leakyRelu, .elu, .selu, .celu,
    .hardSigmoid, .hardSwish, .gelu, .softplus, .softsign, .mish, .swish, .thresholdedRelu, .shrink,
    .clip, .prelu, .softmax, .logSoftmax, .hardmax,
  ]
}
