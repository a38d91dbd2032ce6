extension OperatorCatalog {
  static let quantization: [OperatorDefinition] = [
    .quantize, .dequantize, .densify, .dynamicQuantize, .fakeQuantize, .matMulInteger,
    .convolutionInteger, .qLinearConvolution, .qLinearMatMul,
  ]
}
