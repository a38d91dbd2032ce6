import ModelIR

extension Lint {
  private static let linear: Set<String> = [
    "convolution", "depthwiseConvolution", "transposedConvolution", "fullyConnected", "gemm",
  ]

  /// A batch normalization, or a product with constants, behind a linear operator that could hold it.
  static let unfusedNormalization = Lint { context in
    var rows: [Int] = []
    var macs = 0
    for site in context.sites {
      let node = context.node(site)
      guard linear.contains(node.op.name), node.activation == "none",
        let output = context.output(site),
        let next = context.onlyConsumer(site.graph, output)
      else { continue }
      let after = context.node(next)
      let others = after.inputs.compactMap { $0 }.filter { $0 != output }
      guard after.op.name == "batchNormalization" || (after.op.name == "mul" && others.count == 1),
        !others.isEmpty, others.allSatisfy({ context.model[site.graph][$0].isConstant }),
        let weights = context.input(site, 1), context.model[site.graph][weights].isConstant,
        context.isPerChannel(site.graph, others, of: output)
      else { continue }
      rows.append(next.row)
      macs += context.type(site.graph, output).shape.elementCount ?? 0
    }
    return context.finding(
      "L04 unfused-normalization",
      .warning,
      at: rows,
      fix: "fold it into the weights and the bias of the operator before it",
      savingMacs: rows.isEmpty ? nil : macs
    ) { "\($0) scales the result of a linear operator by constants" }
  }

  private static let activations: Set<String> = ["RELU", "RELU6", "RELU_N1_TO_1"]

  /// An activation of its own behind an operator that could apply it.
  static let unfusedActivation = Lint { context in
    guard context.model.format == .tflite else { return [] }
    let fusing = linear.union(["add", "sub", "mul", "div", "averagePool", "maxPool"])
    var rows: [Int] = []
    var bytes = 0
    for site in context.sites {
      let node = context.node(site)
      guard fusing.contains(node.op.name), node.activation == "none",
        let output = context.output(site), let next = context.onlyConsumer(site.graph, output),
        activations.contains(context.node(next).origin.sourceType)
      else { continue }
      rows.append(next.row)
      bytes += context.bytes(site.graph, output) ?? 0
    }
    return context.finding(
      "L05 unfused-activation",
      .note,
      at: rows,
      fix: "convert again, so that the operator before it applies the activation",
      savingBytes: rows.isEmpty ? nil : bytes
    ) { "\($0) reads and writes a tensor that the operator before it could have clamped" }
  }
}

extension Node {
  /// The fused activation; `none` where there is none.
  var activation: String {
    guard case .string(let name)? = attributes["activation"] else { return "none" }
    return name
  }
}

extension LintContext {
  /// Whether constants hold one number or one for each channel of a value.
  fileprivate func isPerChannel(_ graph: GraphID, _ constants: [ValueID], of value: ValueID) -> Bool
  {
    guard let sizes = type(graph, value).shape.sizes else { return false }
    let channels = Set([sizes.last ?? 1, sizes.count > 1 ? sizes[1] : 1])
    return constants.allSatisfy { id in
      guard model[graph][id].type.isFloat,
        let extents = model[graph][id].shape.sizes?.filter({ $0 != 1 })
      else { return false }
      return extents.isEmpty || (extents.count == 1 && channels.contains(extents[0]))
    }
  }
}
