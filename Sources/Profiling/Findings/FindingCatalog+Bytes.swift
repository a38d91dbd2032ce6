// The texts of docs/findings.md; a test holds the two together.

extension FindingCatalog {
  static let bytes: [FindingExplanation] = [
    FindingExplanation(
      "B01",
      "dead-weights",
      .note,
      meaning: "Constants that no operator and no output reads. They are `dead-weights` in the "
        + "ledger.",
      fix: "remove them when exporting"
    ),
    FindingExplanation(
      "B02",
      "duplicate-weights",
      .note,
      meaning: "Constants of 64 bytes and more whose bytes stand in the file before. They are "
        + "`duplicates` in the ledger. Not looked for with `--no-weight-statistics`.",
      fix: "let the tensors share one buffer"
    ),
    FindingExplanation(
      "B03",
      "unattributed-bytes",
      .note,
      meaning: "Bytes that nothing in the format explains: unknown fields, data behind the "
        + "model.",
      fix: "none: ask who wrote the file"
    ),
  ]
}
