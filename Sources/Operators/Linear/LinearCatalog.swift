extension OperatorCatalog {
  static let linear: [OperatorDefinition] = [
    .convolution, .depthwiseConvolution, .transposedConvolution, .deformableConvolution,
    .fullyConnected, .gemm, .matMul, .einsum, .det,
  ]
}
