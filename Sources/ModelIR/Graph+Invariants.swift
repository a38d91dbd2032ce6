import ByteIO

/// What a graph promises to everything that works on it.
///
/// 1. Every identifier names an element of its arena.
/// 2. Every value is computed at most once; constants, variables and inputs by no node.
/// 3. Nodes are ordered: a value is computed before it is read.
extension Graph {
  /// Checks the promises above; a loader calls it last, and so does every edit.
  ///
  /// - Parameter graphCount: How many graphs the model has.
  /// - Throws: `MODEL_INVALID` with the node's path.
  /// - Complexity: O(nodes + values).
  package func checkInvariants(graphCount: Int) throws(ReadError) {
    try checkBoundary()
    var isReady = values.map { $0.isConstant || isVariable($0) }
    for input in inputs { isReady[input.index] = true }
    for capture in captures {
      try check(capture.inner, "captures")
      isReady[capture.inner.index] = true
    }
    var isComputed = Array(repeating: false, count: values.count)
    for node in nodes {
      for case .some(let input) in node.inputs {
        try check(input, node.origin.path)
        guard isReady[input.index] else {
          throw ReadError(
            .modelInvalid,
            "operator \(quoted(node.name)) (\(node.origin.sourceType)) reads"
              + " \(quoted(values[input.index].name)) before anything computes it",
            path: node.origin.path
          )
        }
      }
      for case .some(let output) in node.outputs {
        try check(output, node.origin.path)
        guard !isComputed[output.index], !values[output.index].isConstant else {
          throw ReadError(
            .modelInvalid,
            "operator \(quoted(node.name)) (\(node.origin.sourceType)) computes"
              + " \(quoted(values[output.index].name)), which is already given",
            path: node.origin.path
          )
        }
        isComputed[output.index] = true
        isReady[output.index] = true
      }
      for graph in node.attributes.graphs where !(0..<graphCount).contains(graph.index) {
        throw ReadError(
          .modelInvalid,
          "operator \(quoted(node.name)) names graph \(graph.index) of \(graphCount)",
          path: node.origin.path
        )
      }
    }
    for output in outputs where !isReady[output.index] {
      throw ReadError(
        .modelInvalid,
        "nothing computes the output \(quoted(values[output.index].name))",
        path: "outputs"
      )
    }
  }

  private func checkBoundary() throws(ReadError) {
    for input in inputs { try check(input, "inputs") }
    for output in outputs { try check(output, "outputs") }
  }

  private func check(_ value: ValueID, _ path: String) throws(ReadError) {
    guard values.indices.contains(value.index) else {
      throw ReadError(
        .modelInvalid,
        "tensor \(value.index) is named, but the graph has \(values.count)",
        path: path
      )
    }
  }

  private func isVariable(_ value: Value) -> Bool {
    if case .variable = value.content { return true }
    return false
  }

  private func quoted(_ name: String) -> String { "\"\(name)\"" }
}
