import ModelIR

extension Lint {
  /// Float operators between integer ones: DEQUANTIZE, float arithmetic, QUANTIZE.
  static let floatIsland = Lint { context in
    guard context.model.format == .tflite else { return [] }
    var rows: [Int] = []
    for site in context.sites where context.node(site).op.name == "dequantize" {
      guard let input = context.input(site, 0), let output = context.output(site),
        !context.model[site.graph][input].isConstant,
        context.producer(site.graph, input) != nil
      else { continue }
      var seen: Set<NodeID> = []
      var waiting = context.consumers(site.graph, output)
      while let next = waiting.popLast() {
        guard seen.insert(next.node).inserted else { continue }
        if context.node(next).op.name == "quantize" {
          // Nothing between the two is a chain of its own code.
          if seen.count > 1 { rows.append(site.row) }
          break
        }
        for case .some(let result) in context.node(next).outputs {
          waiting += context.consumers(site.graph, result)
        }
      }
    }
    return context.finding(
      "L01 float-island",
      .warning,
      at: rows,
      fix:
        "replace the float operators by ones with integer kernels, or leave this end of the graph"
        + " float"
    ) { "after \($0) the graph computes in floats and then quantizes again" }
  }

  /// DEQUANTIZE directly into QUANTIZE, or one QUANTIZE after the other.
  static let requantization = Lint { context in
    var rows: [Int] = []
    var bytes = 0
    for site in context.sites {
      let name = context.node(site).op.name
      guard name == "dequantize" || (name == "quantize" && context.model.format == .tflite),
        let output = context.output(site),
        let next = context.onlyConsumer(site.graph, output),
        context.node(next).op.name == "quantize", context.input(next, 0) == output,
        let input = context.input(site, 0), !context.model[site.graph][input].isConstant
      else { continue }
      rows.append(site.row)
      bytes += context.bytes(site.graph, output) ?? 0
    }
    return context.finding(
      "L02 requantization",
      .warning,
      at: rows,
      fix: "let both sides share one scale, so that the pair disappears",
      savingBytes: rows.isEmpty ? nil : bytes
    ) { "\($0) and the operator behind it only change the scale of a tensor" }
  }
}
