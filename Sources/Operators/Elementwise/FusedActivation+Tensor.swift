import ModelIR

extension FusedActivation {
  /// The bounds of the activations that only bound; `nil` for the others.
  private var bounds: (least: Double, greatest: Double)? {
    switch self {
    case .relu: (0, .infinity)
    case .relu6: (0, 6)
    case .reluN1To1: (-1, 1)
    default: nil
    }
  }

  /// Applies it to every element.
  func callAsFunction(_ tensor: Tensor) throws(OperatorError) -> Tensor {
    if let bounds { return Self.clamp(tensor, bounds.least, bounds.greatest) }
    switch self {
    case .tanh: return try UnaryFunction(float: Float.tanh, double: Double.tanh)(tensor)
    case .sign:
      return try UnaryFunction(
        float: Float.signOf,
        double: Double.signOf,
        integer: { $0.signum() }
      )(tensor)
    default: return tensor
    }
  }

  private static func clamp(_ tensor: Tensor, _ least: Double, _ greatest: Double) -> Tensor {
    var result = tensor
    switch tensor.elements {
    case .floats(let values):
      let low = Float(least)
      let high = Float(greatest)
      // Comparisons in this order let NaN through.
      result.elements = .floats(values.map { $0 < low ? low : $0 > high ? high : $0 })
    case .doubles(let values):
      result.elements = .doubles(
        values.map { $0 < least ? least : $0 > greatest ? greatest : $0 }
      )
    case .integers(let values):
      let low = Int64(least)
      let high = greatest.isFinite ? Int64(greatest) : .max
      result.elements = .integers(values.map { min(max($0, low), high) })
    case .booleans, .strings, .tensors: break
    }
    return result
  }
}
