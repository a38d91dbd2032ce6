// The texts of docs/findings.md; a test holds the two together.

extension FindingCatalog {
  static let loaders: [FindingExplanation] = [
    FindingExplanation(
      "R01",
      "not-measured",
      .warning,
      meaning:
        "`--measure` could not run the model; the message says why: an operator without "
        + "a kernel (with its name and the format's spelling), open extents, a limit. The "
        + "rest of the report is as without it.",
      fix: "`--shape`, `--input`"
    ),
    FindingExplanation(
      "T01",
      "unknown-operator",
      .warning,
      meaning:
        "Operators of TensorFlow that have no meaning here. They stay in the graph under "
        + "their own names.",
      fix: "their arithmetic is not counted, and the model cannot be run"
    ),
    FindingExplanation(
      "T02",
      "unsupported-form",
      .warning,
      meaning:
        "Operators that are known, in a form that is not: a parameter that is no "
        + "constant, channels first where no bias can be, statistics of the batch.",
      fix: "as for `T01`"
    ),
    FindingExplanation(
      "T03",
      "outside-access",
      .error,
      meaning:
        "Operators that read or write files, use the network, or run code that is not in "
        + "the model (`ReadFile`, `PyFunc`, …), anywhere in the file, used or not. They "
        + "are never run here.",
      fix: "find out who made the model before TensorFlow runs it"
    ),
    FindingExplanation(
      "T04",
      "missing-weights",
      .error,
      meaning:
        "Data files that the checkpoint's index names are not there. Their weights are "
        + "unknown.",
      fix: "copy the whole directory"
    ),
    FindingExplanation(
      "T05",
      "unbound-variable",
      .error,
      meaning: "Variables that the checkpoint has no value for.",
      fix: "save the model again"
    ),
    FindingExplanation(
      "T06",
      "skipped-entry",
      .warning,
      meaning:
        "Entries of the directory that are neither files nor directories: links and the "
        + "like. They are not followed and not counted.",
      fix: "put the files themselves into the directory"
    ),
    FindingExplanation(
      "T07",
      "raised-control-flow",
      .note,
      meaning:
        "Loops and choices of TensorFlow 1 (`Switch`, `Merge`, `Enter`, `Exit`) that "
        + "became `while` and `if`.",
      fix: "none is needed"
    ),
    FindingExplanation(
      "T08",
      "assembled-normalization",
      .note,
      meaning:
        "Batch normalizations that the file has in parts and that are shown as one "
        + "operator.",
      fix: "none is needed"
    ),
    FindingExplanation(
      "T09",
      "other-signatures",
      .note,
      meaning:
        "Signatures beside the one that is shown. What only they need is `other-graphs` "
        + "in the ledger.",
      fix: "`--signature NAME` chooses one"
    ),
    FindingExplanation(
      "T10",
      "training-state",
      .note,
      meaning:
        "Tensors of the checkpoint are the state of an optimizer, of metrics or "
        + "counters: `optimizer-state` in the ledger.",
      fix: "`model.export` of Keras 3 writes the model without it"
    ),
    FindingExplanation(
      "K01",
      "lambda-layer",
      .warning,
      meaning:
        "A Lambda layer: Python code in the file. It is never run nor decoded; the layer "
        + "stays in the graph as an unknown operator.",
      fix: "replace it by layers of Keras"
    ),
    FindingExplanation(
      "K02",
      "unknown-layer",
      .warning,
      meaning:
        "A layer of a class that is not Keras' own or has no meaning here (or a whole "
        + "model of such a class). It is in the graph with its weights; nothing about it "
        + "is computed.",
      fix: "use layers of Keras where the figures matter"
    ),
    FindingExplanation(
      "K03",
      "weights-only",
      .note,
      meaning:
        "The file holds weights and no layers. Ledger and weight statistics are "
        + "complete; there is no graph.",
      fix: "save the whole model (`model.save`)"
    ),
    FindingExplanation(
      "K04",
      "training-state",
      .note,
      meaning:
        "Bytes are the state of an optimizer or of random numbers. They are "
        + "`optimizer-state` in the ledger.",
      fix: "save with `include_optimizer=False`"
    ),
    FindingExplanation(
      "K05",
      "stateful-layer",
      .note,
      meaning:
        "A recurrent layer that keeps its states between calls. Here each call starts "
        + "with zeros.",
      fix: "none is needed"
    ),
    FindingExplanation(
      "K06",
      "unplaced-weights",
      .warning,
      meaning: "Weights that no layer takes. They are constants without a reader.",
      fix: "save the whole model again"
    ),
    FindingExplanation(
      "K07",
      "missing-weights",
      .warning,
      meaning:
        "A layer's weights are not in the file, or their values are not read (a type "
        + "without meaning here, or more than 64 times the file's size once decompressed).",
      fix: "save the whole model again"
    ),
    FindingExplanation(
      "K08",
      "compressed-weights",
      .note,
      meaning:
        "Weights in chunks or in a compressed member: they were copied into memory, and "
        + "bytes of a compressed member cannot be told apart.",
      fix: "save without compression"
    ),
    FindingExplanation(
      "K09",
      "option-not-followed",
      .warning,
      meaning:
        "A layer with an option that is not computed here; the message says which. The "
        + "layer stays in the graph as an unknown operator.",
      fix: "none"
    ),
    FindingExplanation(
      "K10",
      "mixed-precision",
      .note,
      meaning:
        "A layer computes in 16 bits beside weights of 32. It is computed in the type of "
        + "its weights.",
      fix: "none is needed"
    ),
  ]
}
