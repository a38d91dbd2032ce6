import ModelIR

extension Lint {
  /// Operators whose results must have the scale of their operands, by the specification's text.
  ///
  /// Source: LiteRT, tflite/g3doc/performance/quantization_spec.md.
  private static let specified: Set<String> = [
    "AVERAGE_POOL_2D", "CONCATENATION", "MAX_POOL_2D", "RESHAPE", "RESIZE_BILINEAR",
    "SPACE_TO_DEPTH", "PAD", "PADV2", "GATHER", "BATCH_TO_SPACE_ND", "SPACE_TO_BATCH_ND",
    "TRANSPOSE", "SQUEEZE", "MAXIMUM", "MINIMUM", "SLICE",
  ]

  /// Those for which only the converter keeps to it.
  ///
  /// Source: LiteRT, tflite/converter/tools/optimize/operator_property.cc,
  /// `restrict_same_input_output_scale`.
  private static let converted: Set<String> = [
    "BROADCAST_TO", "DEPTH_TO_SPACE", "SPLIT", "SPLIT_V", "EXPAND_DIMS", "FILL", "GATHER_ND",
    "PACK",
    "UNPACK", "RESIZE_NEAREST_NEIGHBOR", "REVERSE_V2", "SCATTER_ND", "SELECT", "STRIDED_SLICE",
    "TILE", "MIRROR_PAD", "REDUCE_MAX", "REDUCE_MIN",
  ]

  /// An operator that moves 8-bit values between scales although it does no arithmetic.
  static let unequalScales = Lint { context in
    guard context.model.format == .tflite else { return [] }
    func rows(_ names: Set<String>) -> [Int] {
      context.sites.filter { site in
        names.contains(context.node(site).origin.sourceType) && context.hasUnequalScales(site)
      }.map(\.row)
    }
    return context.finding(
      "Q04 unequal-scales",
      .error,
      at: rows(specified),
      fix: "convert again: kernels copy the integers, so the values are wrong"
    ) { "\($0) has other scales or zero points at its result than at an operand" }
      + context.finding(
        "Q05 unequal-scales-unspecified",
        .warning,
        at: rows(converted),
        fix: "convert again; the converter gives both sides one scale"
      ) { "\($0) has other scales or zero points at its result than at an operand" }
  }
}

extension LintContext {
  /// Whether an 8-bit operand has another scale or zero point than the first 8-bit result.
  fileprivate func hasUnequalScales(_ site: Site) -> Bool {
    let graph = model[site.graph]
    guard let output = output(site), [.int8, .uint8, .int16].contains(graph[output].type),
      let result = graph[output].quantization, let scale = result.scales.first
    else { return false }
    return node(site).inputs.compactMap { $0 }.contains { id in
      guard graph[id].type == graph[output].type, let other = graph[id].quantization,
        let otherScale = other.scales.first
      else { return false }
      // The runtime's kernels compare scales up to rounding.
      return abs(otherScale - scale) > 1e-6 * scale || other.zeroPoint(0) != result.zeroPoint(0)
    }
  }
}
