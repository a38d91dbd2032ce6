extension OperatorCatalog {
  static let signal: [OperatorDefinition] = [.dft, .stft, .rfft2D, .complexAbs, .real, .imag]
}
