extension OperatorCatalog {
  static let reduction: [OperatorDefinition] = [
    .reduceSum, .reduceMean, .reduceProd, .reduceMax, .reduceMin, .reduceL1, .reduceL2,
    .reduceLogSum,
    .reduceLogSumExp, .reduceSumSquare, .reduceAny, .reduceAll, .argMax, .argMin, .cumulativeSum,
    .cumulativeProduct, .topK,
  ]
}
