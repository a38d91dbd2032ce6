extension LoweringTable {
  /// Reductions, segments and look-ups.
  static let reductions: [Lowering] = [
    Lowering("SUM", "reduceSum", .first(27), reducer),
    Lowering("MEAN", "reduceMean", .first(27), reducer),
    Lowering("REDUCE_PROD", "reduceProd", .first(27), reducer),
    Lowering("REDUCE_MAX", "reduceMax", .first(27), reducer),
    Lowering("REDUCE_MIN", "reduceMin", .first(27), reducer),
    Lowering("REDUCE_ANY", "reduceAny", .first(27), reducer),
    Lowering("REDUCE_ALL", "reduceAll", .first(27), reducer),
    Lowering("ARG_MAX", "argMax", nil, argument),
    Lowering("ARG_MIN", "argMin", nil, argument),
    Lowering("CUMSUM", "cumulativeSum", .first(102), [.bool("exclusive", 0), .bool("reverse", 1)]),
    Lowering(
      "TOPK_V2",
      "topK",
      nil,
      [
        .always("axis", .int(-1)), .always("largest", .bool(true)),
        .always("sorted", .bool(true)),
      ]
    ),
    Lowering(
      "REDUCE_WINDOW",
      "reduceWindow",
      .second(20),
      [
        .choice(
          "function",
          0,
          ["unsupported", "add", "mul", "minimum", "maximum", "all", "any"]
        )
      ]
    ),
    Lowering("SEGMENT_SUM", "segmentSum"),
    Lowering("UNSORTED_SEGMENT_SUM", "unsortedSegmentSum"),
    Lowering("UNSORTED_SEGMENT_PROD", "unsortedSegmentProd"),
    Lowering("UNSORTED_SEGMENT_MAX", "unsortedSegmentMax"),
    Lowering("UNSORTED_SEGMENT_MIN", "unsortedSegmentMin"),
    Lowering("EMBEDDING_LOOKUP", "embeddingLookup"),
    Lowering(
      "EMBEDDING_LOOKUP_SPARSE",
      "embeddingLookupSparse",
      .first(20),
      [.choice("combiner", 0, ["sum", "mean", "sqrtn"])]
    ),
    Lowering("HASHTABLE_LOOKUP", "hashtableLookup"),
    Lowering(
      "LSH_PROJECTION",
      "lshProjection",
      .first(4),
      [.choice("type", 0, ["unknown", "sparse", "dense"])]
    ),
    Lowering(
      "SKIP_GRAM",
      "skipGram",
      .first(18),
      [.int("ngramSize", 0), .int("maxSkipSize", 1), .bool("includeAllNgrams", 2)]
    ),
    Lowering("NON_MAX_SUPPRESSION_V4", "nonMaxSuppressionV4"),
    Lowering("NON_MAX_SUPPRESSION_V5", "nonMaxSuppressionV5"),
  ]

  // TFLite's reductions over an empty list of axes leave the tensor as it is.
  private static let reducer: [OptionField] = [
    .bool("keepDimensions", 0), .always("noopWithEmptyAxes", .bool(true)),
  ]
  private static let argument: [OptionField] = [
    .always("keepDimensions", .bool(false)), .always("selectLastIndex", .bool(false)),
    .outputType("outputType"),
  ]
}
