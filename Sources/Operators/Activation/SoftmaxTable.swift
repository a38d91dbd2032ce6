import ModelIR

/// Softmax of rows of 8-bit numbers: `QuantizedSoftmax` with its exponentials in a table.
///
/// An exponential depends only on how far a number lies below the greatest of its row, of which there
/// are 256 cases.
package struct SoftmaxTable: Sendable {
  /// By distance from the greatest: the exponential, and its share of a sum in Q12.
  private let powers: [Int32]
  private let addends: [Int32]
  /// Distances from here on count as nothing.
  private let reach: Int
  private let isSigned: Bool

  /// - Parameters:
  ///   - scale: The operand's scale.
  ///   - beta: What exponents are multiplied by.
  ///   - isSigned: Whether operand and result are int8; uint8 otherwise.
  package init(scale: Float, beta: Float, isSigned: Bool) {
    let scaling = DifferenceScaling(scale: scale, beta: beta)
    let distances = (0..<256).prefix { -Int32($0) >= scaling.leastDifference }
    reach = distances.count
    powers = distances.map { FixedPointFunctions.exp(scaling(-Int32($0))) }
    addends = powers.map { FixedPoint.roundingDivide($0, byPowerOfTwo: 12) }
    self.isSigned = isSigned
  }

  /// Computes one row.
  package func apply(
    _ row: UnsafeBufferPointer<UInt8>,
    to output: UnsafeMutableBufferPointer<UInt8>
  ) {
    // Signed numbers in the order of unsigned ones.
    let flip: UInt8 = isSigned ? 0x80 : 0
    var top: UInt8 = 0
    for byte in row { top = max(top, byte ^ flip) }
    var sum: Int32 = 0
    for byte in row {
      let distance = Int(top - (byte ^ flip))
      if distance < reach { sum &+= addends[distance] }
    }
    let inverse = FixedPointFunctions.reciprocal(sum, integerBits: 12)
    let exponent = min(max(inverse.bitsOverUnit + 31 - 8, 0), 31)
    let least: Int32 = isSigned ? -128 : 0
    let shares = powers.map { power -> UInt8 in
      let share = FixedPoint.saturatingRoundingDoublingHighMultiply(inverse.value, power)
      let steps = FixedPoint.roundingDivide(share, byPowerOfTwo: exponent) &+ least
      return UInt8(truncatingIfNeeded: min(max(steps, least), least + 255))
    }
    let nothing = UInt8(truncatingIfNeeded: least)
    for (index, byte) in row.enumerated() {
      let distance = Int(top - (byte ^ flip))
      output[index] = distance < reach ? shares[distance] : nothing
    }
  }
}
