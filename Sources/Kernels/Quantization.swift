import CKernels

/// A real multiplier as the integer kernels use it: `multiplier * 2^(shift - 31)`.
package struct FixedPointScale: Equatable, Sendable {
  /// In `2^30 ..< 2^31`, or 0.
  package var multiplier: Int32
  /// Power of two; negative shifts right.
  package var shift: Int32

  /// Splits a positive real multiplier as TensorFlow Lite's `QuantizeMultiplier` does.
  package init(_ real: Double) {
    var multiplier: Int32 = 0
    var shift: Int32 = 0
    ck_quantize_multiplier(real, &multiplier, &shift)
    self.multiplier = multiplier
    self.shift = shift
  }

  /// A multiplier and a shift as they are.
  package init(multiplier: Int32, shift: Int32) {
    self.multiplier = multiplier
    self.shift = shift
  }

  /// Scales one value, rounding twice, as the kernels do.
  package func scale(_ value: Int32) -> Int32 { ck_scale_fixed_point(value, multiplier, shift) }

  /// Scales a 64-bit sum of 16-bit activations as the kernels do.
  package func scale(_ value: Int64) -> Int32 { ck_scale_fixed_point64(value, multiplier, shift) }
}

/// Zero points and types of a layer whose weights have 8 bits.
package struct LayerQuantization: Equatable, Sendable {
  /// Zero point of the input.
  package var inputZeroPoint: Int32
  /// Whether weights are unsigned bytes.
  package var weightsAreUnsigned: Bool
  /// One zero point for all weights; 0 for symmetric weights.
  package var weightZeroPoint: Int32

  /// Creates the quantization of a layer.
  package init(
    inputZeroPoint: Int32 = 0,
    weightsAreUnsigned: Bool = false,
    weightZeroPoint: Int32 = 0
  ) {
    self.inputZeroPoint = inputZeroPoint
    self.weightsAreUnsigned = weightsAreUnsigned
    self.weightZeroPoint = weightZeroPoint
  }

  func c(_ element: ConvolutionPlan.Element) -> ck_quantization {
    ck_quantization(
      input: ck_element(element.rawValue),
      input_zero_point: inputZeroPoint,
      weights_unsigned: weightsAreUnsigned,
      weight_zero_point: weightZeroPoint
    )
  }
}

