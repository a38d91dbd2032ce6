import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The function that an operator applies to its result before it stores it.
///
/// Source: TensorFlow Lite schema, `ActivationFunctionType`. The runtime bounds integers that are
/// not quantized by the same numbers (`CalculateActivationRange` in `kernel_util.h`).
enum FusedActivation: String {
  case none, relu, relu6, reluN1To1, tanh, sign, sigmoid

  /// Reads the attribute `activation`.
  init(_ attributes: AttributeReader) throws(OperatorError) {
    let name = try attributes.string("activation", default: "none")
    guard let activation = FusedActivation(rawValue: name) else {
      throw .unsupported("the fused activation \"\(name)\" is not evaluated")
    }
    self = activation
  }

  func callAsFunction(_ value: Float) -> Float {
    switch self {
    case .none: value
    case .relu: max(value, 0)
    case .relu6: min(max(value, 0), 6)
    case .reluN1To1: min(max(value, -1), 1)
    case .tanh: tanhf(value)
    case .sign: value < 0 ? -1 : (value > 0 ? 1 : value)
    case .sigmoid: 1 / (1 + expf(-value))
    }
  }

  func callAsFunction(_ value: Double) -> Double {
    switch self {
    case .none: return value
    case .relu: return max(value, 0)
    case .relu6: return min(max(value, 0), 6)
    case .reluN1To1: return min(max(value, -1), 1)
    case .tanh: return value.isNaN ? value : 1 - 2 / (exp(2 * value) + 1)
    case .sign: return value < 0 ? -1 : (value > 0 ? 1 : value)
    case .sigmoid: return 1 / (1 + exp(-value))
    }
  }

  /// Applies it to every element of a real tensor.
  func apply(_ elements: Tensor.Elements) -> Tensor.Elements {
    guard self != .none else { return elements }
    switch elements {
    case .floats(let values): return .floats(values.map { self($0) })
    case .doubles(let values): return .doubles(values.map { self($0) })
    default: return elements
    }
  }
}
