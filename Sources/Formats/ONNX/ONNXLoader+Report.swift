import ModelIR

/// What was understood but matters, as diagnostics; docs/findings.md explains the codes.
extension ONNXLoader {
  mutating func report(_ header: ModelHeader) {
    note("F31 initializer-is-input", tally.initializersAsInputs) { count in
      "\(count) initializers are listed among the inputs too (IR version 3 and older ask for it);"
        + " they are taken for constants"
    }
    for graph in tally.unsortedGraphs {
      diagnostics.append(
        Diagnostic(
          "F32 nodes-unsorted",
          .note,
          "nodes stand before those that compute their operands; they were put in order",
          fix: "save the model with its nodes sorted, as the format asks",
          graph: graph
        )
      )
    }
    reportExternalData()
    for (name, count) in tally.unknownOperators.sorted(by: { $0.key < $1.key }) {
      diagnostics.append(
        Diagnostic(
          "F35 unknown-operator",
          .warning,
          "\(count) node\(count == 1 ? "" : "s") of \(name), an operator that has no meaning here"
        )
      )
    }
    for domain in tally.domainsWithoutOpset.sorted() {
      diagnostics.append(
        Diagnostic(
          "F37 operator-set-missing",
          .warning,
          "operators of \"\(domain.isEmpty ? "ai.onnx" : domain)\" are used, but the model does not"
            + " say which version of that operator set it means; the newest one is assumed"
        )
      )
    }
    let inlinedNodes = tally.inlinedNodes
    note("F38 functions-inlined", tally.inlinedCalls) { count in
      "\(count) calls of local functions were replaced by the \(inlinedNodes) nodes in them"
    }
    note("F39 training-ignored", header.trainingBytes) { count in
      "\(count) bytes describe training, which inference does not use"
    }
    note("F40 unknown-fields", book.unknownFieldBytes) { count in
      "\(count) bytes are in fields that the format does not have; they were skipped"
    }
    for name in tally.unexpandedSparse {
      diagnostics.append(
        Diagnostic(
          "F41 sparse-not-expanded",
          .warning,
          "the sparse constant \"\(name)\" was not made dense: its values are unknown"
        )
      )
    }
    for name in tally.unusedAnnotations {
      diagnostics.append(
        Diagnostic(
          "F42 quantization-not-understood",
          .warning,
          "the quantization of \"\(name)\" names no constant scale that fits its shape"
        )
      )
    }
    note("F43 unused-functions", functions.count { !$0.isUsed }) { count in
      "\(count) local functions are called by nothing"
    }
    for (type, count) in tally.unknownTypes.sorted(by: { $0.key < $1.key }) {
      diagnostics.append(
        Diagnostic(
          "F44 unknown-element-type",
          .warning,
          "\(count) values have element type \(DataType.name(type)), which has no meaning here"
        )
      )
    }
    note("F45 negative-dimension", tally.negativeDimensions) { count in
      "\(count) extents of values are -1, which the format does not allow; they are taken for unknown"
    }
  }

  private mutating func reportExternalData() {
    for (path, count) in tally.missingFiles.sorted(by: { $0.key < $1.key }) {
      diagnostics.append(
        Diagnostic(
          "F33 external-data-missing",
          .warning,
          "\(count) tensors are in the file \"\(path)\", which is not there: their values are unknown",
          fix: "put the file beside the model"
        )
      )
    }
    for key in tally.unknownExternalKeys.sorted() {
      diagnostics.append(
        Diagnostic(
          "F34 external-data-key",
          .warning,
          "external data has the key \"\(key)\", which the format does not have; it was ignored"
        )
      )
    }
  }

  private mutating func note(_ code: String, _ count: Int, _ message: (Int) -> String) {
    guard count > 0 else { return }
    diagnostics.append(Diagnostic(code, .note, message(count)))
  }
}
