// The texts of docs/findings.md; a test holds the two together.

extension FindingCatalog {
  static let counts: [FindingExplanation] = [
    FindingExplanation(
      "C01",
      "uncounted-operator",
      .warning,
      meaning: "The operator is known, but its arithmetic depends on values. The totals are "
        + "lower bounds.",
      fix: "none"
    ),
    FindingExplanation(
      "C02",
      "unknown-operator",
      .warning,
      meaning: "The operator has no meaning here (custom, or newer than the tool). Nothing "
        + "about it is computed.",
      fix: "none for the counts; `--format json` has its attributes' place"
    ),
    FindingExplanation(
      "C03",
      "open-dimensions",
      .warning,
      meaning: "An input has extents that the file leaves open. Counts and memory that depend "
        + "on them are unknown.",
      fix: "`--shape INPUT=1x224x224x3`"
    ),
    FindingExplanation(
      "C04",
      "stated-shape",
      .warning,
      meaning: "The shape that the file states for a result is not the one that follows from "
        + "the operands; the inferred one is taken.",
      fix: "export the model again"
    ),
    FindingExplanation(
      "C05",
      "invalid-operator",
      .error,
      meaning: "Operands or attributes do not fit the operator's definition.",
      fix: "a runtime refuses it or computes something else; export the model again"
    ),
    FindingExplanation(
      "C06",
      "open-batch",
      .note,
      meaning: "The first extent of an input is open and was taken as the batch: 1, or what "
        + "`--batch` says.",
      fix: "`--batch N` counts for another one"
    ),
    FindingExplanation(
      "C07",
      "not-runnable",
      .note,
      meaning: "Operators without a kernel here, by type.",
      fix: "the model can be reported, not run"
    ),
    FindingExplanation(
      "C08",
      "open-shapes",
      .warning,
      meaning: "Operators are not counted because a shape that they depend on is open. The "
        + "totals are lower bounds.",
      fix: "fix the inputs with `--shape`; where the shape depends on values, only a run "
        + "tells"
    ),
  ]
}
