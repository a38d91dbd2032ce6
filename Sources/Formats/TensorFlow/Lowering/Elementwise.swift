import ByteIO
import ModelIR

/// Operators that work element by element, and the ones along one axis that are like them.
extension OperatorLowering {
  static let elementwise: [OperatorLowering] =
    plain([
      ("Abs", "abs"), ("Neg", "neg"), ("Sign", "sign"), ("Floor", "floor"), ("Ceil", "ceil"),
      ("Round", "round"), ("Rint", "round"), ("Sqrt", "sqrt"), ("Rsqrt", "rsqrt"), ("Exp", "exp"),
      ("Expm1", "expm1"), ("Log", "log"), ("Log1p", "log1p"), ("Sin", "sin"), ("Cos", "cos"),
      ("Tan", "tan"), ("Asin", "asin"), ("Acos", "acos"), ("Atan", "atan"), ("Sinh", "sinh"),
      ("Cosh", "cosh"), ("Asinh", "asinh"), ("Acosh", "acosh"), ("Atanh", "atanh"),
      ("Tanh", "tanh"), ("Erf", "erf"), ("Erfc", "erfc"), ("Square", "square"),
      ("Reciprocal", "reciprocal"), ("Inv", "reciprocal"), ("LogicalNot", "logicalNot"),
      ("Invert", "bitwiseNot"), ("IsNan", "isNaN"), ("IsInf", "isInf"), ("IsFinite", "isFinite"),
      ("ZerosLike", "zerosLike"), ("OnesLike", "onesLike"), ("Sigmoid", "sigmoid"),
      ("Relu", "relu"), ("Relu6", "relu6"), ("Softplus", "softplus"), ("Softsign", "softsign"),
      ("ComplexAbs", "complexAbs"), ("Real", "real"), ("Imag", "imag"),
      ("Add", "add"), ("AddV2", "add"), ("Sub", "sub"), ("Mul", "mul"), ("Div", "div"),
      ("RealDiv", "div"), ("TruncateDiv", "div"), ("DivNoNan", "divNoNan"),
      ("MulNoNan", "mulNoNan"), ("Xlogy", "xlogy"), ("Xlog1py", "xlog1py"), ("Xdivy", "xdivy"),
      ("FloorDiv", "floorDiv"), ("FloorMod", "floorMod"), ("Pow", "pow"),
      ("SquaredDifference", "squaredDifference"), ("Maximum", "maximum"), ("Minimum", "minimum"),
      ("AddN", "addN"), ("AccumulateNV2", "addN"), ("Atan2", "atan2"),
      ("LogicalAnd", "logicalAnd"), ("LogicalOr", "logicalOr"), ("BitwiseAnd", "bitwiseAnd"),
      ("BitwiseOr", "bitwiseOr"), ("BitwiseXor", "bitwiseXor"), ("Equal", "equal"),
      ("NotEqual", "notEqual"), ("Less", "less"), ("LessEqual", "lessEqual"),
      ("Greater", "greater"), ("GreaterEqual", "greaterEqual"), ("SelectV2", "select"),
    ]) + [
      OperatorLowering("Select", "select") { node in
        node.attributes["legacyBroadcast"] = .bool(true)
      },
      OperatorLowering("Mod", "mod") { node in node.attributes["fmod"] = .bool(true) },
      OperatorLowering("TruncateMod", "mod") { node in node.attributes["fmod"] = .bool(true) },
      OperatorLowering("LeftShift", "bitShift") { node in
        node.attributes["direction"] = .string("left")
      },
      OperatorLowering("RightShift", "bitShift") { node in
        node.attributes["direction"] = .string("right")
      },
      OperatorLowering("ClipByValue", "clip"),
      OperatorLowering("Cast", "cast") { (node) throws(ReadError) in
        node.attributes["to"] = .type(try node.type("DstT"))
      },
      OperatorLowering("Bitcast", "bitCast") { (node) throws(ReadError) in
        node.attributes["to"] = .type(try node.type("type"))
      },
      OperatorLowering("Elu", "elu") { node in node.attributes["alpha"] = .float(1) },
      // Source: Klambauer and others, "Self-Normalizing Neural Networks" (2017), equation 14.
      OperatorLowering("Selu", "selu") { node in
        node.attributes["alpha"] = .float(1.6732632423543772848170429916717)
        node.attributes["gamma"] = .float(1.0507009873554804934193349852946)
      },
      OperatorLowering("LeakyRelu", "leakyRelu") { (node) throws(ReadError) in
        node.attributes["alpha"] = .float(try node.float("alpha", default: 0.2))
      },
      OperatorLowering("Gelu", "gelu") { (node) throws(ReadError) in
        node.attributes["approximate"] = .string(
          try node.bool("approximate") ? "tanh" : "none"
        )
      },
      OperatorLowering("Softmax", "softmax") { node in node.attributes["axis"] = .int(-1) },
      OperatorLowering("LogSoftmax", "logSoftmax") { node in node.attributes["axis"] = .int(-1) },
      OperatorLowering("FakeQuantWithMinMaxArgs", "fakeQuantize") { (node) throws(ReadError) in
        node.attributes["min"] = .float(try node.float("min", default: -6))
        node.attributes["max"] = .float(try node.float("max", default: 6))
        try fakeQuantization(&node)
      },
      OperatorLowering("FakeQuantWithMinMaxVars", "fakeQuantize") { (node) throws(ReadError) in
        let bounds = node.operands.dropFirst().map { $0.flatMap(node.constantFloats)?.first }
        guard bounds.count == 2, let least = bounds[0], let greatest = bounds[1] else {
          node.refusal = "the range is no constant"
          return
        }
        node.operands = Array(node.operands.prefix(1))
        node.attributes["min"] = .float(least)
        node.attributes["max"] = .float(greatest)
        try fakeQuantization(&node)
      },
    ]

  /// Rows without attributes.
  static func plain(_ rows: [(String, String)]) -> [OperatorLowering] {
    rows.map { OperatorLowering($0.0, $0.1) }
  }

  private static func fakeQuantization(_ node: inout LoweringInProgress) throws(ReadError) {
    node.attributes["numBits"] = .int(try node.int("num_bits", default: 8))
    node.attributes["narrowRange"] = .bool(try node.bool("narrow_range"))
  }
}
