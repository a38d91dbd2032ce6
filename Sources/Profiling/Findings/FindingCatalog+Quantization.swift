// The texts of docs/findings.md; a test holds the two together.

extension FindingCatalog {
  static let quantization: [FindingExplanation] = [
    FindingExplanation(
      "Q01",
      "weight-axis",
      .error,
      meaning: "8-bit weights with scales along another axis than the output channels.",
      fix: "convert again: kernels read one scale for each output channel"
    ),
    FindingExplanation(
      "Q02",
      "weight-zero-point",
      .error,
      meaning: "8-bit weights with a zero point other than 0.",
      fix: "convert again with symmetric weights: kernels refuse these or ignore the zero "
        + "point"
    ),
    FindingExplanation(
      "Q03",
      "bias-scale",
      .error,
      meaning: "A bias whose scale is not input scale × weight scale.",
      fix: "convert again: kernels add the bias as it is, without a scale of its own"
    ),
    FindingExplanation(
      "Q04",
      "unequal-scales",
      .error,
      meaning: "An operator that only moves values has other scales at its result than at an "
        + "operand, which the specification forbids.",
      fix: "convert again: kernels copy the integers, so the values are wrong"
    ),
    FindingExplanation(
      "Q05",
      "unequal-scales-unspecified",
      .warning,
      meaning: "The same for operators where only the converter keeps to it.",
      fix: "convert again; the converter gives both sides one scale"
    ),
    FindingExplanation(
      "Q06",
      "fixed-output-scale",
      .error,
      meaning: "The result of a softmax, sigmoid, tanh or the like has another scale than the "
        + "specified one.",
      fix: "convert again: kernels assume the specified scale, whatever the file says"
    ),
    FindingExplanation(
      "Q07",
      "shared-concat-scale",
      .warning,
      meaning: "A concatenation joins values in [0, 1] with others under one scale that leaves "
        + "the former fewer than 16 steps (boxes and scores of a detector).",
      fix: "end the graph before the concatenation, or scale the other operands to [0, 1]"
    ),
    FindingExplanation(
      "Q08",
      "no-int16-kernel",
      .warning,
      meaning: "An operator with 16-bit operands of which the converter knows no 16-bit form.",
      fix: "keep this operator at 8 bits or as float, or replace it"
    ),
  ]
}
