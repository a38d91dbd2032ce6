// The texts of docs/findings.md; a test holds the two together.

extension FindingCatalog {
  static let boundaries: [FindingExplanation] = [
    FindingExplanation(
      "P01",
      "final-softmax",
      .note,
      meaning: "The graph ends in a softmax: it does not change the ranking, and at 8 bits it "
        + "hides differences.",
      fix: "end at the logits where only the greatest counts; compare compressed models "
        + "before it"
    ),
    FindingExplanation(
      "P02",
      "input-normalization",
      .note,
      meaning: "The graph begins with arithmetic with a constant on an input of three or more "
        + "axes.",
      fix: "give the model raw values: the graph scales them; or fold the scaling into the "
        + "first weights"
    ),
    FindingExplanation(
      "P03",
      "resize-in-graph",
      .note,
      meaning: "The graph resizes an input.",
      fix: "give the model images of its own size, or count this as its price"
    ),
    FindingExplanation(
      "P04",
      "suppression-in-graph",
      .note,
      meaning: "The graph selects boxes (non-maximum suppression); accelerators leave it to "
        + "the CPU.",
      fix: "end the graph at boxes and scores where the target has no kernel for it"
    ),
    FindingExplanation(
      "P05",
      "float-boundary",
      .note,
      meaning: "An integer model with float inputs or outputs.",
      fix: "convert with integer inputs and outputs where the caller has integers"
    ),
  ]
}
