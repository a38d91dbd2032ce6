// Angles are in radians; outside a function's domain the result is NaN.
// Source of all: the ONNX operator specification; sine and cosine agree with TensorFlow Lite's.
extension OperatorDefinition {
  /// `sin(x)`.
  static let sin = elementwiseUnary(
    "sin",
    "Sine.",
    UnaryFunction(float: Float.sin, double: Double.sin)
  )

  /// `cos(x)`.
  static let cos = elementwiseUnary(
    "cos",
    "Cosine.",
    UnaryFunction(float: Float.cos, double: Double.cos)
  )

  /// `tan(x)`.
  static let tan = elementwiseUnary(
    "tan",
    "Tangent.",
    UnaryFunction(float: Float.tan, double: Double.tan)
  )

  /// `asin(x)`.
  static let asin = elementwiseUnary(
    "asin",
    "Inverse sine.",
    UnaryFunction(float: Float.asin, double: Double.asin)
  )

  /// `acos(x)`.
  static let acos = elementwiseUnary(
    "acos",
    "Inverse cosine.",
    UnaryFunction(float: Float.acos, double: Double.acos)
  )

  /// `atan(x)`.
  static let atan = elementwiseUnary(
    "atan",
    "Inverse tangent.",
    UnaryFunction(float: Float.atan, double: Double.atan)
  )

  /// `sinh(x)`.
  static let sinh = elementwiseUnary(
    "sinh",
    "Hyperbolic sine.",
    UnaryFunction(float: Float.sinh, double: Double.sinh)
  )

  /// `cosh(x)`.
  static let cosh = elementwiseUnary(
    "cosh",
    "Hyperbolic cosine.",
    UnaryFunction(float: Float.cosh, double: Double.cosh)
  )

  /// `asinh(x)`.
  static let asinh = elementwiseUnary(
    "asinh",
    "Inverse hyperbolic sine.",
    UnaryFunction(float: Float.asinh, double: Double.asinh)
  )

  /// `acosh(x)`.
  static let acosh = elementwiseUnary(
    "acosh",
    "Inverse hyperbolic cosine.",
    UnaryFunction(float: Float.acosh, double: Double.acosh)
  )

  /// `atanh(x)`.
  static let atanh = elementwiseUnary(
    "atanh",
    "Inverse hyperbolic tangent.",
    UnaryFunction(float: Float.atanh, double: Double.atanh)
  )
}
