import ModelIR

// Source of all: the ONNX operator specification and TensorFlow Lite's float kernels, which agree;
// integers wrap as two's complement does.
extension OperatorDefinition {
  /// `|x|`; the least signed integer stays as it is.
  static let abs = elementwiseUnary(
    "abs",
    "Absolute value.",
    quantized: QuantizedUnary.abs,
    UnaryFunction(
      float: { $0.magnitude },
      double: { $0.magnitude },
      integer: { $0 < 0 ? 0 &- $0 : $0 }
    )
  )

  /// `−x`.
  static let neg = elementwiseUnary(
    "neg",
    "Negation.",
    UnaryFunction(float: { -$0 }, double: { -$0 }, integer: { 0 &- $0 })
  )

  /// −1, 0 or 1; NaN for NaN.
  static let sign = elementwiseUnary(
    "sign",
    "The sign: −1, 0 or 1.",
    UnaryFunction(
      float: Float.signOf,
      double: Double.signOf,
      integer: { $0.signum() }
    )
  )

  /// The greatest integer that is not greater.
  static let floor = elementwiseUnary(
    "floor",
    "Rounds down.",
    UnaryFunction(float: { $0.rounded(.down) }, double: { $0.rounded(.down) }, integer: { $0 })
  )

  /// The least integer that is not less.
  static let ceil = elementwiseUnary(
    "ceil",
    "Rounds up.",
    UnaryFunction(float: { $0.rounded(.up) }, double: { $0.rounded(.up) }, integer: { $0 })
  )

  /// The nearest integer, halves to the even one.
  static let round = elementwiseUnary(
    "round",
    "Rounds to nearest, halves to even.",
    UnaryFunction(
      float: { $0.rounded(.toNearestOrEven) },
      double: { $0.rounded(.toNearestOrEven) },
      integer: { $0 }
    )
  )

  /// `√x`; NaN below zero.
  static let sqrt = elementwiseUnary(
    "sqrt",
    "Square root.",
    quantized: QuantizedUnary.sqrt,
    UnaryFunction(float: { $0.squareRoot() }, double: { $0.squareRoot() })
  )

  /// `1 / √x`.
  static let rsqrt = elementwiseUnary(
    "rsqrt",
    "Reciprocal square root.",
    quantized: QuantizedUnary.rsqrt,
    UnaryFunction(float: { 1 / $0.squareRoot() }, double: { 1 / $0.squareRoot() })
  )

  /// `1 / x`.
  static let reciprocal = elementwiseUnary(
    "reciprocal",
    "Reciprocal.",
    UnaryFunction(float: { 1 / $0 }, double: { 1 / $0 })
  )

  /// `x²`.
  static let square = elementwiseUnary(
    "square",
    "Square.",
    UnaryFunction(float: { $0 * $0 }, double: { $0 * $0 }, integer: { $0 &* $0 })
  )

  /// `eˣ`.
  static let exp = elementwiseUnary(
    "exp",
    "Natural exponential.",
    quantized: QuantizedUnary.exp,
    UnaryFunction(float: Float.exp, double: Double.exp)
  )

  /// `ln x`.
  static let log = elementwiseUnary(
    "log",
    "Natural logarithm.",
    quantized: QuantizedUnary.log,
    UnaryFunction(float: Float.log, double: Double.log)
  )

  /// The integral `2/√π · ∫₀ˣ exp(−t²) dt`.
  static let erf = elementwiseUnary(
    "erf",
    "Error function.",
    UnaryFunction(float: Float.erf, double: Double.erf)
  )

  /// Every bit inverted.
  static let bitwiseNot = OperatorDefinition(
    "bitwiseNot",
    "Inverts every bit.",
    family: .arithmetic,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .perOutputElement(),
    evaluate: { (context) throws(OperatorError) in
      var tensor = try context.input(0)
      guard case .integers(let values) = tensor.elements else {
        throw .invalid("\(tensor.type) operands are not taken")
      }
      tensor.elements = .integers(values.map { ~$0 })
      return [tensor.normalized()]
    }
  )

  /// True where false was.
  static let logicalNot = OperatorDefinition(
    "logicalNot",
    "Logical negation.",
    family: .comparison,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .perOutputElement(),
    evaluate: { (context) throws(OperatorError) in
      var tensor = try context.input(0)
      guard case .booleans(let values) = tensor.elements else {
        throw .invalid("\(tensor.type) operands are not taken")
      }
      tensor.elements = .booleans(values.map { !$0 })
      return [tensor]
    }
  )

  /// Whether the element is not a number.
  static let isNaN = elementwisePredicate("isNaN", "Whether each element is not a number.") { _ in
    { $0.isNaN }
  }

  /// Whether the element is infinite, of either sign as `detectNegative` and `detectPositive` say.
  static let isInf = elementwisePredicate("isInf", "Whether each element is infinite.") {
    (attributes) throws(OperatorError) in
    let negative = try attributes.bool("detectNegative", default: true)
    let positive = try attributes.bool("detectPositive", default: true)
    return { $0.isInfinite && ($0 < 0 ? negative : positive) }
  }
}

extension RealNumber {
  /// −1, 0 or 1; NaN for NaN.
  static func signOf(_ x: Self) -> Self { x > 0 ? 1 : x < 0 ? -1 : x }
}
