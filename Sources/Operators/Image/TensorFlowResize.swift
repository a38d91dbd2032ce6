import ModelIR

/// The arithmetic of TensorFlow's cubic and area resizing of `[batch, height, width, channels]`.
///
/// Sources: tensorflow/core/kernels/image/resize_bicubic_op.cc (weights from a table of 1,024 steps;
/// Keys' cubic with a = −1/2 and weights outside the image left out where centres are half-pixel,
/// a = −3/4 and edges repeated otherwise), resize_area_op.cc (each source element counts by the part
/// of it that a position of the result covers).
struct TensorFlowResize {
  private let alignsCorners: Bool
  private let hasHalfPixelCenters: Bool
  private let isArea: Bool
  private static let tableSize: Float = 1_024

  private typealias Tap = (place: Int, weight: Float)

  init(_ attributes: AttributeReader, _ mode: String) throws(OperatorError) {
    alignsCorners = try attributes.bool("alignCorners")
    hasHalfPixelCenters = try attributes.bool("halfPixelCenters")
    guard mode == "cubic" || mode == "area" else {
      throw .invalid("mode \"\(mode)\" is none of nearest, linear, cubic, area")
    }
    isArea = mode == "area"
  }

  /// Resamples rows, then columns.
  func result(_ input: Tensor, to sizes: [Int]) throws(OperatorError) -> Tensor {
    guard input.rank == 4, sizes.count == 4, case .floats(let values) = input.elements else {
      throw .invalid("\(input.type) \(input.shape) is no batch of images")
    }
    let rows = taps(input.sizes[1], sizes[1])
    let columns = taps(input.sizes[2], sizes[2])
    let (height, width, depth) = (input.sizes[1], input.sizes[2], input.sizes[3])
    var result: [Float] = []
    result.reserveCapacity(try Tensor.checkedCount(sizes))
    for batch in 0..<sizes[0] {
      for row in rows {
        for column in columns {
          for channel in 0..<depth {
            var sum: Float = 0
            for (y, rowWeight) in row {
              let line = (batch * height + y) * width
              var part: Float = 0
              for (x, weight) in column { part += values[(line + x) * depth + channel] * weight }
              sum += part * rowWeight
            }
            result.append(sum)
          }
        }
      }
    }
    return Tensor(type: .float32, sizes: sizes, elements: .floats(result))
  }

  private func taps(_ size: Int, _ output: Int) -> [[Tap]] {
    let scale =
      alignsCorners && output > 1
      ? Float(size - 1) / Float(output - 1) : Float(size) / Float(output)
    return (0..<output).map {
      isArea ? areaTaps($0, scale, size) : cubicTaps($0, scale, size)
    }
  }

  private func bound(_ place: Int, _ size: Int) -> Int { min(max(place, 0), size - 1) }

  private func areaTaps(_ position: Int, _ scale: Float, _ size: Int) -> [Tap] {
    let start = Float(position) * scale
    let end = Float(position + 1) * scale
    let first = Int(start.rounded(.down))
    let last = max(first + 1, min(Int(end.rounded(.up)), first + size + 1))
    return (first..<last).map { place in
      let x = Float(place)
      let covered =
        x < start
        ? (x + 1 > end ? scale : x + 1 - start) : (x + 1 > end ? end - x : 1)
      return (bound(place, size), covered / scale)
    }
  }

  private func cubicTaps(_ position: Int, _ scale: Float, _ size: Int) -> [Tap] {
    let place =
      hasHalfPixelCenters ? (Float(position) + 0.5) * scale - 0.5 : Float(position) * scale
    let low = place.rounded(.down)
    let steps = ((place - low) * Self.tableSize).rounded(.toNearestOrEven)
    let near = steps / Self.tableSize
    let weights = [kernel(near + 1), kernel(near), kernel(1 - near), kernel(2 - near)]
    let base = Int(low) - 1
    guard hasHalfPixelCenters else {
      return weights.enumerated().map { (bound(base + $0.offset, size), $0.element) }
    }
    let inside = weights.enumerated().filter { (0..<size).contains(base + $0.offset) }
    let sum = inside.reduce(0) { $0 + $1.element }
    let isSum = abs(sum) >= 1_000 * Float.leastNormalMagnitude
    return inside.map { (base + $0.offset, isSum ? $0.element / sum : $0.element) }
  }

  /// Keys' cubic convolution kernel at a distance.
  private func kernel(_ x: Float) -> Float {
    let a: Float = hasHalfPixelCenters ? -0.5 : -0.75
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
  }
}

extension Tensor {
  /// The elements as float32.
  func real() throws(OperatorError) -> Tensor {
    guard let values = doubleValues, scalarsPerElement == 1 else {
      throw .invalid("\(type) images cannot be resampled")
    }
    return Tensor(type: .float32, sizes: sizes, elements: .floats(values.map { Float($0) }))
  }
}
