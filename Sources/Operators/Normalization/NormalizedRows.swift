import ModelIR

/// A tensor's elements as float64, for operators that compute means and deviations.
///
/// Sums in float64 lose nothing that the narrower result types could show.
struct RealElements {
  var values: [Double]
  let sizes: [Int]
  let type: ElementType

  /// - Throws: where the elements are not real numbers.
  init(_ tensor: Tensor) throws(OperatorError) {
    guard tensor.type.isFloat, let values = tensor.doubleValues else {
      throw .invalid("\(tensor.type) operands are not taken")
    }
    self.values = values
    sizes = tensor.sizes
    type = tensor.type
  }

  /// The values in the type of the operand.
  func tensor() -> Tensor { Self.tensor(values, sizes: sizes, type: type) }

  /// Values in a floating-point type.
  static func tensor(_ values: [Double], sizes: [Int], type: ElementType) -> Tensor {
    if type == .float64 { return Tensor(type: type, sizes: sizes, elements: .doubles(values)) }
    let floats = values.map { Float($0) }
    return Tensor(type: type, sizes: sizes, elements: .floats(floats)).normalized()
  }
}

extension EvaluationContext {
  /// An operand's elements as float64.
  func reals(_ index: Int) throws(OperatorError) -> RealElements {
    try RealElements(try input(index))
  }

  /// The elements of an operand with one number a channel.
  func channelValues(_ index: Int, count: Int) throws(OperatorError) -> [Double] {
    let values = try reals(index).values
    guard values.count == count else {
      throw .invalid("operand \(index) has \(values.count) elements for \(count) channels")
    }
    return values
  }

  /// The same for an operand that may be left out, and is then one number for all channels.
  func channelValues(
    _ index: Int,
    count: Int,
    default value: Double
  ) throws(OperatorError) -> [Double] {
    hasInput(index)
      ? try channelValues(index, count: count) : Array(repeating: value, count: count)
  }
}

/// Mean and variance of a run of numbers.
struct Moments {
  var mean: Double
  /// The mean square deviation (not corrected for the sample).
  var variance: Double

  init(_ values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    self.mean = mean
    variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
  }
}

extension CostRule {
  /// Mean, variance, difference and quotient are 4 operations an element, scale and bias one more.
  ///
  /// Source: fvcore `jit_handles.py`, `norm_flop_counter`.
  static func normalization(scaleOperand: Int?) -> CostRule {
    CostRule { context in
      let isAffine = scaleOperand.map { context.node.hasInput($0) } ?? false
      return .times(context.inputElements(), otherOperations: isAffine ? 5 : 4)
    }
  }
}
