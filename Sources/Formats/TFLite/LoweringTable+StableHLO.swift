extension LoweringTable {
  /// The operators of StableHLO that TFLite has taken over.
  ///
  /// Those with the operands and the meaning of a canonical operator become that one; the others
  /// keep their own name.
  static let stableHLO: [Lowering] = [
    Lowering("STABLEHLO_LOGISTIC", "sigmoid"),
    Lowering("STABLEHLO_ADD", "add"),
    Lowering("STABLEHLO_DIVIDE", "div"),
    Lowering("STABLEHLO_MULTIPLY", "mul"),
    Lowering("STABLEHLO_SUBTRACT", "sub"),
    Lowering("STABLEHLO_MAXIMUM", "maximum"),
    Lowering("STABLEHLO_MINIMUM", "minimum"),
    Lowering("STABLEHLO_POWER", "pow"),
    Lowering("STABLEHLO_REMAINDER", "mod", nil, [.always("fmod", .bool(true))]),
    Lowering("STABLEHLO_ABS", "abs"),
    Lowering("STABLEHLO_COSINE", "cos"),
    Lowering("STABLEHLO_EXPONENTIAL", "exp"),
    Lowering("STABLEHLO_FLOOR", "floor"),
    Lowering("STABLEHLO_LOG", "log"),
    Lowering("STABLEHLO_NEGATE", "neg"),
    Lowering("STABLEHLO_RSQRT", "rsqrt"),
    Lowering("STABLEHLO_TANH", "tanh"),
    Lowering("STABLEHLO_CBRT", "stablehloCbrt"),
    Lowering("STABLEHLO_SELECT", "select"),
    Lowering("STABLEHLO_AND", "logicalAnd", refinement: .unlessBool("bitwiseAnd")),
    Lowering("STABLEHLO_OR", "logicalOr", refinement: .unlessBool("bitwiseOr")),
    Lowering("STABLEHLO_SHIFT_LEFT", "bitShift", nil, [.always("direction", .string("left"))]),
    Lowering("STABLEHLO_CONVERT", "cast", nil, [.outputType("to")]),
    Lowering("STABLEHLO_RESHAPE", "reshape", refinement: .outputShape),
    Lowering("STABLEHLO_TRANSPOSE", "transpose", .second(17), [.longs("permutation", 0)]),
    Lowering("STABLEHLO_CONCATENATE", "concat", .second(1), [.long("axis", 0)]),
    Lowering(
      "STABLEHLO_SLICE",
      "slice",
      .second(3),
      [.longs("starts", 0), .longs("ends", 1), .longs("steps", 2)]
    ),
    Lowering("STABLEHLO_COMPARE", "equal", .second(8), [], refinement: .comparison),
    Lowering(
      "STABLEHLO_WHILE",
      "while",
      .second(15),
      [.graph("conditionGraph", 0), .graph("bodyGraph", 1)]
    ),
    Lowering(
      "STABLEHLO_COMPOSITE",
      "call",
      .second(21),
      [
        .text("composite", 0), .graph("graph", 1), .bytes("compositeAttributes", 2),
        .int("compositeVersion", 4),
      ]
    ),
    Lowering("STABLEHLO_CLAMP", "stablehloClamp"),
    Lowering(
      "STABLEHLO_BROADCAST_IN_DIM",
      "stablehloBroadcastInDim",
      .second(2),
      [.longs("broadcastDimensions", 0)]
    ),
    Lowering("STABLEHLO_CONVOLUTION", "stablehloConvolution", .second(4), convolution),
    Lowering(
      "STABLEHLO_CUSTOM_CALL",
      "stablehloCustomCall",
      .second(5),
      [
        .text("callTargetName", 0), .bool("hasSideEffect", 1), .text("backendConfig", 2),
        .int("apiVersion", 3), .graphs("calledGraphs", 4), .bytes("customAttributes", 5),
      ]
    ),
    Lowering(
      "STABLEHLO_REDUCE",
      "stablehloReduce",
      .second(6),
      [.longs("dimensions", 0), .graph("bodyGraph", 1)]
    ),
    Lowering(
      "STABLEHLO_SCATTER",
      "stablehloScatter",
      .second(7),
      [
        .bool("indicesAreSorted", 0), .longs("updateWindowDims", 1),
        .longs("insertedWindowDims", 2), .longs("scatterDimsToOperandDims", 3),
        .long("indexVectorDim", 4), .bool("uniqueIndices", 5), .graph("bodyGraph", 6),
      ]
    ),
    Lowering("STABLEHLO_DYNAMIC_SLICE", "stablehloDynamicSlice", .second(9), [.longs("sizes", 0)]),
    Lowering("STABLEHLO_DYNAMIC_UPDATE_SLICE", "stablehloDynamicUpdateSlice"),
    Lowering(
      "STABLEHLO_PAD",
      "stablehloPad",
      .second(10),
      [.longs("low", 0), .longs("high", 1), .longs("interior", 2)]
    ),
    Lowering("STABLEHLO_IOTA", "stablehloIota", .second(11), [.long("axis", 0)]),
    Lowering(
      "STABLEHLO_DOT_GENERAL",
      "stablehloDotGeneral",
      .second(12),
      [
        .longs("lhsBatchingDimensions", 0), .longs("rhsBatchingDimensions", 1),
        .longs("lhsContractingDimensions", 2), .longs("rhsContractingDimensions", 3),
        .numbers("precision", 4),
      ]
    ),
    Lowering(
      "STABLEHLO_REDUCE_WINDOW",
      "stablehloReduceWindow",
      .second(13),
      [
        .longs("windowDimensions", 0), .longs("windowStrides", 1), .longs("baseDilations", 2),
        .longs("windowDilations", 3), .longs("pads", 4), .graph("bodyGraph", 5),
      ]
    ),
    Lowering(
      "STABLEHLO_SORT",
      "stablehloSort",
      .second(14),
      [.long("axis", 0), .bool("isStable", 1), .graph("comparatorGraph", 2)]
    ),
    Lowering(
      "STABLEHLO_GATHER",
      "stablehloGather",
      .second(16),
      [
        .longs("offsetDims", 0), .longs("collapsedSliceDims", 1), .longs("startIndexMap", 2),
        .long("indexVectorDim", 3), .longs("sliceSizes", 4), .bool("indicesAreSorted", 5),
      ]
    ),
    Lowering(
      "STABLEHLO_RNG_BIT_GENERATOR",
      "stablehloRngBitGenerator",
      .second(19),
      [.choice("algorithm", 0, ["default", "philox", "threefry"])]
    ),
    Lowering("STABLEHLO_CASE", "stablehloCase", .second(23), [.graphs("branchGraphs", 0)]),
  ]

  private static let convolution: [OptionField] = [
    .longs("windowStrides", 0), .longs("pads", 1), .longs("lhsDilation", 2),
    .longs("rhsDilation", 3), .bools("windowReversal", 4), .long("inputBatchDimension", 5),
    .long("inputFeatureDimension", 6), .longs("inputSpatialDimensions", 7),
    .long("kernelInputFeatureDimension", 8), .long("kernelOutputFeatureDimension", 9),
    .longs("kernelSpatialDimensions", 10), .long("outputBatchDimension", 11),
    .long("outputFeatureDimension", 12), .longs("outputSpatialDimensions", 13),
    .long("featureGroupCount", 14), .long("batchGroupCount", 15), .numbers("precision", 16),
  ]
}
