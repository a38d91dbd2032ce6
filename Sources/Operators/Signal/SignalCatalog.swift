extension OperatorCatalog {
  static let signal: [OperatorDefinition] = [
    .dft, .stft, .rfft2D, .fourierTransform, .complexAbs, .real, .imag,
  ]
}
