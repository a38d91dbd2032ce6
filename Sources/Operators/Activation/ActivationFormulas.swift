import ModelIR

// The formulas of activations, written once for both precisions. Source, unless one is named: the ONNX
// operator specification. Comparisons are written so that NaN stays NaN.
extension RealNumber {
  /// `1 / (1 + e^−x)`.
  static func sigmoid(_ x: Self) -> Self { 1 / (1 + exp(-x)) }

  /// `max(x, 0)`.
  static func relu(_ x: Self) -> Self { x < 0 ? 0 : x }

  /// `min(max(x, least), greatest)`.
  static func bounded(_ x: Self, _ least: Self, _ greatest: Self) -> Self {
    x < least ? least : x > greatest ? greatest : x
  }

  /// `x` above zero, `alpha · (eˣ − 1)` below.
  static func elu(_ x: Self, _ alpha: Self) -> Self { x < 0 ? alpha * expm1(x) : x }

  /// `max(0, x) + min(0, alpha · (e^(x / alpha) − 1))`.
  static func celu(_ x: Self, _ alpha: Self) -> Self {
    x < 0 ? minimum(0, alpha * expm1(x / alpha)) : x
  }

  /// `max(0, min(1, alpha · x + beta))`.
  static func hardSigmoid(_ x: Self, _ alpha: Self, _ beta: Self) -> Self {
    bounded(alpha * x + beta, 0, 1)
  }

  /// `x · relu6(x + 3) / 6`.
  ///
  /// Source: A. Howard et al. 2019, "Searching for MobileNetV3".
  static func hardSwish(_ x: Self) -> Self { x * bounded(x + 3, 0, 6) / 6 }

  /// `x / 2 · (1 + erf(x / √2))`.
  ///
  /// Source: D. Hendrycks, K. Gimpel 2016, "Gaussian Error Linear Units".
  static func gelu(_ x: Self) -> Self { x * (1 + erf(x * Self(0.5).squareRoot())) / 2 }

  /// `x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))`.
  ///
  /// Source: as `gelu`, section 2.
  static func tanhGelu(_ x: Self) -> Self {
    let inner = (2 / Self.pi).squareRoot() * (x + 0.044715 * x * x * x)
    return x * (1 + tanh(inner)) / 2
  }

  /// `ln(1 + eˣ)`, in a form that does not overflow.
  static func softplus(_ x: Self) -> Self {
    x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
  }

  /// `x · tanh(softplus(x))`.
  ///
  /// Source: D. Misra 2019, "Mish".
  static func mish(_ x: Self) -> Self { x * tanh(softplus(x)) }

  /// `x · sigmoid(alpha · x)`.
  static func swish(_ x: Self, _ alpha: Self) -> Self { x * sigmoid(alpha * x) }

  /// `x + bias` below −limit, `x − bias` above limit, 0 between.
  static func shrink(_ x: Self, _ bias: Self, _ limit: Self) -> Self {
    x < -limit ? x + bias : x > limit ? x - bias : x.isNaN ? x : 0
  }
}

extension Float {
  /// `gelu` by a hyperbolic tangent with the operations in the order of LiteRT's `gelu.h`.
  ///
  /// Tables must be equal to the bit; floating-point sums depend on their order.
  static func tanhGeluOfTable(_ x: Float) -> Float {
    let factor: Float = 0.797884583  // √(2/π)
    return 0.5 * x * (1 + tanh(factor * (x + 0.044715 * x * x * x)))
  }

  /// `gelu` by the complementary error function, in the order of LiteRT's `gelu.h`.
  static func geluOfTable(_ x: Float) -> Float {
    let minusRootOfHalf: Float = -0.707106769
    return 0.5 * x * erfc(x * minusRootOfHalf)
  }
}
