#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A function of a recurrent cell, with its parameters.
///
/// Source: ONNX LSTM-22, "Supported activation functions".
struct RecurrentActivation: Sendable {
  private enum Kind: String {
    case relu, tanh, sigmoid, affine, leakyrelu, thresholdedrelu, scaledtanh, hardsigmoid, elu
    case softsign, softplus
  }

  private let kind: Kind
  private let alpha: Double
  private let beta: Double

  /// Reads the functions of a cell: one name each, alpha and beta in the order of those that take
  /// them.
  ///
  /// - Parameters:
  ///   - attributes: The node's attributes.
  ///   - standard: The names where the node has none, for all directions.
  /// - Returns: As many functions as `standard` has names.
  /// - Throws: where a name is unknown or there are too few.
  static func list(
    _ attributes: AttributeReader,
    standard: [String]
  ) throws(OperatorError) -> [RecurrentActivation] {
    let stated = try attributes.strings("activations") ?? []
    let names = stated.isEmpty ? standard : stated
    guard names.count >= standard.count else {
      throw .invalid("\(names.count) activations, \(standard.count) are needed")
    }
    var alphas = (try attributes.floats("activationAlpha") ?? [])[...]
    var betas = (try attributes.floats("activationBeta") ?? [])[...]
    var result: [RecurrentActivation] = []
    for name in names.prefix(standard.count) {
      guard let kind = Kind(rawValue: name.lowercased()) else {
        throw .unsupported("the activation \"\(name)\" is not evaluated")
      }
      let (alpha, beta) = defaults(kind)
      result.append(
        RecurrentActivation(
          kind: kind,
          alpha: alpha.map { alphas.popFirst() ?? $0 } ?? 0,
          beta: beta.map { betas.popFirst() ?? $0 } ?? 0
        )
      )
    }
    return result
  }

  /// The parameters that a function takes, with the defaults of the operators of the same names.
  private static func defaults(_ kind: Kind) -> (alpha: Double?, beta: Double?) {
    switch kind {
    case .relu, .tanh, .sigmoid, .softsign, .softplus: (nil, nil)
    case .leakyrelu: (0.01, nil)
    case .thresholdedrelu, .elu: (1, nil)
    case .affine: (1, 0)
    case .scaledtanh: (1, 1)
    case .hardsigmoid: (0.2, 0.5)
    }
  }

  func callAsFunction(_ x: Double) -> Double {
    switch kind {
    case .relu: max(x, 0)
    case .tanh: Self.tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    case .affine: alpha * x + beta
    case .leakyrelu: x < 0 ? alpha * x : x
    case .thresholdedrelu: x > alpha ? x : 0
    case .scaledtanh: alpha * Self.tanh(beta * x)
    case .hardsigmoid: min(max(alpha * x + beta, 0), 1)
    case .elu: x < 0 ? alpha * (exp(x) - 1) : x
    case .softsign: x / (1 + abs(x))
    case .softplus: max(x, 0) + log1p(exp(-abs(x)))
    }
  }

  #if canImport(Glibc)
  private static func tanh(_ x: Double) -> Double { Glibc.tanh(x) }
  #elseif canImport(Musl)
  private static func tanh(_ x: Double) -> Double { Musl.tanh(x) }
  #elseif canImport(Darwin)
  private static func tanh(_ x: Double) -> Double { Darwin.tanh(x) }
  #endif
}
