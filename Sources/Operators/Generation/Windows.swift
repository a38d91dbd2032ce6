import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension OperatorDefinition {
  /// `0.5 − 0.5·cos(2πn / N)`.
  ///
  /// Source: ONNX HannWindow-17.
  static let hannWindow = window("hannWindow", "The Hann window.") { 0.5 - 0.5 * Double.cos($0) }
  /// `25/46 − 21/46·cos(2πn / N)`.
  ///
  /// Source: ONNX HammingWindow-17.
  static let hammingWindow = window("hammingWindow", "The Hamming window.") {
    25.0 / 46 - 21.0 / 46 * Double.cos($0)
  }
  /// `0.42 − 0.5·cos(2πn / N) + 0.08·cos(4πn / N)`.
  ///
  /// Source: ONNX BlackmanWindow-17.
  static let blackmanWindow = window("blackmanWindow", "The Blackman window.") {
    0.42 - 0.5 * Double.cos($0) + 0.08 * Double.cos(2 * $0)
  }

  /// A window of as many values as the operand says; N is that number where `periodic` is set (the
  /// default) and one less where it is not.
  private static func window(
    _ name: String,
    _ summary: String,
    _ value: @escaping @Sendable (Double) -> Double
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .signal,
      inputs: 1...1,
      inferTypes: windowTypes,
      cost: .perOutputElement(otherOperations: 3),
      evaluate: { (context) throws(OperatorError) in
        let sizes = try context.inferredSizes(windowTypes)
        let count = try Tensor.checkedCount(sizes)
        let isPeriodic = try context.attributes.bool("periodic", default: true)
        let period = Double(isPeriodic ? count : count - 1)
        let values = (0..<count).map { index in
          period == 0 ? 1 : value(2 * .pi * Double(index) / period)
        }
        let element = try generatedType(context.attributes, default: .float32)
        return [Tensor(element, sizes, numbers: values)]
      }
    )
  }

  /// Weights that turn a spectrum into mel bands: (bands, DFT length, sample rate, lowest and highest
  /// frequency) give `[DFT length / 2 + 1, bands]`.
  ///
  /// `mel = 2595·log10(1 + f / 700)`; each band is a triangle over the bins between its neighbours'
  /// middles. Source: ONNX MelWeightMatrix-17.
  static let melWeightMatrix = OperatorDefinition(
    "melWeightMatrix",
    "Weights that turn a spectrum into mel bands.",
    family: .signal,
    inputs: 5...5,
    inferTypes: melTypes,
    cost: .perOutputElement(otherOperations: 2, status: .approximated),
    evaluate: { (context) throws(OperatorError) in
      let sizes = try context.inferredSizes(melTypes)
      let (bins, bands) = (sizes[0], sizes[1])
      let count = try Tensor.checkedCount(sizes)
      let rate = try number(context, 2)
      let length = try number(context, 1)
      guard rate > 0 else { throw .invalid("the sample rate is \(rate)") }
      let low = 2595 * Double.log1p(try number(context, 3) / 700) / Double.log(10)
      let high = 2595 * Double.log1p(try number(context, 4) / 700) / Double.log(10)
      let step = (high - low) / Double(bands + 2)
      var edges: [Int] = []
      for edge in 0..<(bands + 2) {
        let frequency = 700 * expm1((Double(edge) * step + low) / 2595 * Double.log(10))
        let bin = (length + 1) * frequency / rate
        guard let place = Int(exactly: bin.rounded(.down)), (0..<bins).contains(place) else {
          throw .invalid("the band edge \(frequency) Hz lies in none of \(bins) bins")
        }
        edges.append(place)
      }
      var result = Array(repeating: 0.0, count: count)
      for band in 0..<bands {
        let (left, middle, right) = (edges[band], edges[band + 1], edges[band + 2])
        if left == middle { result[middle * bands + band] = 1 }
        if left < middle {
          for bin in left...middle {
            result[bin * bands + band] = Double(bin - left) / Double(middle - left)
          }
        }
        if middle < right {
          for bin in middle..<right {
            result[bin * bands + band] = Double(right - bin) / Double(right - middle)
          }
        }
      }
      let element = try generatedType(context.attributes, default: .float32)
      return [Tensor(element, sizes, numbers: result)]
    }
  )
}

private func windowTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let element = try generatedType(context.attributes, default: .float32)
  let extent = context.dimensions(0)?.first ?? .unknown
  if let size = extent.size, size < 0 { throw .invalid("a window of \(size) values") }
  return [TensorType(element, .ranked([extent]))]
}

private func melTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let element = try generatedType(context.attributes, default: .float32)
  let bands = context.dimensions(0)?.first ?? .unknown
  var bins = Dimension.unknown
  if let length = context.integers(1)?.first {
    guard length >= 0 else { throw .invalid("a DFT of \(length) values") }
    bins = .fixed(length / 2 + 1)
  }
  if let size = bands.size, size < 0 || size > 1 << 30 { throw .invalid("\(size) bands") }
  return [TensorType(element, .ranked([bins, bands]))]
}

/// A finite number that an operand holds.
private func number(_ context: EvaluationContext, _ index: Int) throws(OperatorError) -> Double {
  guard let value = try context.input(index).doubleValues?.first, value.isFinite else {
    throw .invalid("operand \(index) is no number")
  }
  return value
}
