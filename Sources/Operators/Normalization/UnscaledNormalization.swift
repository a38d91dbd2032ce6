import ModelIR

extension OperatorDefinition {
  /// `(x − mean) / (√variance + 1e−9)` over `axes`, by default all but the channels of `[N, C, H, W]`.
  ///
  /// Source: ONNX MeanVarianceNormalization-13, whose function body has the constant.
  static let meanVarianceNormalization = OperatorDefinition(
    "meanVarianceNormalization",
    "Normalizes over given axes.",
    family: .normalization,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .normalization(scaleOperand: nil),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.reals(0)
      let named = try context.attributes.ints("axes") ?? [0, 2, 3]
      let axes = try ReductionAxes(named, rank: input.sizes.count, keepsAxes: true)
      return [
        normalizeGroups(input, axes) { group in
          let moments = Moments(group)
          let deviation = moments.variance.squareRoot() + 1e-9
          return group.map { ($0 - moments.mean) / deviation }
        }
      ]
    }
  )

  /// `x / ‖x‖ₚ` along an axis, p 1 or 2; zeros stay zeros.
  ///
  /// Cost: power, sum and quotient. Source: ONNX LpNormalization-22.
  static let lpNormalization = OperatorDefinition(
    "lpNormalization",
    "Divides by the norm along an axis.",
    family: .normalization,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      if let rank = input.shape.rank {
        _ = try Axes.normalize(try context.attributes.int("axis", default: -1), rank: rank)
      }
      return [input]
    },
    cost: .perInputElement(otherOperations: 3),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.reals(0)
      let axis = try context.attributes.int("axis", default: -1)
      let power = try context.attributes.int("p", default: 2)
      guard power == 1 || power == 2 else { throw .invalid("p \(power) is neither 1 nor 2") }
      let axes = try ReductionAxes([axis], rank: input.sizes.count, keepsAxes: true)
      return [
        normalizeGroups(input, axes) { group in
          let norm =
            power == 1
            ? group.reduce(0) { $0 + $1.magnitude }
            : group.reduce(0) { $0 + $1 * $1 }.squareRoot()
          return group.map { norm == 0 ? 0 : $0 / norm }
        }
      ]
    }
  )

  /// `x / max(‖x‖₂, 1e−6)` along the last axis.
  ///
  /// Cost: square, sum and quotient. Source: TensorFlow Lite `l2norm.cc`, whose constant is 1e−6 and
  /// which knows no fused activation.
  static let l2Normalization = OperatorDefinition(
    "l2Normalization",
    "Divides by the Euclidean length along the last axis.",
    family: .normalization,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .perInputElement(otherOperations: 3),
    evaluate: { (context) throws(OperatorError) in
      if context.isQuantized { return [try QuantizedNormalization.l2(context)] }
      let input = try context.reals(0)
      let axes = try ReductionAxes([-1], rank: input.sizes.count, keepsAxes: true)
      let result = normalizeGroups(input, axes) { group in
        let length = max(group.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-6)
        return group.map { $0 / length }
      }
      return [try FusedActivation(context.attributes)(result)]
    }
  )

  /// A function of all elements that lie along some axes together.
  private static func normalizeGroups(
    _ input: RealElements,
    _ axes: ReductionAxes,
    _ function: ([Double]) -> [Double]
  ) -> Tensor {
    let count = checkedProduct(axes.unitSizes(input.sizes)) ?? 0
    let groups = ElementGroups(input.sizes, axes, count: count)
    let places = groups.map(Array(input.values.indices)) { $0 }
    var result = input
    for group in places {
      let values = function(group.map { input.values[$0] })
      for (place, value) in zip(group, values) { result.values[place] = value }
    }
    return result.tensor()
  }
}

/// Normalizations of quantized numbers in TensorFlow Lite's reference kernels.
///
/// Sources: LiteRT `tflite/kernels/l2norm.cc`, `internal/reference/l2normalization.h` and
/// `integer_ops/l2normalization.h`.
enum QuantizedNormalization {
  /// Multiplies by the inverse root of the sum of squares; the result's step is 1/128.
  static let l2: OperatorDefinition.QuantizedEvaluation = { (context) throws(OperatorError) in
    let input = try context.input(0)
    let quantization = try context.affine(ofInput: 0)
    guard input.rank > 0, input.type != .int16 else {
      throw context.noQuantizedKernel("l2Normalization")
    }
    let isUnsigned = input.type == .uint8
    let middle: Int32 = isUnsigned ? 128 : 0
    let range = FixedPoint.range(of: input.type)
    let values = try context.storedIntegers(0).map {
      Int32(truncatingIfNeeded: $0) &- quantization.zero
    }
    let result = AxisRows(input.sizes, axis: input.rank - 1).map(values) { row -> [Int64] in
      let squares = row.reduce(Int32(0)) { $0 &+ $1 &* $1 }
      var inverse = FixedPointFunctions.inverseSquareRoot(squares)
      // Both kernels multiply by 128, at different places.
      if !isUnsigned { inverse.shift += 7 }
      return row.map { value in
        let scaled = FixedPoint.multiply(isUnsigned ? value &* 128 : value, by: inverse)
        return Int64(min(max(Int(scaled &+ middle), range.lowerBound), range.upperBound))
      }
    }
    return Tensor(type: input.type, sizes: input.sizes, elements: .integers(result))
  }
}
