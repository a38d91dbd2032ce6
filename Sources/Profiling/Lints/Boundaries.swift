import ModelIR

extension Lint {
  /// A softmax as the last operator.
  static let finalSoftmax = Lint { context in
    let graph = context.model.main
    let rows = context.sites.filter { site in
      guard site.graph == Model.mainGraph, context.node(site).op.name == "softmax",
        let output = context.output(site)
      else { return false }
      if graph.outputs.contains(output) { return true }
      guard let next = context.onlyConsumer(site.graph, output),
        ["dequantize", "quantize"].contains(context.node(next).op.name),
        let result = context.output(next)
      else { return false }
      return graph.outputs.contains(result)
    }.map(\.row)
    return context.finding(
      "P01 final-softmax",
      .note,
      at: rows,
      fix: "end at the logits where only the greatest counts; compare compressed models before it"
    ) { "\($0) ends the graph: it does not change the ranking, and at 8 bits it hides differences" }
  }

  /// Arithmetic with constants at an input.
  static let inputNormalization = Lint { context in
    let graph = context.model.main
    var rows: [Int] = []
    for input in graph.inputs {
      guard context.type(Model.mainGraph, input).element.isFloat,
        // Images and the like; a vector of features is scaled for other reasons.
        (context.type(Model.mainGraph, input).shape.rank ?? 0) >= 3,
        let first = context.onlyConsumer(Model.mainGraph, input),
        ["sub", "div", "mul", "add"].contains(context.node(first).op.name)
      else { continue }
      let others = context.node(first).inputs.compactMap { $0 }.filter { $0 != input }
      guard others.count == 1, graph[others[0]].isConstant else { continue }
      rows.append(first.row)
    }
    return context.finding(
      "P02 input-normalization",
      .note,
      at: rows,
      fix:
        "give the model raw values: the graph scales them; or fold the scaling into the first weights"
    ) { "\($0) normalizes the input inside the graph" }
  }

  /// An image that is resized behind the input.
  static let resizeInGraph = Lint { context in
    let graph = context.model.main
    var rows: [Int] = []
    for input in graph.inputs {
      var value = input
      // Casts and scaling may come first.
      for _ in 0..<4 {
        guard let next = context.onlyConsumer(Model.mainGraph, value) else { break }
        if context.node(next).op.name == "resize" {
          rows.append(next.row)
          break
        }
        guard
          ["cast", "sub", "div", "mul", "add", "quantize"].contains(context.node(next).op.name),
          let output = context.output(next)
        else { break }
        value = output
      }
    }
    return context.finding(
      "P03 resize-in-graph",
      .note,
      at: rows,
      fix: "give the model images of its own size, or count this as its price"
    ) { "\($0) resizes the input inside the graph" }
  }

  private static let suppression: Set<String> = [
    "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "NonMaxSuppression",
    "TFLite_Detection_PostProcess",
  ]

  /// Box suppression inside the graph.
  static let suppressionInGraph = Lint { context in
    let rows = context.sites.filter { suppression.contains(context.node($0).origin.sourceType) }
      .map(\.row)
    return context.finding(
      "P04 suppression-in-graph",
      .note,
      at: rows,
      fix: "end the graph at boxes and scores where the target has no kernel for it"
    ) { "\($0) selects boxes inside the graph: accelerators leave it to the CPU" }
  }

  /// An integer model with float ends.
  static let floatBoundary = Lint { context in
    guard context.model.format == .tflite else { return [] }
    let graph = context.model.main
    var rows: [Int] = []
    var bytes = 0
    for site in context.sites where site.graph == Model.mainGraph {
      guard let input = context.input(site, 0), let output = context.output(site) else { continue }
      let name = context.node(site).op.name
      if name == "quantize", graph.inputs.contains(input), graph[input].type == .float32 {
        rows.append(site.row)
        bytes += context.bytes(site.graph, input) ?? 0
      } else if name == "dequantize", graph.outputs.contains(output), !graph[input].isConstant {
        rows.append(site.row)
        bytes += context.bytes(site.graph, output) ?? 0
      }
    }
    return context.finding(
      "P05 float-boundary",
      .note,
      at: rows,
      fix: "convert with integer inputs and outputs where the caller has integers",
      savingBytes: rows.isEmpty ? nil : bytes
    ) { "\($0) converts between floats outside and integers inside" }
  }
}
