import ModelIR

extension QuantizedActivation {
  /// `x · relu6(x + 3) / 6` in 16-bit fixed point, for 8-bit numbers.
  ///
  /// Source: LiteRT `tflite/kernels/internal/reference/hard_swish.h` and `activations.cc`.
  static let hardSwish: Evaluation = { (context) throws(OperatorError) in
    let input = try context.affine(ofInput: 0)
    let output = try context.affine(ofOutput: 0)
    guard input.type != .int16 else { throw context.noQuantizedKernel("hardSwish") }
    // The operand is taken with 7 more bits; 3 is represented by 32768.
    let fineScale = Float(1) / 128 * input.scale
    let outputFactor = FixedPoint.quantizedMultiplier(Double(fineScale / output.scale))
    guard outputFactor.shift <= 0 else {
      throw .invalid("the result's scale is too fine for the operand's")
    }
    let gateFactor = FixedPoint.quantizedMultiplier(Double(fineScale / (Float(3) / 32768)))
    let outputMultiplier = upperHalf(outputFactor.multiplier)
    let gateMultiplier = upperHalf(gateFactor.multiplier)
    return try QuantizedElements.map(context) { value in
      let fine = wrapped((value &- input.zero) << 7)
      let scaled = QuantizedBinary.roundingHighProduct(fine, outputMultiplier)
      var gate = fine
      if gateFactor.shift > 0 { gate = saturatingShift(gate, gateFactor.shift - 1) }
      gate = QuantizedBinary.roundingHighProduct(gate, gateMultiplier)
      if gateFactor.shift > 0 { gate = saturatingShift(gate, 1) }
      if gateFactor.shift < 0 {
        gate = FixedPoint.roundingDivide(gate, byPowerOfTwo: -gateFactor.shift)
      }
      // From −1 … 1 to 0 … 1; the product is cut, not rounded, which balances the roundings above.
      gate = (gate + 32768) >> 1
      let product = wrapped(gate &* scaled / 32768)
      let result = FixedPoint.roundingDivide(product, byPowerOfTwo: -outputFactor.shift)
      return wrapped(result &+ output.zero)
    }
  }

  /// The upper 16 bits of a multiplier, rounded.
  private static func upperHalf(_ multiplier: Int32) -> Int32 {
    multiplier >= Int32.max - (1 << 15) ? 32767 : (multiplier + (1 << 15)) >> 16
  }

  private static func wrapped(_ value: Int32) -> Int32 {
    Int32(Int16(truncatingIfNeeded: value))
  }

  private static func saturatingShift(_ value: Int32, _ amount: Int) -> Int32 {
    Int32(min(max(Int64(value) << Int64(min(amount, 31)), -32768), 32767))
  }
}
