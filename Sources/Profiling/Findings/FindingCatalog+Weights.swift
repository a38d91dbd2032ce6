// The texts of docs/findings.md; a test holds the two together.

extension FindingCatalog {
  static let weights: [FindingExplanation] = [
    FindingExplanation(
      "W01",
      "non-finite-weights",
      .error,
      meaning: "Weights that are NaN or infinite.",
      fix: "train or export again: every result that depends on them is NaN"
    ),
    FindingExplanation(
      "W02",
      "zero-weights",
      .warning,
      meaning: "A weight of two or more axes with nothing but zeros.",
      fix: "remove the operator, or check the export"
    ),
  ]
}
