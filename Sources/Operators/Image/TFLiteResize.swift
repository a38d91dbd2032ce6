import ModelIR

/// The arithmetic of TFLite's reference resizing kernels on `[batch, height, width, channels]`.
///
/// Sources: tflite/kernels/internal/reference/resize_bilinear.h, resize_nearest_neighbor.h.
struct TFLiteResize {
  private let alignsCorners: Bool
  private let hasHalfPixelCenters: Bool

  init(_ attributes: AttributeReader) throws(OperatorError) {
    alignsCorners = try attributes.bool("alignCorners")
    hasHalfPixelCenters = try attributes.bool("halfPixelCenters")
  }

  private func isAligned(_ output: Int) -> Bool { alignsCorners && output > 1 }

  /// Positions are computed in float32.
  func nearest(_ input: Tensor, to sizes: [Int]) throws(OperatorError) -> Tensor {
    var selections = input.sizes.map(AxisSelection.all)
    for axis in 1...2 {
      let size = input.sizes[axis]
      let output = sizes[axis]
      let scale =
        isAligned(output)
        ? Float(size - 1) / Float(output - 1) : Float(size) / Float(output)
      let offset: Float = hasHalfPixelCenters ? 0.5 : 0
      selections[axis] = AxisSelection(count: output) { position in
        let place = (Float(position) + offset) * scale
        let rounded = place.rounded(alignsCorners ? .toNearestOrAwayFromZero : .down)
        return max(0, min(Int(rounded), size - 1))
      }
    }
    return try input.selecting(selections)
  }

  func bilinear(_ input: Tensor, to sizes: [Int]) throws(OperatorError) -> Tensor {
    guard input.rank == 4 else { throw .invalid("\(input.shape) is no batch of images") }
    switch (input.type, input.elements) {
    case (.int8, .integers(let values)), (.int16, .integers(let values)):
      let rows = fixedPointTaps(input.sizes[1], sizes[1])
      let columns = fixedPointTaps(input.sizes[2], sizes[2])
      let result = combined(input, rows.map(\.places), columns.map(\.places)) { y, x, corners in
        let (v, h) = (rows[y].weight, columns[x].weight)
        let one: Int64 = 1 << 10
        let top = values[corners.0] * (one - v) * (one - h) + values[corners.2] * (one - v) * h
        let bottom = values[corners.1] * v * (one - h) + values[corners.3] * v * h
        let sum = top + bottom
        // Half away from zero, as TFLite's default double rounding has it here.
        return (sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20)
      }
      return Tensor(type: input.type, sizes: sizes, elements: .integers(result))
    case (_, .integers(let values)):
      let rows = floatTaps(input.sizes[1], sizes[1])
      let columns = floatTaps(input.sizes[2], sizes[2])
      let result = combined(input, rows.map(\.places), columns.map(\.places)) { y, x, corners in
        let sum = blend(corners, rows[y].weight, columns[x].weight) { Float(values[$0]) }
        return Int64(exactly: (sum + 0.5).rounded(.towardZero)) ?? 0
      }
      return Tensor(type: input.type, sizes: sizes, elements: .integers(result)).normalized()
    case (_, .floats(let values)):
      let rows = floatTaps(input.sizes[1], sizes[1])
      let columns = floatTaps(input.sizes[2], sizes[2])
      let result = combined(input, rows.map(\.places), columns.map(\.places)) { y, x, corners in
        blend(corners, rows[y].weight, columns[x].weight) { values[$0] }
      }
      return Tensor(type: input.type, sizes: sizes, elements: .floats(result)).normalized()
    default: throw .invalid("\(input.type) images cannot be resampled")
    }
  }

  /// Four corners: (top left, bottom left, top right, bottom right).
  private typealias Corners = (Int, Int, Int, Int)

  private func blend(
    _ corners: Corners,
    _ v: Float,
    _ h: Float,
    _ value: (Int) -> Float
  ) -> Float {
    value(corners.0) * (1 - v) * (1 - h) + value(corners.1) * v * (1 - h)
      + value(corners.2) * (1 - v) * h + value(corners.3) * v * h
  }

  /// The two source positions of each position of the result, and the weight of the second.
  private func floatTaps(_ size: Int, _ output: Int) -> [(places: (Int, Int), weight: Float)] {
    let scale =
      isAligned(output) ? Float(size - 1) / Float(output - 1) : Float(size) / Float(output)
    return (0..<output).map { position in
      let place =
        hasHalfPixelCenters ? (Float(position) + 0.5) * scale - 0.5 : Float(position) * scale
      let low = max(Int(place.rounded(.down)), 0)
      let high = min(Int(place.rounded(.up)), size - 1)
      return ((min(low, size - 1), max(high, 0)), place - Float(low))
    }
  }

  /// The same with ten fractional bits.
  private func fixedPointTaps(_ size: Int, _ output: Int)
    -> [(places: (Int, Int), weight: Int64)]
  {
    let scale =
      isAligned(output)
      ? ((size - 1) << 10 + (output - 1) / 2) / (output - 1)
      : (size << 10 + output / 2) / output
    return (0..<output).map { position in
      let place = position * scale + (hasHalfPixelCenters ? scale / 2 - (1 << 9) : 0)
      // Division toward zero, as C has it: small negative places become 0.
      let low = max(place / (1 << 10), 0)
      let high = min((place + (1 << 10) - 1) / (1 << 10), size - 1)
      return ((min(low, size - 1), max(high, 0)), Int64(place - low << 10))
    }
  }

  private func combined<Value>(
    _ input: Tensor,
    _ rows: [(Int, Int)],
    _ columns: [(Int, Int)],
    _ value: (Int, Int, Corners) -> Value
  ) -> [Value] {
    let (height, width, depth) = (input.sizes[1], input.sizes[2], input.sizes[3])
    var result: [Value] = []
    result.reserveCapacity(input.sizes[0] * rows.count * columns.count * depth)
    for batch in 0..<input.sizes[0] {
      for (y, row) in rows.enumerated() {
        for (x, column) in columns.enumerated() {
          let top = (batch * height + row.0) * width
          let bottom = (batch * height + row.1) * width
          for c in 0..<depth {
            let corners = (
              (top + column.0) * depth + c, (bottom + column.0) * depth + c,
              (top + column.1) * depth + c, (bottom + column.1) * depth + c
            )
            result.append(value(y, x, corners))
          }
        }
      }
    }
    return result
  }
}
