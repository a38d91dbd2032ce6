/// Convolutions and matrix products.
extension OperatorLowering {
  static let convolutions: [OperatorLowering] = [
    convolution("Conv", "convolution"),
    convolution("ConvTranspose", "transposedConvolution", filterLayout: "iohw"),
    convolution("DeformConv", "deformableConvolution"),
    convolution("ConvInteger", "convolutionInteger"),
    convolution("QLinearConv", "qLinearConvolution"),
    OperatorLowering("CausalConvWithState", nil, [.string("activation", default: "none")]),
    OperatorLowering("Col2Im", nil, [.ints("strides"), .ints("pads"), .ints("dilations")]),
  ]

  static let matrixProducts: [OperatorLowering] = [
    OperatorLowering(
      "Gemm",
      nil,
      [
        .float("alpha", default: 1), .float("beta", default: 1),
        .bool("transA", as: "transposeA", default: false),
        .bool("transB", as: "transposeB", default: false),
        .bool("broadcast", default: false, in: 1...6),
      ]
    ),
    OperatorLowering("MatMul"),
    OperatorLowering("MatMulInteger"),
    OperatorLowering("Einsum", nil, [.string("equation")]),
    OperatorLowering("Det"),
  ]

  /// What all convolutions have.
  static let convolutionAttributes: [AttributeLowering] = [
    .int("group", as: "groups", default: 1), .ints("pads"), .string("auto_pad", as: "padding"),
    .ints("strides"), .ints("dilations"), .ints("kernel_shape", as: "kernel"),
    .ints("output_padding"), .ints("output_shape"),
    .int("offset_group"), .string("activation"), .floats("activation_params"),
  ]

  /// A convolution; channels come first in ONNX.
  static func convolution(
    _ source: String,
    _ target: String,
    filterLayout: String = "oihw",
    dataLayout: String = "nchw"
  ) -> OperatorLowering {
    OperatorLowering(
      source,
      target,
      convolutionAttributes,
      adjust: { node in
        node.lowerPadding()
        if source == "DeformConv" { node.setDefault("offsetGroup", .int(1)) }
        node.attributes["dataLayout"] = .string(dataLayout)
        node.attributes["filterLayout"] = .string(filterLayout)
      }
    )
  }
}

extension LoweringInProgress {
  /// Turns `auto_pad` into our words; `NOTSET` is our default, and pads say nothing beside others.
  mutating func lowerPadding() {
    switch string("padding") {
    case "NOTSET"?, ""?: attributes["padding"] = nil
    case let mode?:
      let words = ["SAME_UPPER": "same", "SAME_LOWER": "sameLower", "VALID": "valid"]
      attributes["padding"] = .string(words[mode] ?? mode)
    case nil: break
    }
  }
}
