import ModelIR

/// Functions of one quantized number in TensorFlow Lite's reference kernels.
///
/// Sources: LiteRT `tflite/kernels/elementwise.cc` and `exp.cc`.
enum QuantizedUnary {
  /// The distance from the zero point, rescaled where the scales differ.
  static let abs: OperatorDefinition.QuantizedEvaluation = { (context) throws(OperatorError) in
    let input = try context.affine(ofInput: 0)
    let output = try context.affine(ofOutput: 0)
    guard input.type != .uint8 else { throw context.noQuantizedKernel("abs") }
    let factor = FixedPoint.quantizedMultiplier(Double(input.scale / output.scale))
    return try QuantizedElements.map(context) { value in
      let offset = value &- input.zero
      let magnitude = offset < 0 ? 0 &- offset : offset
      if input.scale == output.scale { return magnitude &+ output.zero }
      return FixedPoint.multiply(magnitude, by: factor) &+ output.zero
    }
  }

  /// The root of the real number, cut (not rounded) to the result's steps.
  static let sqrt: OperatorDefinition.QuantizedEvaluation = { (context) throws(OperatorError) in
    let input = try context.affine(ofInput: 0)
    let output = try context.affine(ofOutput: 0)
    guard input.type != .uint8 else { throw context.noQuantizedKernel("sqrt") }
    try refuseNegative(context, input)
    return try QuantizedElements.map(context) { value in
      let root = input.real(Int64(value)).squareRoot()
      return Int32(NumberConversion.integer(Double(root / output.scale), .int32)) &+ output.zero
    }
  }

  /// 8 bits by an integer Newton iteration, 16 bits by table.
  static let rsqrt: OperatorDefinition.QuantizedEvaluation = { (context) throws(OperatorError) in
    let input = try context.affine(ofInput: 0)
    let output = try context.affine(ofOutput: 0)
    guard input.type != .uint8 else { throw context.noQuantizedKernel("rsqrt") }
    try refuseNegative(context, input)
    if input.type == .int16 {
      return try QuantizedTable.lookup(context) {
        $0 <= 0 ? 32767 * output.scale : 1 / $0.squareRoot()
      }
    }
    var factor = FixedPoint.quantizedMultiplier(
      1 / Double(input.scale.squareRoot() * output.scale)
    )
    factor.shift -= 20
    return try QuantizedElements.map(context) { value in
      let offset = value &- input.zero
      if offset == 0 { return 127 }
      var inverse = FixedPointFunctions.inverseSquareRoot(offset)
      inverse.shift += 20
      let root = FixedPoint.multiply(Int32(1), by: inverse)
      return FixedPoint.multiply(root, by: factor) &+ output.zero
    }
  }

  private static func refuseNegative(
    _ context: EvaluationContext,
    _ input: AffineQuantization
  ) throws(OperatorError) {
    let least = try context.storedIntegers(0).min() ?? Int64(input.zeroPoint)
    guard least >= Int64(input.zeroPoint) else {
      throw .invalid("the root of a negative number is not defined for quantized operands")
    }
  }

  /// By table.
  static let exp: OperatorDefinition.QuantizedEvaluation = { (context) throws(OperatorError) in
    guard try context.input(0).type != .uint8 else { throw context.noQuantizedKernel("exp") }
    return try QuantizedTable.lookup(context, Float.exp)
  }

  /// By table; numbers that are not positive give the least real number of the result.
  static let log: OperatorDefinition.QuantizedEvaluation = { (context) throws(OperatorError) in
    let output = try context.affine(ofOutput: 0)
    guard output.type != .uint8 else { throw context.noQuantizedKernel("log") }
    let least = output.real(Int64(FixedPoint.range(of: output.type).lowerBound))
    return try QuantizedTable.lookup(context) { $0 <= 0 ? least : Float.log($0) }
  }
}
