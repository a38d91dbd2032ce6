#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension OperatorCatalog {
  static let elementwiseUnary: [OperatorDefinition] = [
    .elementwiseUnary(
      "abs",
      "Absolute value.",
      UnaryFunction(float: { abs($0) }, double: { abs($0) }, integer: { $0 < 0 ? 0 &- $0 : $0 })
    ),
    .elementwiseUnary(
      "exp",
      "Natural exponential.",
      UnaryFunction(float: { expf($0) }, double: { exp($0) })
    ),
    .elementwiseUnary(
      "relu",
      "Rectified linear unit: `max(x, 0)`.",
      family: .activation,
      UnaryFunction(float: { max($0, 0) }, double: { max($0, 0) }, integer: { max($0, 0) })
    ),
  ]
}
