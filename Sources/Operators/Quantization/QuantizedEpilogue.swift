import ModelIR

/// What becomes of the integer sums of a quantized product: scaled, shifted, bounded and stored.
///
/// Follows TensorFlow Lite's reference kernels bit for bit. Which arithmetic a kernel uses differs:
/// - convolutions of int8 and int16: one fixed-point factor a channel, from the scales' product in
///   double precision; int16 with 64-bit bias uses the 15-bit factor;
/// - convolutions of uint8 and matrix products: one factor, from the product in single precision;
/// - fully connected layers: a double-precision product, rounded half away from zero.
/// Sources: LiteRT `tflite/kernels/kernel_util.cc`
/// (`PopulateConvolutionQuantizationParams`, `GetQuantizedConvolutionMultipler`),
/// `tflite/kernels/fully_connected.cc`, `tflite/kernels/internal/reference/integer_ops`.
struct QuantizedEpilogue {
  /// The kernel whose arithmetic is followed.
  enum Kernel { case convolution, fullyConnected, matrixProduct }

  private enum Factors {
    case fixed32([FixedPoint.QuantizedMultiplier])
    case fixed64([FixedPoint.QuantizedMultiplier])
    case real([Double], wraps: Bool)
  }

  /// The zero point of the left operand.
  let inputZeroPoint: Int64
  /// The zero point of the right operand; 0 where it has one scale a channel.
  let filterZeroPoint: Int64
  let outputType: ElementType
  private let factors: Factors
  private let zeroPoint: Int64
  private let range: ClosedRange<Int>

  /// - Parameters:
  ///   - context: The node.
  ///   - input: The position of the left operand.
  ///   - filter: The position of the right operand.
  ///   - bias: The bias, whose type chooses the width of the sums.
  ///   - channels: The output channels, over which the filter may have one scale each.
  ///   - kernel: The kernel to follow.
  /// - Throws: where a scale is missing, or there is not one for all or one a channel.
  init(
    _ context: EvaluationContext,
    input: Int = 0,
    filter: Int = 1,
    bias: Tensor?,
    channels: Int,
    kernel: Kernel
  ) throws(OperatorError) {
    let inputType = try context.input(input).type
    let filterType = try context.input(filter).type
    outputType = context.outputElement(0) ?? inputType
    guard let left = context.quantization(ofInput: input), let leftScale = left.scales.first,
      let right = context.quantization(ofInput: filter), let rightScale = right.scales.first,
      let result = context.quantization(ofOutput: 0), let resultScale = result.scales.first
    else { throw .invalid("operands of \(inputType) have no scale") }
    guard right.scales.count == 1 || right.scales.count == channels else {
      throw .invalid("the filter has \(right.scales.count) scales for \(channels) channels")
    }
    guard outputType.isInteger else {
      throw .unsupported("quantized operands with a result of \(outputType)")
    }
    inputZeroPoint = Int64(left.zeroPoint(0))
    filterZeroPoint = right.scales.count == 1 ? Int64(right.zeroPoint(0)) : 0
    zeroPoint = Int64(result.zeroPoint(0))
    let activation = try context.attributes.string("activation", default: "none")
    range = FixedPoint.activationRange(
      activation,
      scale: resultScale,
      zeroPoint: result.zeroPoint(0),
      type: outputType
    )
    let isPerChannel = right.scales.count > 1
    let isSinglePrecision =
      kernel == .matrixProduct || kernel == .convolution && inputType == .uint8
      || kernel == .fullyConnected && filterType == .int16 && !isPerChannel
    var scales: [Double] = []
    if isSinglePrecision {
      scales = [Double(leftScale * rightScale) / Double(resultScale)]
    } else {
      scales = right.scales.map { Double(leftScale) * Double($0) / Double(resultScale) }
    }
    let isWide = inputType == .int16 && bias?.type != .int32
    if kernel == .fullyConnected, filterType != .int16 {
      factors = .real(scales, wraps: !isWide)
    } else {
      let multipliers = scales.map { FixedPoint.quantizedMultiplier($0) }
      factors =
        isWide || filterType == .int16 ? .fixed64(multipliers) : .fixed32(multipliers)
    }
  }

  /// The stored integer of a sum.
  func callAsFunction(_ sum: Int64, channel: Int) -> Int64 {
    let scaled: Int64
    switch factors {
    case .fixed32(let factors):
      let factor = factors[factors.count == 1 ? 0 : channel]
      scaled = Int64(FixedPoint.multiply(Int32(truncatingIfNeeded: sum), by: factor))
    case .fixed64(let factors):
      scaled = Int64(FixedPoint.multiply(sum, by: factors[factors.count == 1 ? 0 : channel]))
    case .real(let factors, let wraps):
      let total = wraps ? Int64(Int32(truncatingIfNeeded: sum)) : sum
      scaled = RoundedInteger.nearest(
        Double(total) * factors[factors.count == 1 ? 0 : channel],
        .toNearestOrAwayFromZero,
        in: RoundedInteger.int32
      )
    }
    return min(max(scaled &+ zeroPoint, Int64(range.lowerBound)), Int64(range.upperBound))
  }
}
