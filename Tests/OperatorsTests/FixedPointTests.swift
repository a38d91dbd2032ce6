import ModelIR
import Operators
import Testing

/// Numbers for which the arithmetic is tried: corners, and a fixed pseudo-random sequence.
private let samples: [Int32] = {
  var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  var values: [Int32] = [0, 1, -1, 2, -2, 3, -3, 127, -128, 1 << 30, -(1 << 30), .max, .min]
  for bits in 0..<200 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    values.append(Int32(truncatingIfNeeded: state >> 32) >> Int32(bits % 31))
  }
  return values
}()

/// `numerator / 2^exponent` in 128 bits, rounded to nearest, ties away from zero: sign and magnitude.
private func dividedAway(_ numerator: Int128, _ exponent: Int) -> Int128 {
  let divisor = Int128(1) << Int128(exponent)
  let rounded = (numerator.magnitude + (divisor / 2).magnitude) / divisor.magnitude
  return numerator < 0 ? -Int128(rounded) : Int128(rounded)
}

@Suite struct FixedPointTests {
  @Test func `a factor's multiplier holds its leading bits`() {
    let one = FixedPoint.quantizedMultiplier(1)
    #expect(one == .init(multiplier: 1 << 30, shift: 1))
    #expect(FixedPoint.quantizedMultiplier(0.5) == .init(multiplier: 1 << 30, shift: 0))
    #expect(FixedPoint.quantizedMultiplier(0.75) == .init(multiplier: 3 << 29, shift: 0))
    #expect(FixedPoint.quantizedMultiplier(0) == .init(multiplier: 0, shift: 0))
    #expect(FixedPoint.quantizedMultiplier(-0.5) == .init(multiplier: -(1 << 30), shift: 0))
    // 2^-32 is 0.5 · 2^-31 and stays; half of it is flushed to zero.
    #expect(FixedPoint.quantizedMultiplier(0x1p-32) == .init(multiplier: 1 << 30, shift: -31))
    #expect(FixedPoint.quantizedMultiplier(0x1p-33) == .init(multiplier: 0, shift: 0))
    // Just below 1: the fraction rounds up to 2^31 and is halved.
    #expect(
      FixedPoint.quantizedMultiplier((1.0).nextDown) == .init(multiplier: 1 << 30, shift: 1)
    )
    #expect(FixedPoint.quantizedMultiplier(.nan) == .init(multiplier: 0, shift: 0))
    #expect(FixedPoint.quantizedMultiplier(.infinity) == .init(multiplier: 0, shift: 0))
  }

  // Away from zero on ties for positive products; for negative ones gemmlowp's nudge 1 − 2^30 with a
  // truncating division sends ties toward positive infinity.
  @Test func `the high product equals a slow one in 128 bits`() {
    for left in samples {
      for right in samples {
        let product = Int128(left) * Int128(right)
        let nudge = Int128(product >= 0 ? 1 << 30 : 1 - (1 << 30))
        let expected = min(Int128(Int32.max), (product + nudge) / (1 << 31))
        let value = FixedPoint.saturatingRoundingDoublingHighMultiply(left, right)
        #expect(Int128(value) == expected, "\(left) \(right)")
      }
    }
  }

  @Test func `dividing by a power of two rounds ties away from zero`() {
    for value in samples {
      for exponent in 0..<32 {
        let expected = dividedAway(Int128(value), exponent)
        let quotient = FixedPoint.roundingDivide(value, byPowerOfTwo: exponent)
        #expect(Int128(quotient) == expected, "\(value) \(exponent)")
      }
    }
  }

  @Test func `a multiplied sum is within one of the real product`() {
    for value in samples where value.magnitude < 1 << 24 {
      for factor in [0.000_123, 0.007_8, 0.25, 0.333_333, 0.999_9, 1.0, 3.7, 100.25] {
        let multiplier = FixedPoint.quantizedMultiplier(factor)
        let exact = Double(value) * factor
        guard exact.magnitude < 2e9, value.magnitude < 1 << 23 else { continue }
        let product = FixedPoint.multiply(value, by: multiplier)
        #expect((Double(product) - exact).magnitude <= 1, "\(value) \(factor)")
      }
    }
  }

  @Test func `a 64-bit sum is multiplied by fifteen bits and rounded up on ties`() {
    for value in samples {
      for factor in [0.000_123, 0.007_8, 0.25, 0.333_333, 0.999_999_9] {
        let multiplier = FixedPoint.quantizedMultiplier(factor)
        let reduced =
          multiplier.multiplier >= 0x7FFF_0000
          ? Int128(0x7FFF) : Int128((Int(multiplier.multiplier) + 32768) / 65536)
        let shift = Int128(15 - multiplier.shift)
        let numerator = Int128(value) * 4 * reduced * 2 + (Int128(1) << shift)
        // Floored division, by hand.
        let divisor = Int128(1) << (shift + 1)
        let quotient = numerator / divisor
        let expected = numerator < 0 && numerator % divisor != 0 ? quotient - 1 : quotient
        let product = FixedPoint.multiply(Int64(value) * 4, by: multiplier)
        #expect(Int128(product) == Int128(Int32(truncatingIfNeeded: expected)))
      }
    }
  }

  // By hand: 0 is stored as the zero point; 6 / 0.05 = 120, 1 / 0.05 = 20.
  @Test func `a fused activation bounds the stored integers`() {
    func range(_ activation: String, _ type: ElementType = .int8) -> ClosedRange<Int> {
      FixedPoint.activationRange(activation, scale: 0.05, zeroPoint: -10, type: type)
    }
    #expect(range("none") == -128...127)
    #expect(range("none", .uint8) == 0...255)
    #expect(range("relu", .int16) == -10...32767)
    #expect(range("relu6") == -10...110)
    #expect(range("reluN1To1") == -30...10)
    #expect(range("tanh") == -128...127)
  }

  @Test(arguments: [Float(0), .nan, .infinity, -1, 2e-38])
  func `a senseless scale does not trap`(scale: Float) {
    for zeroPoint in [Int.max, Int.min, 0] {
      for activation in ["relu", "relu6", "reluN1To1"] {
        let range = FixedPoint.activationRange(
          activation,
          scale: scale,
          zeroPoint: zeroPoint,
          type: .int8
        )
        #expect(range.lowerBound >= -128)
        #expect(range.upperBound <= 127)
      }
    }
  }
}
