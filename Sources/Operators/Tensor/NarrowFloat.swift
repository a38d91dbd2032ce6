import ModelIR

/// Floating-point formats narrower than 32 bits: decoding, encoding and rounding.
///
/// Sources: IEEE 754-2019 (binary16); bfloat16 is the upper half of binary32; OCP 8-bit Floating
/// Point Specification 1.0 (E4M3FN, E5M2); Noune et al. 2022 (the FNUZ variants); OCP Microscaling
/// Formats 1.0 (E8M0, E2M1).
package enum NarrowFloat {
  /// The layout of a format with sign, exponent and mantissa.
  private struct Layout {
    var exponentBits: Int
    var mantissaBits: Int
    var bias: Int
    /// Whether the greatest exponent holds infinities and NaNs (as IEEE 754 has it).
    var hasInfinity: Bool
    /// Whether negative zero's pattern is the only NaN (the FNUZ formats).
    var hasUnsignedZero: Bool
    /// Whether there are no NaNs at all (E2M1).
    var isFinite = false
  }

  private static func layout(_ type: ElementType) -> Layout? {
    switch type {
    case .float16:
      Layout(exponentBits: 5, mantissaBits: 10, bias: 15, hasInfinity: true, hasUnsignedZero: false)
    case .bfloat16:
      Layout(exponentBits: 8, mantissaBits: 7, bias: 127, hasInfinity: true, hasUnsignedZero: false)
    case .float8e4m3fn:
      Layout(exponentBits: 4, mantissaBits: 3, bias: 7, hasInfinity: false, hasUnsignedZero: false)
    case .float8e4m3fnuz:
      Layout(exponentBits: 4, mantissaBits: 3, bias: 8, hasInfinity: false, hasUnsignedZero: true)
    case .float8e5m2:
      Layout(exponentBits: 5, mantissaBits: 2, bias: 15, hasInfinity: true, hasUnsignedZero: false)
    case .float8e5m2fnuz:
      Layout(exponentBits: 5, mantissaBits: 2, bias: 16, hasInfinity: false, hasUnsignedZero: true)
    case .float4e2m1:
      Layout(
        exponentBits: 2,
        mantissaBits: 1,
        bias: 1,
        hasInfinity: false,
        hasUnsignedZero: false,
        isFinite: true
      )
    default: nil
    }
  }

  /// The value of a bit pattern.
  package static func decode(_ bits: UInt32, as type: ElementType) -> Float {
    if type == .float8e8m0 {
      return bits == 0xFF ? .nan : scalbn(1, Int(bits) - 127)
    }
    guard let layout = layout(type) else { return Float(bitPattern: bits) }
    let mantissaMask = (UInt32(1) << UInt32(layout.mantissaBits)) - 1
    let exponentMask = (UInt32(1) << UInt32(layout.exponentBits)) - 1
    let mantissa = bits & mantissaMask
    let exponent = (bits >> UInt32(layout.mantissaBits)) & exponentMask
    let isNegative = (bits >> UInt32(layout.mantissaBits + layout.exponentBits)) & 1 == 1
    if layout.hasUnsignedZero, isNegative, exponent == 0, mantissa == 0 { return .nan }
    if exponent == exponentMask, !layout.hasUnsignedZero, !layout.isFinite {
      if layout.hasInfinity {
        return mantissa == 0 ? (isNegative ? -.infinity : .infinity) : .nan
      }
      if mantissa == mantissaMask { return .nan }
    }
    let fraction = Float(mantissa) / Float(UInt32(1) << UInt32(layout.mantissaBits))
    let magnitude =
      exponent == 0
      ? scalbn(fraction, 1 - layout.bias) : scalbn(1 + fraction, Int(exponent) - layout.bias)
    return isNegative ? -magnitude : magnitude
  }

  /// The bit pattern of the nearest value, ties to even.
  ///
  /// - Parameters:
  ///   - value: The number.
  ///   - type: A narrow floating-point format; other types give the bits of float32.
  ///   - saturates: Whether values beyond the range become the greatest finite value rather than
  ///     infinity or NaN (ONNX Cast's `saturate`; formats without infinity give NaN otherwise).
  /// - Returns: The bits, right-aligned.
  package static func encode(_ value: Float, as type: ElementType, saturates: Bool = false)
    -> UInt32
  {
    if type == .float8e8m0 { return encodePowerOfTwo(value) }
    guard let layout = layout(type) else { return value.bitPattern }
    let sign = UInt32(value.sign == .minus ? 1 : 0)
    let signBit = sign << UInt32(layout.exponentBits + layout.mantissaBits)
    let exponentMask = (UInt32(1) << UInt32(layout.exponentBits)) - 1
    let mantissaMask = (UInt32(1) << UInt32(layout.mantissaBits)) - 1
    let nan: UInt32 =
      layout.hasUnsignedZero
      ? UInt32(1) << UInt32(layout.exponentBits + layout.mantissaBits)
      : signBit | exponentMask << UInt32(layout.mantissaBits)
        | (layout.hasInfinity ? UInt32(1) << UInt32(layout.mantissaBits - 1) : mantissaMask)
    if value.isNaN { return layout.isFinite ? 0 : nan }
    var greatest = exponentMask << UInt32(layout.mantissaBits) | mantissaMask
    if layout.hasInfinity {
      greatest = (exponentMask - 1) << UInt32(layout.mantissaBits) | mantissaMask
    } else if !layout.hasUnsignedZero, !layout.isFinite {
      greatest -= 1
    }
    let magnitude = value.magnitude
    var code: UInt32
    if magnitude.isInfinite {
      code = greatest + 1
    } else if magnitude == 0 {
      code = 0
    } else {
      let exponent = max(Int(magnitude.exponent), 1 - layout.bias)
      // In units of the last place at that exponent; exact, because scaling by a power of two is.
      let units = Double(magnitude) * exp2Double(layout.mantissaBits - exponent)
      let rounded = units.rounded(.toNearestOrEven)
      let base = UInt32(max(exponent + layout.bias - 1, 0)) << UInt32(layout.mantissaBits)
      // Beyond 2^31 units the value is past every range here.
      code = rounded < 2_147_483_648 ? base + UInt32(rounded) : greatest + 1
    }
    if code > greatest {
      guard saturates || layout.isFinite else {
        return layout.hasInfinity ? signBit | exponentMask << UInt32(layout.mantissaBits) : nan
      }
      code = greatest
    }
    if layout.hasUnsignedZero, code == 0 { return 0 }
    return signBit | code
  }

  /// The nearest value of a narrow type, as a float.
  package static func round(_ value: Float, to type: ElementType) -> Float {
    type == .float32 ? value : decode(encode(value, as: type), as: type)
  }

  /// E8M0 holds 2^(bits − 127); ONNX rounds up to the next power of two that is not smaller.
  private static func encodePowerOfTwo(_ value: Float) -> UInt32 {
    guard !value.isNaN else { return 0xFF }
    guard value.magnitude > 0 else { return 0 }
    guard value.isFinite else { return 0xFE }
    let exponent = Int(value.magnitude.exponent)
    let isExact = value.magnitude.significand == 1
    return UInt32(min(max(exponent + (isExact ? 0 : 1) + 127, 0), 254))
  }

  private static func scalbn(_ value: Float, _ exponent: Int) -> Float {
    Float(sign: .plus, exponent: exponent, significand: value)
  }

  private static func exp2Double(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
