import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

// Source of all: TensorFlow's operators of these names (`core/ops/math_ops.cc`).
extension OperatorDefinition {
  /// `eˣ − 1`, exact near 0.
  static let exponentialLessOne = elementwiseUnary(
    "expm1",
    "Natural exponential less one.",
    UnaryFunction(float: { expm1f($0) }, double: { expm1($0) })
  )

  /// `ln(1 + x)`, exact near 0.
  static let logOfOneMore = elementwiseUnary(
    "log1p",
    "Natural logarithm of one more.",
    UnaryFunction(float: { log1pf($0) }, double: { log1p($0) })
  )

  /// `1 − erf(x)`, exact for large `x`.
  static let complementaryErf = elementwiseUnary(
    "erfc",
    "Complementary error function.",
    UnaryFunction(float: { erfcf($0) }, double: { erfc($0) })
  )

  /// Ones in the shape and type of the operand.
  static let onesLike = elementwiseUnary(
    "onesLike",
    "Ones in the shape of the operand.",
    UnaryFunction(float: { _ in 1 }, double: { _ in 1 }, integer: { _ in 1 })
  )

  /// Whether the element is neither infinite nor NaN.
  static let isFinite = elementwisePredicate("isFinite", "Whether each element is finite.") { _ in
    { $0.isFinite }
  }

  /// `a / b`, and 0 where `b` is 0.
  static let divNoNan = elementwiseBinary(
    "divNoNan",
    "Quotient, 0 where the divisor is 0.",
    BinaryFunction(float: { $1 == 0 ? 0 : $0 / $1 }, double: { $1 == 0 ? 0 : $0 / $1 })
  )

  /// `a · b`, and 0 where `b` is 0 whatever `a` is.
  static let mulNoNan = elementwiseBinary(
    "mulNoNan",
    "Product, 0 where the second factor is 0.",
    BinaryFunction(float: { $1 == 0 ? 0 : $0 * $1 }, double: { $1 == 0 ? 0 : $0 * $1 })
  )

  /// `a · ln b`, and 0 where `a` is 0.
  static let xlogy = elementwiseBinary(
    "xlogy",
    "Product with a logarithm, 0 where the first factor is 0.",
    operations: 2,
    BinaryFunction(
      float: { $0 == 0 ? 0 : $0 * logf($1) },
      double: { $0 == 0 ? 0 : $0 * Double.log($1) }
    )
  )

  /// `a · ln(1 + b)`, and 0 where `a` is 0.
  static let xlog1py = elementwiseBinary(
    "xlog1py",
    "Product with the logarithm of one more, 0 where the first factor is 0.",
    operations: 2,
    BinaryFunction(
      float: { $0 == 0 ? 0 : $0 * log1pf($1) },
      double: { $0 == 0 ? 0 : $0 * log1p($1) }
    )
  )

  /// `a / b`, and 0 where `a` is 0.
  static let xdivy = elementwiseBinary(
    "xdivy",
    "Quotient, 0 where the dividend is 0.",
    BinaryFunction(float: { $0 == 0 ? 0 : $0 / $1 }, double: { $0 == 0 ? 0 : $0 / $1 })
  )
}
