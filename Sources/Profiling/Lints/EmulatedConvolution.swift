import ModelIR

extension Lint {
  /// A dilated convolution spelled as SPACE_TO_BATCH_ND, a convolution, BATCH_TO_SPACE_ND.
  static let emulatedDilation = Lint { context in
    var rows: [Int] = []
    var bytes = 0
    for site in context.sites where context.node(site).op.name == "spaceToBatch" {
      guard let output = context.output(site),
        let middle = context.onlyConsumer(site.graph, output),
        ["convolution", "depthwiseConvolution"].contains(context.node(middle).op.name),
        let result = context.output(middle),
        let last = context.onlyConsumer(site.graph, result),
        context.node(last).op.name == "batchToSpace"
      else { continue }
      rows.append(site.row)
      bytes += context.bytes(site.graph, output) ?? 0
      bytes += context.output(last).flatMap { context.bytes(site.graph, $0) } ?? 0
    }
    return context.finding(
      "L08 emulated-dilation",
      .warning,
      at: rows,
      fix: "convert again: a dilation is an attribute of the convolution",
      savingBytes: rows.isEmpty ? nil : bytes
    ) { "\($0) begins a dilated convolution that copies its tensors before and after" }
  }

  /// Transposed convolutions with a stride, which some targets run on a tensor filled up with zeros.
  static let transposedConvolution = Lint { context in
    let rows = context.sites.filter { site in
      let node = context.node(site)
      return node.op.name == "transposedConvolution"
        && (node.ints("strides") ?? []).contains { $0 > 1 }
    }.map(\.row)
    return context.finding(
      "L09 transposed-convolution",
      .note,
      at: rows,
      fix: "where the target emulates it, resize and convolve instead"
    ) {
      "\($0) has a stride: targets without a kernel for it multiply by inserted zeros, which the MACs"
        + " here do not count"
    }
  }
}
