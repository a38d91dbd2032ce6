import ModelIR

/// Walks quantized operands with 32-bit integer functions, as TensorFlow Lite's reference kernels do.
enum QuantizedElements {
  /// A function of each stored integer, saturated to the result's type.
  static func map(
    _ context: EvaluationContext,
    _ function: (Int32) -> Int32
  ) throws(OperatorError) -> Tensor {
    let input = try context.input(0)
    let output = try context.affine(ofOutput: 0)
    let range = FixedPoint.range(of: output.type)
    let values = try context.storedIntegers(0).map { value in
      min(
        max(Int64(function(Int32(truncatingIfNeeded: value))), Int64(range.lowerBound)),
        Int64(range.upperBound)
      )
    }
    return Tensor(type: output.type, sizes: input.sizes, elements: .integers(values))
  }

  /// A function of pairs of stored integers, held inside the range of the fused activation.
  static func map(
    _ context: EvaluationContext,
    _ function: (Int32, Int32) -> Int32
  ) throws(OperatorError) -> Tensor {
    let output = try context.affine(ofOutput: 0)
    let range = try context.activationRange(output)
    let plan = try BroadcastPlan([try context.input(0), try context.input(1)])
    let low = Int32(clamping: range.lowerBound)
    let high = Int32(clamping: range.upperBound)
    let values = plan.map(try context.storedIntegers(0), try context.storedIntegers(1)) {
      (a, b) -> Int64 in
      let result = function(Int32(truncatingIfNeeded: a), Int32(truncatingIfNeeded: b))
      return Int64(min(max(result, low), high))
    }
    return Tensor(type: output.type, sizes: plan.sizes, elements: .integers(values))
  }
}

extension EvaluationContext {
  /// The stored integers that the fused activation lets through.
  func activationRange(_ output: AffineQuantization) throws(OperatorError) -> ClosedRange<Int> {
    FixedPoint.activationRange(
      try attributes.string("activation", default: "none"),
      scale: output.scale,
      zeroPoint: output.zeroPoint,
      type: output.type
    )
  }
}

extension AffineQuantization {
  /// The zero point in the width of the reference's arithmetic.
  var zero: Int32 { Int32(truncatingIfNeeded: zeroPoint) }

  /// The exponent where the scale is a power of two, otherwise `nil`.
  ///
  /// Source: LiteRT `tflite/kernels/internal/quantization_util.cc`, `CheckedLog2` (within 0.001).
  var powerOfTwo: Int? {
    let logarithm = Float.log(scale) * (1 / Float.log(2))
    let rounded = logarithm.rounded(.toNearestOrAwayFromZero)
    return (logarithm - rounded).magnitude < 1e-3 ? Int(rounded) : nil
  }
}
