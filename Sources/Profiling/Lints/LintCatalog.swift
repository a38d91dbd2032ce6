/// All lints, in the order of their codes.
enum LintCatalog {
  static let all: [Lint] = [
    .quantizationAxis, .weightZeroPoint, .biasScale, .unequalScales, .fixedOutputScale,
    .sharedConcatScale, .notInt16, .floatIsland, .requantization, .unstructuredSparsity,
    .unfusedNormalization, .unfusedActivation, .constantSubgraph, .emulatedDilation,
    .transposedConvolution, .redundantMovement, .redundantCast, .dominantWeight, .finalSoftmax,
    .inputNormalization, .resizeInGraph, .suppressionInGraph, .floatBoundary,
  ]
}
