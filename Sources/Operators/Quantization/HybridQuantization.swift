/// Real activations made 8-bit integers while the model runs, for weights that are stored as such
/// ("dynamic range" models).
///
/// Source: LiteRT `tflite/kernels/internal/reference/portable_tensor_utils.cc`.
struct HybridQuantization: Equatable {
  /// The integers of all rows.
  var values: [Int64]
  /// One scale a row.
  var scales: [Float]
  /// One zero point a row; 0 where quantization is symmetric.
  var offsets: [Int64]

  /// Quantizes rows of `width` elements, each by itself.
  init(_ input: [Float], rows: Int, width: Int, asymmetric: Bool) {
    values = []
    values.reserveCapacity(input.count)
    scales = []
    offsets = []
    for row in 0..<max(rows, 0) {
      let elements = input[min(row * width, input.count)..<min((row + 1) * width, input.count)]
      if asymmetric { appendAsymmetric(elements) } else { appendSymmetric(elements) }
    }
  }

  /// `q = round(x · 127 / max|x|)`, ties away from zero.
  private mutating func appendSymmetric(_ row: ArraySlice<Float>) {
    let range = max(abs(row.min() ?? 0), abs(row.max() ?? 0))
    offsets.append(0)
    guard range != 0 else {
      scales.append(1)
      values.append(contentsOf: repeatElement(0, count: row.count))
      return
    }
    scales.append(range / 127)
    let inverse = 127 / range
    for value in row {
      values.append(
        RoundedInteger.nearest(value * inverse, .toNearestOrAwayFromZero, in: -127...127)
      )
    }
  }

  /// `q = round(zeroPoint + x / scale)` over the range of the row stretched to hold 0.
  private mutating func appendAsymmetric(_ row: ArraySlice<Float>) {
    let least = Double(min(0, row.min() ?? 0))
    let greatest = Double(max(0, row.max() ?? 0))
    guard least != greatest else {
      scales.append(1)
      offsets.append(0)
      values.append(contentsOf: repeatElement(0, count: row.count))
      return
    }
    let scale = (greatest - least) / 255
    // Of the two ends, the one whose zero point is computed with the smaller error decides.
    let fromLeastIsCloser = 128 + abs(least / scale) < 127 + abs(greatest / scale)
    let zeroPoint = fromLeastIsCloser ? -128 - least / scale : 127 - greatest / scale
    let offset = RoundedInteger.nearest(zeroPoint, .toNearestOrAwayFromZero, in: -128...127)
    scales.append(Float(scale))
    offsets.append(offset)
    let inverse = 1 / Float(scale)
    for value in row {
      let stored = Float(offset) + value * inverse
      values.append(RoundedInteger.nearest(stored, .toNearestOrAwayFromZero, in: -128...127))
    }
  }
}
