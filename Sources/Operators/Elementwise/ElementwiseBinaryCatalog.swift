extension OperatorCatalog {
  static let elementwiseBinary: [OperatorDefinition] = [
    .add, .sub, .mul, .div, .power, .mod, .floorMod, .floorDiv, .squaredDifference, .maximum,
    .minimum,
    .addN, .mean, .atan2, .logicalAnd, .logicalOr, .logicalXor, .bitwiseAnd, .bitwiseOr,
    .bitwiseXor,
    .bitShift, .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual, .select, .swiGLU,
    .divNoNan, .mulNoNan, .xlogy, .xlog1py, .xdivy,
  ]
}