/// How each output channel is scaled; arrays have one entry for each channel of all variants,
/// `[variants][outputChannels]`, or are `nil`.
package struct ChannelScales: Sendable {
  /// Added to the sum.
  package var bias: [Int32]?
  /// Added to the sum of 16-bit activations.
  package var wideBias: [Int64]?
  /// Added to a float32 output.
  package var floatBias: [Float]?
  /// Integer scaling.
  package var fixedPoint: [FixedPointScale]?
  /// Float32 scaling, and scale of float32 outputs.
  package var scale: [Float]?

  /// Creates the scales of a layer.
  package init(
    bias: [Int32]? = nil,
    wideBias: [Int64]? = nil,
    floatBias: [Float]? = nil,
    fixedPoint: [FixedPointScale]? = nil,
    scale: [Float]? = nil
  ) {
    self.bias = bias
    self.wideBias = wideBias
    self.floatBias = floatBias
    self.fixedPoint = fixedPoint
    self.scale = scale
  }

  func holds(_ count: Int) -> Bool {
    [bias?.count, wideBias?.count, floatBias?.count, fixedPoint?.count, scale?.count]
      .allSatisfy { $0 == nil || $0 == count }
  }

  func withC(_ body: (UnsafePointer<ck_channel_scales>) -> Void) {
    let multiplier = fixedPoint?.map(\.multiplier)
    let shift = fixedPoint?.map(\.shift)
    withOptional(bias) { bias in
      withOptional(wideBias) { wideBias in
        withOptional(floatBias) { floatBias in
          withOptional(multiplier) { multiplier in
            withOptional(shift) { shift in
              withOptional(scale) { scale in
                var scales = ck_channel_scales(
                  bias: bias,
                  bias64: wideBias,
                  bias_f32: floatBias,
                  multiplier: multiplier,
                  shift: shift,
                  scale: scale
                )
                body(&scales)
              }
            }
          }
        }
      }
    }
  }

  private func withOptional<T>(_ array: [T]?, _ body: (UnsafePointer<T>?) -> Void) {
    guard let array else { return body(nil) }
    array.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}

/// What happens to an integer sum before it is stored.
package struct QuantizedEpilogue {
  /// Element type of the output.
  package enum Output: UInt32, Sendable {
    case int8 = 0
    case uint8 = 1
    case int16 = 2
    /// The bare sum with bias.
    case int32 = 3
    /// The sum times row and column scales, plus a float bias.
    case float32 = 4
  }

  /// How a sum is scaled to an integer output.
  package enum Scaling: UInt32, Sendable {
    /// Integer multiplier, rounded twice: TensorFlow Lite's reference kernels.
    case fixedPoint = 0
    /// Integer multiplier, rounded once.
    case fixedPointOnce = 1
    /// Float32 multiplier, rounded to nearest even: ONNX.
    case float = 2
  }

  /// Element type of the output.
  package var output: Output
  /// How a sum is scaled.
  package var scaling: Scaling
  /// Added after scaling.
  package var outputZeroPoint: Int32
  /// Smallest integer stored.
  package var lower: Int32
  /// Largest integer stored.
  package var upper: Int32
  /// Scales of groups of `rowsPerScale` rows, for float32 outputs.
  package var rowScales: UnsafePointer<Float>?
  /// Input zero points of groups of rows that were not known when packing.
  package var rowZeroPoints: UnsafePointer<Int32>?
  /// Output rows that share a scale.
  package var rowsPerScale: Int
  /// Whether row and column scale are multiplied first: TensorFlow Lite's fully connected layers
  /// do, its convolutions do not.
  package var scalesFirst: Bool
  /// Smallest float stored.
  package var floatLower: Float
  /// Largest float stored.
  package var floatUpper: Float
  /// Whether sums of 16-bit activations are wrapped to 32 bits, as with a 32-bit bias.
  package var narrowSums: Bool

  /// Creates an epilogue for integer outputs.
  package init(
    output: Output,
    scaling: Scaling = .fixedPoint,
    outputZeroPoint: Int32 = 0,
    lower: Int32,
    upper: Int32,
    narrowSums: Bool = false
  ) {
    self.output = output
    self.scaling = scaling
    self.outputZeroPoint = outputZeroPoint
    self.lower = lower
    self.upper = upper
    self.narrowSums = narrowSums
    rowsPerScale = 1
    scalesFirst = false
    floatLower = -.infinity
    floatUpper = .infinity
  }

  /// Creates an epilogue for float32 outputs of a hybrid layer.
  package init(
    rowScales: UnsafePointer<Float>?,
    rowZeroPoints: UnsafePointer<Int32>? = nil,
    rowsPerScale: Int = 1,
    scalesFirst: Bool,
    lower: Float = -.infinity,
    upper: Float = .infinity
  ) {
    self.init(output: .float32, lower: .min, upper: .max)
    self.rowScales = rowScales
    self.rowZeroPoints = rowZeroPoints
    self.rowsPerScale = rowsPerScale
    self.scalesFirst = scalesFirst
    floatLower = lower
    floatUpper = upper
  }

  var c: ck_quantized_epilogue {
    ck_quantized_epilogue(
      output: ck_output(output.rawValue),
      scaling: ck_scaling(scaling.rawValue),
      output_zero_point: outputZeroPoint,
      lower: lower,
      upper: upper,
      row_scales: rowScales,
      row_zero_points: rowZeroPoints,
      rows_per_scale: rowsPerScale,
      scales_first: scalesFirst,
      lower_f32: floatLower,
      upper_f32: floatUpper,
      narrow_sums: narrowSums
    )
  }
}
