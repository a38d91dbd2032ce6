// The texts of docs/findings.md; a test holds the two together.

extension FindingCatalog {
  static let structure: [FindingExplanation] = [
    FindingExplanation(
      "L01",
      "float-island",
      .warning,
      meaning: "Between integer operators the graph computes in floats: DEQUANTIZE, float "
        + "operators, QUANTIZE.",
      fix: "replace the float operators by ones with integer kernels, or leave this end of "
        + "the graph float"
    ),
    FindingExplanation(
      "L02",
      "requantization",
      .warning,
      meaning: "Two operators that only change the scale of a tensor follow each other.",
      fix: "let both sides share one scale, so that the pair disappears"
    ),
    FindingExplanation(
      "L03",
      "unstructured-sparsity",
      .note,
      meaning: "At least half of a weight is zero, in no pattern that a runtime makes use of "
        + "(2 of 4, XNNPACK's sparse 1×1 convolutions, TensorFlow Lite's sparse format). "
        + "Not looked for with `--no-weight-statistics`.",
      fix: "count on a smaller download (gzip), not on less time or memory; prune whole "
        + "channels or 2 of 4 weights for those"
    ),
    FindingExplanation(
      "L04",
      "unfused-normalization",
      .warning,
      meaning: "A batch normalization, or a product with one constant for each channel, behind "
        + "a linear operator that could hold it.",
      fix: "fold it into the weights and the bias of the operator before it"
    ),
    FindingExplanation(
      "L05",
      "unfused-activation",
      .note,
      meaning: "A clamping activation of its own behind an operator that could apply it "
        + "(TensorFlow Lite).",
      fix: "convert again, so that the operator before it applies the activation"
    ),
    FindingExplanation(
      "L06",
      "constant-subgraph",
      .note,
      meaning: "Operators whose results are known before the model runs. Looked for where all "
        + "extents are the file's own.",
      fix: "fold it into a constant when exporting (constant folding, a fixed batch)"
    ),
    FindingExplanation(
      "L07",
      "dominant-weight",
      .note,
      meaning: "At least half of the weights, and 64 KiB or more, belong to one matrix product "
        + "or table.",
      fix: "compress this one first: 8-bit weights, fewer units, or pooling before it"
    ),
    FindingExplanation(
      "L08",
      "emulated-dilation",
      .warning,
      meaning: "A dilated convolution is spelled as SPACE_TO_BATCH_ND, a convolution and "
        + "BATCH_TO_SPACE_ND.",
      fix: "convert again: a dilation is an attribute of the convolution"
    ),
    FindingExplanation(
      "L09",
      "transposed-convolution",
      .note,
      meaning: "A transposed convolution with a stride. Targets without a kernel for it "
        + "multiply by inserted zeros, which the MACs do not count.",
      fix: "where the target emulates it, resize and convolve instead"
    ),
    FindingExplanation(
      "L10",
      "redundant-movement",
      .note,
      meaning: "Transposes that undo each other or change nothing, reshapes behind reshapes.",
      fix: "remove it; exporters' optimizers do"
    ),
    FindingExplanation(
      "L11",
      "redundant-cast",
      .note,
      meaning: "A cast to the type that a value has, or one that the next cast undoes without "
        + "loss.",
      fix: "remove it"
    ),
  ]
}
