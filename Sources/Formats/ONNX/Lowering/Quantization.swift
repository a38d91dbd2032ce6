/// Quantization in the default domain.
extension OperatorLowering {
  static let quantization: [OperatorLowering] = [
    OperatorLowering(
      "QuantizeLinear",
      "quantize",
      [
        .int("axis", default: 1, in: 13...Int.max),
        .bool("saturate", default: true, in: 19...Int.max),
        .int("block_size", default: 0, in: 21...Int.max),
        .type("output_dtype", as: "outputType"), .type("precision"),
      ],
      adjust: dropUndefinedTypes
    ),
    OperatorLowering(
      "DequantizeLinear",
      "dequantize",
      [
        .int("axis", default: 1, in: 13...Int.max),
        .int("block_size", default: 0, in: 21...Int.max),
        .type("output_dtype", as: "outputType"),
      ],
      adjust: dropUndefinedTypes
    ),
    OperatorLowering("DynamicQuantizeLinear", "dynamicQuantize"),
    OperatorLowering("QLinearMatMul"),
  ]

  /// Type 0 stands for "not stated".
  private static let dropUndefinedTypes: @Sendable (inout LoweringInProgress) -> Void = { node in
    for name in ["outputType", "precision"] {
      if case .int(0)? = node.attributes[name] { node.attributes[name] = nil }
    }
  }
}
