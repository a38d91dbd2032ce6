extension LoweringTable {
  /// Convolutions, matrix products, pooling and normalization.
  static let convolutions: [Lowering] = [
    Lowering(
      "CONV_2D",
      "convolution",
      .first(1),
      [
        .extents("strides", [2, 1]), .extents("dilations", [5, 4], 1), .padding(0),
        .activation(3), .always("dataLayout", .string("nhwc")),
        .always("filterLayout", .string("ohwi")),
      ],
      refinement: .groups
    ),
    Lowering(
      "DEPTHWISE_CONV_2D",
      "depthwiseConvolution",
      .first(2),
      [
        .extents("strides", [2, 1]), .extents("dilations", [6, 5], 1), .padding(0),
        .activation(4), .int("multiplier", 3), .always("dataLayout", .string("nhwc")),
        .always("filterLayout", .string("ihwo")),
      ]
    ),
    Lowering(
      "CONV_3D",
      "convolution",
      .first(106),
      [
        .extents("strides", [1, 3, 2]), .extents("dilations", [5, 7, 6], 1), .padding(0),
        .activation(4), .always("dataLayout", .string("nhwc")),
        .always("filterLayout", .string("hwio")),
      ]
    ),
    Lowering(
      "TRANSPOSE_CONV",
      "transposedConvolution",
      .first(49),
      [
        .extents("strides", [2, 1]), .padding(0), .activation(3),
        .always("operandOrder", .string("tflite")), .always("dataLayout", .string("nhwc")),
        .always("filterLayout", .string("ohwi")),
      ]
    ),
    Lowering(
      "CONV_3D_TRANSPOSE",
      "transposedConvolution",
      .first(106),
      [
        .extents("strides", [1, 3, 2]), .extents("dilations", [5, 7, 6], 1), .padding(0),
        .activation(4), .always("operandOrder", .string("tflite")),
        .always("dataLayout", .string("nhwc")), .always("filterLayout", .string("hwoi")),
      ]
    ),
    Lowering(
      "FULLY_CONNECTED",
      "fullyConnected",
      .first(8),
      [
        .activation(0), .choice("weightsFormat", 1, ["default", "shuffled4x16int8"]),
        .bool("keepDimensions", 2), .bool("asymmetricQuantizeInputs", 3),
      ]
    ),
    Lowering(
      "BATCH_MATMUL",
      "matMul",
      .first(101),
      [
        .bool("transposeA", 0), .bool("transposeB", 1), .bool("asymmetricQuantizeInputs", 2),
      ]
    ),
    Lowering(
      "AVERAGE_POOL_2D",
      "averagePool",
      .first(5),
      pool + [.always("countIncludePad", .bool(false))]
    ),
    Lowering("MAX_POOL_2D", "maxPool", .first(5), pool),
    Lowering(
      "L2_POOL_2D",
      "lpPool",
      .first(5),
      pool + [.always("p", .int(2)), .always("meanOfSquares", .bool(true))]
    ),
    Lowering("L2_NORMALIZATION", "l2Normalization", .first(12), [.activation(0)]),
    Lowering(
      "LOCAL_RESPONSE_NORMALIZATION",
      "localResponseNormalization",
      .first(13),
      [
        .int("radius", 0), .float("bias", 1), .float("alpha", 2), .float("beta", 3),
        .always("alphaPerElement", .bool(true)), .always("dataLayout", .string("nhwc")),
      ],
      refinement: .windowFromRadius
    ),
    Lowering("DILATE", "dilate"),
  ]

  private static let pool: [OptionField] = [
    .extents("kernel", [4, 3]), .extents("strides", [2, 1]), .padding(0), .activation(5),
    .always("dataLayout", .string("nhwc")),
  ]
}
