/// What drawing wants to know of operators, by their canonical names.
enum OperatorTraits {
  /// Operators that can stand in the box of what they follow: they change elements one by one, or
  /// only how the elements are laid out.
  static func follows(_ name: String) -> Bool { followers.contains(name) }

  /// Operators that can stand in the box of what they prepare.
  static func prepares(_ name: String) -> Bool { preparers.contains(name) }

  /// Operators that ask for a tensor's extents.
  static func readsExtents(_ name: String) -> Bool {
    name == "shape" || name == "size" || name == "rank"
  }

  /// Operators whose results differ from run to run, whatever their operands are.
  static func isRandom(_ name: String) -> Bool {
    name.hasPrefix("random") || name == "multinomial" || name == "bernoulli"
  }

  private static let followers: Set<String> = [
    "abs", "neg", "sign", "floor", "ceil", "round", "sqrt", "rsqrt", "exp", "log", "tanh", "erf",
    "reciprocal", "square", "identity", "dropout", "cast", "castLike", "sigmoid", "relu", "relu6",
    "reluN1To1", "relu0To1", "leakyRelu", "elu", "selu", "celu", "hardSigmoid", "hardSwish", "gelu",
    "softplus", "softsign", "mish", "swish", "thresholdedRelu", "shrink", "clip", "prelu",
    "softmax", "logSoftmax", "add", "sub", "mul", "div", "pow", "maximum", "minimum",
    "batchNormalization", "quantize", "dequantize", "requantize", "quantizeLinear",
    "dequantizeLinear", "fakeQuantize", "reshape", "flatten", "squeeze", "expandDims", "transpose",
    "logicalNot", "isNaN", "isInf",
  ]

  private static let preparers: Set<String> = [
    "pad", "quantize", "dequantize", "quantizeLinear", "dequantizeLinear", "cast", "identity",
    "spaceToBatch",
  ]
}
