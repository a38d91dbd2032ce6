import ModelIR

extension FusedActivation {
  /// Applies it to every element of a tensor that is not quantized.
  ///
  /// Integers are bounded by the same numbers as reals. Source: LiteRT `tflite/kernels/kernel_util.h`,
  /// `CalculateActivationRange`.
  func callAsFunction(_ tensor: Tensor) -> Tensor {
    var result = tensor
    guard case .integers(let values) = tensor.elements else {
      result.elements = apply(tensor.elements)
      return result.normalized()
    }
    switch self {
    case .relu: result.elements = .integers(values.map { max($0, 0) })
    case .relu6: result.elements = .integers(values.map { min(max($0, 0), 6) })
    case .reluN1To1: result.elements = .integers(values.map { min(max($0, -1), 1) })
    case .sign: result.elements = .integers(values.map { $0.signum() })
    case .none, .tanh, .sigmoid: break
    }
    return result
  }
}
