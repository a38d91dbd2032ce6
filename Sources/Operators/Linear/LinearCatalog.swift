extension OperatorCatalog {
  static let linear: [OperatorDefinition] = [
    .convolution, .depthwiseConvolution, .transposedConvolution, .deformableConvolution,
    .causalConvWithState, .fullyConnected, .gemm, .matMul, .einsum, .det, .fusedMatMul,
    .fusedConvolution,
  ]
}
