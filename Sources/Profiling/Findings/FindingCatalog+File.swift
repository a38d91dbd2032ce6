// The texts of docs/findings.md; a test holds the two together.

extension FindingCatalog {
  static let file: [FindingExplanation] = [
    FindingExplanation(
      "F01",
      "quantization-axis",
      .warning,
      meaning: "Scales along an axis that the tensor does not have; TensorFlow Lite refuses "
        + "this, TensorFlow Lite Micro does not look. The only axis that is as long as "
        + "the list of scales is used; where there is none or several, the file is "
        + "refused (`MODEL_INVALID`).",
      fix: "export with a current converter"
    ),
    FindingExplanation(
      "F02",
      "quantization-scale",
      .warning,
      meaning: "A scale that is not a finite number above 0. Kept as it is.",
      fix: "export again; results through this tensor are not to be relied on"
    ),
    FindingExplanation(
      "F03",
      "zero-point",
      .warning,
      meaning: "A zero point that the tensor's type cannot hold. Kept as it is.",
      fix: "export again; results through this tensor are not to be relied on"
    ),
    FindingExplanation(
      "F04",
      "sparse-constant",
      .warning,
      meaning: "A sparse constant that cannot be made dense: packed elements, or a dense form "
        + "of more than 256 times the file's size or 2 GiB. Its sparsity is known, its "
        + "values are not.",
      fix: "convert the model without sparsity to see these values"
    ),
    FindingExplanation(
      "F05",
      "options-type",
      .warning,
      meaning: "An operator with the options of another one. Defaults are used, as the runtime "
        + "does; refused where a default of 0 cannot be (strides).",
      fix: "export again; a runtime may refuse the file"
    ),
    FindingExplanation(
      "F06",
      "external-buffer",
      .error,
      meaning: "Values in a file of their own (LiteRT's external buffers). Place and size are "
        + "known, the values are not.",
      fix: "keep the external file with the model"
    ),
    FindingExplanation(
      "F07",
      "unknown-builtin",
      .warning,
      meaning: "A builtin operator newer than this tool. Kept under the name `BUILTIN_<code>`, "
        + "not counted.",
      fix: "use a newer version of this tool"
    ),
    FindingExplanation(
      "F08",
      "shape-signature",
      .warning,
      meaning: "A shape signature with another number of axes than the shape. The shape is "
        + "used.",
      fix: "none is needed; `--shape` fixes other extents"
    ),
    FindingExplanation(
      "F09",
      "metadata",
      .note,
      meaning: "Metadata that cannot be read. Its size is listed.",
      fix: "write the metadata again with the metadata library"
    ),
    FindingExplanation(
      "F10",
      "long-name",
      .note,
      meaning: "A name of more than 4 KiB. The first 4 KiB and a hash are kept.",
      fix: "shorten the name where the model is made"
    ),
    FindingExplanation(
      "F31",
      "initializer-is-input",
      .note,
      meaning: "Constants are listed among the graph's inputs too, as IR version 3 and older "
        + "ask for. They are taken for constants; the inputs of the model are the others.",
      fix: "none is needed; newer exporters leave them out"
    ),
    FindingExplanation(
      "F32",
      "nodes-unsorted",
      .note,
      meaning: "Nodes stand before those that compute their operands, which the format "
        + "forbids. They were put in order; nodes that do not depend on each other keep "
        + "the order of the file.",
      fix: "sort the nodes when exporting: other tools may refuse the file"
    ),
    FindingExplanation(
      "F33",
      "external-data-missing",
      .warning,
      meaning: "Tensors are in a file that is not beside the model (or reading other files was "
        + "turned off). Their shapes and sizes are known, their values are not, and the "
        + "missing file is not in the byte ledger.",
      fix: "put the file that is named beside the model"
    ),
    FindingExplanation(
      "F34",
      "external-data-key",
      .warning,
      meaning: "External data has a key other than `location`, `offset`, `length`, `checksum`. "
        + "It was ignored.",
      fix: "remove the key"
    ),
    FindingExplanation(
      "F35",
      "unknown-operator",
      .warning,
      meaning: "Nodes of an operator that has no meaning here. They are in the graph, with "
        + "names and attributes; nothing about them is computed.",
      fix: "none for the counts; use operators of a standard domain where the figures "
        + "matter"
    ),
    FindingExplanation(
      "F36",
      "newer-than-known",
      .note,
      meaning: "The operator set or the IR version is newer than the newest one known when the "
        + "tool was written (28 and 14).",
      fix: "use a newer version of this tool"
    ),
    FindingExplanation(
      "F37",
      "operator-set-missing",
      .warning,
      meaning: "Nodes are of an operator set that the model does not import, so that its "
        + "version is unknown; the newest known one is assumed.",
      fix: "add the operator set to the imports of the model"
    ),
    FindingExplanation(
      "F38",
      "functions-inlined",
      .note,
      meaning: "Calls of local functions were replaced by the nodes in them; names of nodes "
        + "and values inside begin with the name of the call.",
      fix: "none is needed"
    ),
    FindingExplanation(
      "F39",
      "training-ignored",
      .note,
      meaning: "Bytes describe training. They are `optimizer-state` in the ledger.",
      fix: "export for inference"
    ),
    FindingExplanation(
      "F40",
      "unknown-fields",
      .note,
      meaning: "Bytes are in fields that the format does not have. They were skipped, and are "
        + "`unattributed` in the ledger.",
      fix: "export again, without extensions"
    ),
    FindingExplanation(
      "F41",
      "sparse-not-expanded",
      .warning,
      meaning: "A sparse constant was not made dense: the dense forms of the model would take "
        + "more than 64 times the file's size, its values are missing, or its elements "
        + "are smaller than a byte.",
      fix: "store the constant in its dense form"
    ),
    FindingExplanation(
      "F42",
      "quantization-not-understood",
      .warning,
      meaning: "A quantization annotation names no constant float scale that fits the shape of "
        + "the value.",
      fix: "write the annotation again, with constant scales that fit"
    ),
    FindingExplanation(
      "F43",
      "unused-functions",
      .note,
      meaning: "Local functions that nothing calls. They are `other-graphs` in the ledger.",
      fix: "remove the functions when exporting"
    ),
    FindingExplanation(
      "F44",
      "unknown-element-type",
      .warning,
      meaning: "Values (not constants) have an element type that has no meaning here. A "
        + "constant of such a type is an error.",
      fix: "use a newer version of this tool"
    ),
    FindingExplanation(
      "F45",
      "negative-dimension",
      .note,
      meaning: "Extents of values are -1, which the format does not allow. They are taken for "
        + "unknown.",
      fix: "name the extent, or leave it out"
    ),
  ]
}
