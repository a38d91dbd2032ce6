import ModelIR

/// Sums, means and products of quantized numbers in TensorFlow Lite's reference kernels.
///
/// Source: LiteRT `tflite/kernels/reduce.cc` and `internal/reference/reduce.h`.
enum QuantizedReduction {
  typealias Evaluation = OperatorDefinition.QuantizedEvaluation

  static let sum: Evaluation = { (context) throws(OperatorError) in
    try total(context, isMean: false)
  }

  static let mean: Evaluation = { (context) throws(OperatorError) in
    try total(context, isMean: true)
  }

  private static func total(
    _ context: EvaluationContext,
    isMean: Bool
  ) throws(OperatorError) -> Tensor {
    let input = try context.affine(ofInput: 0)
    let output = try context.affine(ofOutput: 0)
    let axes = try context.reductionAxes()
    let count = axes.count(try context.input(0).sizes)
    var factor = FixedPoint.quantizedMultiplier(Double(input.scale) / Double(output.scale))
    if isMean, count > 0 {
      // The division goes into the factor, with as many bits as its shift leaves.
      let shift = min(63 - UInt64(count).leadingZeroBitCount, 32, 31 + factor.shift)
      let multiplier = (Int64(factor.multiplier) << Int64(shift)) / Int64(count)
      factor.multiplier = Int32(truncatingIfNeeded: multiplier)
      factor.shift -= shift
    }
    let zeros = Int32(truncatingIfNeeded: Int64(input.zeroPoint) &* Int64(count))
    return try fold(context, axes, output) { group in
      guard !group.isEmpty else { return 0 }
      let sum = group.reduce(0, &+) &- zeros
      return FixedPoint.multiply(sum, by: factor) &+ output.zero
    }
  }

  /// Rescales after each product, so that 32 bits hold it.
  static let product: Evaluation = { (context) throws(OperatorError) in
    let input = try context.affine(ofInput: 0)
    let output = try context.affine(ofOutput: 0)
    guard input.type != .uint8 else { throw context.noQuantizedKernel("reduceProd") }
    let axes = try context.reductionAxes()
    let count = axes.count(try context.input(0).sizes)
    let root = Double.pow(Double(output.scale), 1 / Double(max(count, 1)))
    let factor = FixedPoint.quantizedMultiplier(Double(input.scale) / root)
    return try fold(context, axes, output) { group in
      guard let first = group.first else { return 0 }
      var result = first &- input.zero
      for value in group.dropFirst() {
        let product = Int64(result) * Int64(value &- input.zero)
        result = FixedPoint.multiply(product, by: factor)
      }
      return FixedPoint.multiply(Int64(result), by: factor) &+ output.zero
    }
  }

  private static func fold(
    _ context: EvaluationContext,
    _ axes: ReductionAxes,
    _ output: AffineQuantization,
    _ function: ([Int32]) -> Int32
  ) throws(OperatorError) -> Tensor {
    let sizes = try context.input(0).sizes
    let result = axes.result(sizes, one: 1)
    guard let count = checkedProduct(result) else {
      throw OperatorError(.limit, "the result of shape \(Shape.fixed(result)) is too large")
    }
    let values = try context.storedIntegers(0).map { Int32(truncatingIfNeeded: $0) }
    let range = FixedPoint.range(of: output.type)
    let folded = ElementGroups(sizes, axes, count: count).map(values) { group in
      min(max(Int64(function(group)), Int64(range.lowerBound)), Int64(range.upperBound))
    }
    return Tensor(type: output.type, sizes: result, elements: .integers(folded))
  }
}
