extension LoweringTable {
  /// Operators that move elements or make them from shapes and indices.
  static let shapes: [Lowering] = [
    Lowering(
      "RESHAPE",
      "reshape",
      .first(17),
      [.ints("shape", 0), .always("allowZero", .bool(true))]
    ),
    Lowering("SQUEEZE", "squeeze", .first(30), [.ints("axes", 0)]),
    Lowering("EXPAND_DIMS", "expandDims"),
    Lowering("TRANSPOSE", "transpose"),
    Lowering("CONCATENATION", "concat", .first(10), [.int("axis", 0), .activation(1)]),
    Lowering(
      "SPLIT",
      "split",
      .first(35),
      [.int("count", 0), .always("operandOrder", .string("tflite"))]
    ),
    Lowering("SPLIT_V", "split", .first(79), [.int("count", 0)]),
    Lowering("SLICE", "sliceBySize"),
    Lowering(
      "STRIDED_SLICE",
      "stridedSlice",
      .first(32),
      [
        .int("beginMask", 0), .int("endMask", 1), .int("ellipsisMask", 2),
        .int("newAxisMask", 3), .int("shrinkAxisMask", 4), .bool("offset", 5),
      ]
    ),
    Lowering("GATHER", "gather", .first(23), [.int("axis", 0), .int("batchDims", 1)]),
    Lowering("GATHER_ND", "gatherND", nil, [.always("batchDims", .int(0))]),
    Lowering("SCATTER_ND", "scatterIntoZeros"),
    Lowering("TILE", "tile"),
    Lowering("BROADCAST_TO", "expand"),
    Lowering("BROADCAST_ARGS", "broadcastShapes"),
    Lowering("PAD", "pad", nil, constantPad),
    Lowering("PADV2", "pad", nil, constantPad),
    Lowering(
      "MIRROR_PAD",
      "pad",
      .first(77),
      [.choice("mode", 0, ["reflect", "symmetric"]), .always("padsLayout", .string("pairs"))]
    ),
    Lowering("DEPTH_TO_SPACE", "depthToSpace", .first(94), depthAndSpace),
    Lowering("SPACE_TO_DEPTH", "spaceToDepth", .first(19), depthAndSpace),
    Lowering("BATCH_TO_SPACE_ND", "batchToSpace"),
    Lowering("SPACE_TO_BATCH_ND", "spaceToBatch"),
    Lowering("REVERSE_V2", "reverse"),
    Lowering(
      "REVERSE_SEQUENCE",
      "reverseSequence",
      .first(87),
      [.int("timeAxis", 0), .int("batchAxis", 1)]
    ),
    Lowering("PACK", "pack", .first(59), [.int("axis", 1)]),
    Lowering("UNPACK", "unpack", .first(64), [.int("count", 0), .int("axis", 1)]),
    Lowering("DYNAMIC_UPDATE_SLICE", "dynamicUpdateSlice"),
    Lowering("MATRIX_DIAG", "matrixDiag"),
    Lowering("MATRIX_SET_DIAG", "matrixSetDiag"),
    Lowering(
      "RESIZE_BILINEAR",
      "resize",
      .first(15),
      [.always("mode", .string("linear")), .bool("alignCorners", 2), .bool("halfPixelCenters", 3)]
        + resize
    ),
    Lowering(
      "RESIZE_NEAREST_NEIGHBOR",
      "resize",
      .first(74),
      [.always("mode", .string("nearest")), .bool("alignCorners", 0), .bool("halfPixelCenters", 1)]
        + resize
    ),
    Lowering("SHAPE", "shape", nil, [.outputType("outputType")]),
    Lowering("RANK", "rank"),
    Lowering("RANGE", "range"),
    Lowering("FILL", "fill"),
    Lowering("ONE_HOT", "oneHot", .first(61), [.int("axis", 0)]),
    Lowering("WHERE", "where"),
    Lowering("UNIQUE", "unique", .first(80), [.type("indexType", 0, 2)]),
    Lowering("BUCKETIZE", "bucketize", .first(115), [.floats("boundaries", 0)]),
    Lowering("SPARSE_TO_DENSE", "sparseToDense", .first(50), [.bool("validateIndices", 0)]),
    Lowering("RANDOM_STANDARD_NORMAL", "randomNormal", .first(114), seeds),
    Lowering("RANDOM_UNIFORM", "randomUniform", .first(114), seeds),
    Lowering("MULTINOMIAL", "multinomial", .first(114), seeds),
  ]

  private static let constantPad: [OptionField] = [
    .always("mode", .string("constant")), .always("padsLayout", .string("pairs")),
  ]
  private static let depthAndSpace: [OptionField] = [
    .extent("blockSize", 0), .always("mode", .string("DCR")),
    .always("dataLayout", .string("nhwc")),
  ]
  private static let resize: [OptionField] = [
    .always("operandOrder", .string("tflite")), .always("dataLayout", .string("nhwc")),
  ]
  private static let seeds: [OptionField] = [.long("seed", 0), .long("seed2", 1)]
}
