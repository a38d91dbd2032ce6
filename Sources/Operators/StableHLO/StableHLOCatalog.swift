extension OperatorCatalog {
  /// What TFLite took over from StableHLO and no canonical operator says.
  static let stableHLO: [OperatorDefinition] = [
    .stablehloClamp, .stablehloCbrt, .stablehloBroadcastInDim, .stablehloDynamicSlice,
    .stablehloDynamicUpdateSlice, .stablehloPad, .stablehloIota, .dilate, .reduceWindow,
    .stablehloCustomCall, .stablehloConvolution, .stablehloDotGeneral, .stablehloReduce,
    .stablehloReduceWindow, .stablehloScatter, .stablehloGather, .stablehloSort,
    .stablehloRngBitGenerator, .stablehloCase,
  ]
}
