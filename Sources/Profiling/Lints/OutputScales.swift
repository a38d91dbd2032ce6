import ModelIR

extension Lint {
  /// The scale and zero point that an operator's result must have, by its type.
  ///
  /// Source: LiteRT, tflite/g3doc/performance/quantization_spec.md.
  private static func fixed(_ type: String, _ element: ElementType) -> (Double, Int)? {
    switch (type, element) {
    case ("LOGISTIC", .int8), ("SOFTMAX", .int8): (1.0 / 256, -128)
    case ("TANH", .int8), ("L2_NORMALIZATION", .int8): (1.0 / 128, 0)
    case ("LOG_SOFTMAX", .int8): (16.0 / 256, 127)
    case ("LOGISTIC", .int16): (1.0 / 32_768, 0)
    default: nil
    }
  }

  /// An operator with a fixed range whose result has another scale.
  static let fixedOutputScale = Lint { context in
    guard context.model.format == .tflite else { return [] }
    let wrong = context.sites.filter { site in
      guard let output = context.output(site) else { return false }
      let value = context.model[site.graph][output]
      guard let expected = fixed(context.node(site).origin.sourceType, value.type),
        let quantization = value.quantization, let scale = quantization.scales.first
      else { return false }
      return abs(Double(scale) - expected.0) > 1e-3 * expected.0
        || quantization.zeroPoint(0) != expected.1
    }
    return context.finding(
      "Q06 fixed-output-scale",
      .error,
      at: wrong.map(\.row),
      fix: "convert again: kernels assume the specified scale, whatever the file says"
    ) { "the result of \($0) does not have the scale that the specification fixes for it" }
  }

  /// Probabilities that share a scale with something of a much larger range.
  ///
  /// Values in [0, 1] keep `1 / scale` steps; fewer than 16 are less than 4 bits.
  static let sharedConcatScale = Lint { context in
    let wrong = context.sites.filter { site in
      guard context.node(site).op.name == "concat", let output = context.output(site),
        [.int8, .uint8].contains(context.model[site.graph][output].type),
        let scale = context.model[site.graph][output].quantization?.scales.first, scale > 1.0 / 16
      else { return false }
      return context.node(site).inputs.compactMap { $0 }.contains {
        context.isProbability(site.graph, $0)
      }
    }
    return context.finding(
      "Q07 shared-concat-scale",
      .warning,
      at: wrong.map(\.row),
      fix: "end the graph before the concatenation, or scale the other operands to [0, 1]"
    ) {
      "\($0) joins values in [0, 1] with others under one scale that leaves them fewer than 16 steps"
    }
  }

  /// Operators that have no 16-bit kernel.
  ///
  /// Source: LiteRT, tflite/converter/tools/optimize/operator_property.cc, `quantizable_int16`.
  private static let without16: Set<String> = [
    "ARG_MAX", "SPACE_TO_DEPTH", "DEPTH_TO_SPACE", "EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL",
    "LESS", "LESS_EQUAL", "HARD_SWISH", "LOG_SOFTMAX", "L2_NORMALIZATION", "PRELU", "RELU_N1_TO_1",
    "SVDF",
  ]

  /// An operator with 16-bit operands that the runtime does not run so.
  static let notInt16 = Lint { context in
    guard context.model.format == .tflite else { return [] }
    let wrong = context.sites.filter { site in
      guard without16.contains(context.node(site).origin.sourceType),
        let input = context.input(site, 0)
      else { return false }
      let value = context.model[site.graph][input]
      return value.type == .int16 && value.quantization?.scales.isEmpty == false
    }
    return context.finding(
      "Q08 no-int16-kernel",
      .warning,
      at: wrong.map(\.row),
      fix: "keep this operator at 8 bits or as float, or replace it"
    ) { "\($0) has 16-bit operands, and the converter knows no 16-bit form of it" }
  }
}

extension LintContext {
  /// Whether a value is the result of a sigmoid or softmax, through operators that only move values.
  fileprivate func isProbability(_ graph: GraphID, _ value: ValueID) -> Bool {
    var value = value
    // A few steps reach through reshapes and requantization; longer chains are rare.
    for _ in 0..<8 {
      guard let site = producer(graph, value) else { return false }
      switch node(site).op.name {
      case "sigmoid", "softmax": return true
      case "quantize", "dequantize", "reshape", "transpose", "squeeze", "expandDims":
        guard let input = input(site, 0) else { return false }
        value = input
      default: return false
      }
    }
    return false
  }
}
