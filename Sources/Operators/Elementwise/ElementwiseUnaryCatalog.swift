extension OperatorCatalog {
  static let elementwiseUnary: [OperatorDefinition] = [
    .abs, .neg, .sign, .floor, .ceil, .round, .sqrt, .rsqrt, .reciprocal, .square, .exp, .log, .erf,
    .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .asinh, .acosh, .atanh, .logicalNot,
    .bitwiseNot, .isNaN, .isInf, .identity, .dropout, .cast, .castLike, .bitCast, .zerosLike,
    .exponentialLessOne, .logOfOneMore, .complementaryErf, .onesLike, .isFinite,
  ]
}
