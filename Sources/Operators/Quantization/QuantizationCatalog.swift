extension OperatorCatalog {
  static let quantization: [OperatorDefinition] = [
    .quantize, .dequantize, .densify, .dynamicQuantize, .fakeQuantize, .matMulInteger,
    .convolutionInteger, .qLinearConvolution, .qLinearMatMul, .qLinearAdd, .qLinearMul,
    .qLinearSigmoid, .qLinearLeakyRelu, .qLinearSoftmax, .qLinearConcat, .qLinearAveragePool,
    .qLinearGlobalAveragePool, .qGemm, .matMulIntegerToFloat, .dynamicQuantizeMatMul, .matMulNBits,
  ]
}
