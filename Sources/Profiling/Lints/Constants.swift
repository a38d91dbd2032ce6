import ModelIR

extension Lint {
  /// Operators that only unpack weights; they are meant to run on constants.
  private static let unpacking: Set<String> = [
    "dequantize", "densify", "quantize", "constantOfShape", "fill", "range", "varHandle",
    "hashtable", "matMulNBits", "identity", "reshape", "transpose", "cast",
  ]

  /// Operators whose results are known before the model runs.
  static let constantSubgraph = Lint { context in
    guard context.hasFixedShapes else { return [] }
    let rows = context.sites.filter { site in
      let node = context.node(site)
      guard !unpacking.contains(node.op.name), node.attributes.graphs.isEmpty, node.op.isKnown
      else { return false }
      let outputs = node.outputs.compactMap { $0 }
      return !outputs.isEmpty
        && outputs.allSatisfy { context.types[site.graph.index].known[$0.index] != nil }
    }.map(\.row)
    return context.finding(
      "L06 constant-subgraph",
      .note,
      at: rows,
      fix: "fold it into a constant when exporting (constant folding, a fixed batch)"
    ) { "\($0) computes the same values in every run" }
  }

  /// One weight that most of the file consists of.
  static let dominantWeight = Lint { context in
    let weights = context.constants.filter(\.isParameter)
    let total = weights.reduce(0) { $0 + ($1.bytes ?? 0) }
    guard let most = weights.max(by: { ($0.bytes ?? 0) < ($1.bytes ?? 0) }), weights.count > 1,
      let bytes = most.bytes, bytes >= 64 << 10, 2 * bytes >= total, let row = most.operatorIndex,
      ["fullyConnected", "gemm", "matMul", "gather", "embeddingLookup"].contains(
        context.rows[row].type
      )
    else { return [] }
    let share = (100 * bytes + total / 2) / max(1, total)
    return context.finding(
      "L07 dominant-weight",
      .note,
      at: [row],
      fix: "compress this one first: 8-bit weights, fewer units, or pooling before it",
      savingBytes: most.type == .float32 ? bytes / 4 * 3 : nil
    ) { "\(share) % of the weights belong to \($0)" }
  }
}
