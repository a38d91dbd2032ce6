/// Operators that work on each element by itself.
extension OperatorLowering {
  /// One operand.
  static let elementwiseUnary: [OperatorLowering] =
    [
      "Abs", "Neg", "Sign", "Floor", "Ceil", "Round", "Sqrt", "Exp", "Log", "Sin", "Cos", "Tan",
      "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Tanh", "Erf",
      "Reciprocal", "BitwiseNot", "Identity", "Sigmoid", "Relu", "HardSwish", "Softplus",
      "Softsign", "Mish",
    ].map { OperatorLowering($0, nil, [.consumedInputs]) } + [
      OperatorLowering("Not", "logicalNot"),
      OperatorLowering("IsNaN", "isNaN"),
      OperatorLowering(
        "IsInf",
        "isInf",
        [.bool("detect_negative", default: true), .bool("detect_positive", default: true)]
      ),
      OperatorLowering(
        "Dropout",
        nil,
        [
          .consumedInputs, .float("ratio", default: 0.5, in: 1...11), .bool("is_test"),
          .int("seed"),
        ]
      ),
      OperatorLowering("Cast", nil, castAttributes + [.type("to")]),
      OperatorLowering("CastLike", nil, castAttributes),
      OperatorLowering("BitCast", nil, [.type("to")]),
      OperatorLowering("LeakyRelu", nil, [.consumedInputs, .float("alpha", default: 0.01)]),
      OperatorLowering("Elu", nil, [.consumedInputs, .float("alpha", default: 1)]),
      OperatorLowering(
        "Selu",
        nil,
        [
          .consumedInputs, .float("alpha", default: 1.6732, in: 1...5),
          .float("gamma", default: 1.0507, in: 1...5),
          .float("alpha", default: 1.673_263_192_176_818_8, in: 6...Int.max),
          .float("gamma", default: 1.050_701_022_148_132_3, in: 6...Int.max),
        ]
      ),
      OperatorLowering("Celu", nil, [.float("alpha", default: 1)]),
      OperatorLowering(
        "HardSigmoid",
        nil,
        [.consumedInputs, .float("alpha", default: 0.2), .float("beta", default: 0.5)]
      ),
      OperatorLowering("Gelu", nil, [.string("approximate", default: "none")]),
      OperatorLowering("Swish", nil, [.float("alpha", default: 1)]),
      OperatorLowering("ThresholdedRelu", nil, [.float("alpha", default: 1)]),
      OperatorLowering("Shrink", nil, [.float("bias", default: 0), .float("lambd", default: 0.5)]),
      // The limits became operands with operator set 11.
      OperatorLowering(
        "Clip",
        nil,
        [
          .consumedInputs, .float("min", default: -Float.greatestFiniteMagnitude, in: 6...10),
          .float("max", default: .greatestFiniteMagnitude, in: 6...10),
        ]
      ),
      OperatorLowering("PRelu", "prelu", [.consumedInputs]),
      OperatorLowering("SwiGLU", "swiGLU", [.float("alpha", default: 1)]),
      softmaxLike("Softmax"), softmaxLike("LogSoftmax"), softmaxLike("Hardmax"),
    ]

  /// Several operands, broadcast against each other.
  static let elementwiseBinary: [OperatorLowering] =
    ["Add", "Sub", "Mul", "Div", "Pow", "Equal", "Less", "Greater"].map {
      OperatorLowering($0, nil, legacyBroadcast)
    } + ["BitwiseAnd", "BitwiseOr", "BitwiseXor"].map { OperatorLowering($0) } + [
      OperatorLowering("Mod", nil, [.bool("fmod", default: false)]),
      OperatorLowering("Max", "maximum", [.consumedInputs]),
      OperatorLowering("Min", "minimum", [.consumedInputs]),
      OperatorLowering("Sum", "addN", [.consumedInputs]),
      OperatorLowering("Mean", nil, [.consumedInputs]),
      OperatorLowering("And", "logicalAnd", legacyBroadcast),
      OperatorLowering("Or", "logicalOr", legacyBroadcast),
      OperatorLowering("Xor", "logicalXor", legacyBroadcast),
      OperatorLowering("LessOrEqual", "lessEqual"),
      OperatorLowering("GreaterOrEqual", "greaterEqual"),
      OperatorLowering("Where", "select"),
      OperatorLowering(
        "BitShift",
        nil,
        [.string("direction")],
        adjust: { $0.replace("direction", ["LEFT": "left", "RIGHT": "right"]) }
      ),
    ]

  private static let castAttributes: [AttributeLowering] = [
    .bool("saturate", default: true, in: 19...Int.max),
    .string("round_mode", default: "up", in: 24...Int.max),
  ]

  /// Before operator set 7 the second operand was broadcast along a stated axis.
  private static let legacyBroadcast: [AttributeLowering] = [
    .consumedInputs, .int("axis"), .bool("broadcast", default: false, in: 1...6),
  ]

  /// Before operator set 13 the operand was made two-dimensional at the axis.
  private static func softmaxLike(_ source: String) -> OperatorLowering {
    OperatorLowering(
      source,
      nil,
      [.int("axis", default: 1, in: 1...12), .int("axis", default: -1, in: 13...Int.max)],
      adjust: { if $0.version < 13 { $0.attributes["flattened"] = .bool(true) } }
    )
  }
}
