/// How stored integers stand for real numbers: `real = scale · (stored − zeroPoint)`.
///
/// Source: TensorFlow Lite 8-bit quantization specification; ONNX DequantizeLinear.
package struct Quantization: Equatable, Sendable {
  /// What shares one scale.
  package enum Granularity: Equatable, Sendable {
    /// The whole tensor: one scale.
    case perTensor
    /// Each slice along the axis: as many scales as the axis is long.
    case perAxis(Int)
    /// Blocks of `size` elements along the axis; scales are a tensor of the file.
    case blockwise(axis: Int, size: Int, scales: ValueID?, zeroPoints: ValueID?)
  }

  package var granularity: Granularity
  /// The scales; empty for block-wise quantization, whose scales are a tensor.
  package var scales: [Float]
  /// The zero points: one each scale, or empty where all are 0.
  package var zeroPoints: [Int]
  /// The least and greatest real values seen when the model was made, where the file tells.
  package var minimum: [Float]
  package var maximum: [Float]

  package init(
    granularity: Granularity,
    scales: [Float],
    zeroPoints: [Int],
    minimum: [Float] = [],
    maximum: [Float] = []
  ) {
    self.granularity = granularity
    self.scales = scales
    self.zeroPoints = zeroPoints
    self.minimum = minimum
    self.maximum = maximum
  }

  /// The zero point of slice `index`; 0 where the file has none.
  package func zeroPoint(_ index: Int) -> Int {
    if zeroPoints.count == 1 { return zeroPoints[0] }
    return zeroPoints.indices.contains(index) ? zeroPoints[index] : 0
  }
}
