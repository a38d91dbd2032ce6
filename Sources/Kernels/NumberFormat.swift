import CKernels

/// A 16-bit floating-point format.
package enum HalfFormat: Sendable {
  /// IEEE 754 binary16.
  case float16
  /// The upper half of a float32.
  case bfloat16

  /// Widens `count` values; exact.
  package func widen(
    _ input: UnsafePointer<UInt16>,
    to output: UnsafeMutablePointer<Float>,
    count: Int,
    instructionSet: InstructionSet = .active
  ) {
    switch self {
    case .float16: ck_f16_to_f32(instructionSet.c, input, output, count)
    case .bfloat16: ck_bf16_to_f32(instructionSet.c, input, output, count)
    }
  }

  /// Narrows `count` values, to nearest even.
  package func narrow(
    _ input: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<UInt16>,
    count: Int,
    instructionSet: InstructionSet = .active
  ) {
    switch self {
    case .float16: ck_f32_to_f16(instructionSet.c, input, output, count)
    case .bfloat16: ck_f32_to_bf16(instructionSet.c, input, output, count)
    }
  }
}

/// An affine quantization: `real = scale * (integer - zeroPoint)`, integers in `lower ... upper`.
package struct AffineQuantization: Equatable, Sendable {
  /// How a real value is rounded.
  package enum Rounding: UInt32, Sendable {
    /// Halves to the even integer: ONNX.
    case toNearestOrEven = 0
    /// Halves away from zero: TensorFlow Lite.
    case toNearestOrAwayFromZero = 1
  }

  /// Real size of one quantum.
  package var scale: Float
  /// The integer that means zero.
  package var zeroPoint: Int32
  /// Smallest integer.
  package var lower: Int32
  /// Largest integer.
  package var upper: Int32
  /// How values are rounded.
  package var rounding: Rounding

  /// Creates a quantization; the integers' range less the zero point must stay below 2^22.
  package init(
    scale: Float,
    zeroPoint: Int32 = 0,
    lower: Int32,
    upper: Int32,
    rounding: Rounding = .toNearestOrEven
  ) {
    self.scale = scale
    self.zeroPoint = zeroPoint
    self.lower = lower
    self.upper = upper
    self.rounding = rounding
  }

  private var c: ck_affine {
    ck_affine(
      scale: scale,
      zero_point: zeroPoint,
      lower: lower,
      upper: upper,
      rounding: ck_rounding(rounding.rawValue)
    )
  }

  /// Quantizes `count` values into integers of type `type`.
  package func quantize(
    _ input: UnsafePointer<Float>,
    to output: UnsafeMutableRawPointer,
    type: QuantizedEpilogue.Output,
    count: Int,
    instructionSet: InstructionSet = .active
  ) {
    precondition(type != .float32)
    ck_quantize_f32(instructionSet.c, input, c, ck_output(type.rawValue), output, count)
  }

  /// Converts `count` integers of type `type` to real values.
  package func dequantize(
    _ input: UnsafeRawPointer,
    type: QuantizedEpilogue.Output,
    to output: UnsafeMutablePointer<Float>,
    count: Int,
    instructionSet: InstructionSet = .active
  ) {
    precondition(type != .float32)
    ck_dequantize_f32(instructionSet.c, input, ck_output(type.rawValue), c, output, count)
  }

  /// Quantizes and dequantizes: what quantization does to a tensor.
  package func simulate(
    _ input: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Float>,
    count: Int,
    instructionSet: InstructionSet = .active
  ) {
    ck_fake_quantize_f32(instructionSet.c, input, c, output, count)
  }

  /// Quantizes and dequantizes `[outer, channels, inner]`, each channel with its own quantization.
  package static func simulate(
    _ channels: [AffineQuantization],
    _ input: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Float>,
    outer: Int,
    inner: Int,
    instructionSet: InstructionSet = .active
  ) {
    ck_fake_quantize_channels_f32(
      instructionSet.c,
      input,
      channels.map(\.c),
      output,
      outer,
      channels.count,
      inner
    )
  }

  /// Quantizes rows to signed bytes for hybrid layers, each with a scale of its own.
  ///
  /// Without `zeroPoints` symmetrically, to -127 ... 127; else asymmetrically.
  package static func quantizeRows(
    _ input: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Int8>,
    scales: UnsafeMutablePointer<Float>,
    zeroPoints: UnsafeMutablePointer<Int32>?,
    rows: Int,
    columns: Int,
    instructionSet: InstructionSet = .active
  ) {
    if let zeroPoints {
      ck_quantize_rows_asymmetric(
        instructionSet.c,
        input,
        output,
        scales,
        zeroPoints,
        rows,
        columns
      )
    } else {
      ck_quantize_rows_symmetric(instructionSet.c, input, output, scales, rows, columns)
    }
  }
}
