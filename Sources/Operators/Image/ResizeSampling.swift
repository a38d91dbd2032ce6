import ModelIR

/// Where the positions of a resampled axis lie in the source, and how it is read there.
///
/// Source: ONNX Resize-19 (`coordinate_transformation_mode`, `nearest_mode`, `cubic_coeff_a`,
/// `antialias`, `exclude_outside`); the cubic kernel is that of Keys 1981.
struct ResizeSampling {
  private let mode: String
  private let coordinateMode: String
  private let nearestMode: String
  private let cubicCoefficient: Double
  private let excludesOutside: Bool
  private let isAntialiased: Bool
  private let extrapolation: Double
  /// The first and last position of each axis that is resampled, as parts of its extent.
  private let regions: [(start: Double, end: Double)]

  init(
    _ context: EvaluationContext,
    plan: ResizePlan,
    rank: Int,
    mode: String
  ) throws(OperatorError) {
    let attributes = context.attributes
    let isShort = context.inputs.count == 2
    self.mode = mode
    coordinateMode = try attributes.string(
      "coordinateMode",
      default: isShort ? "asymmetric" : "half_pixel"
    )
    nearestMode = try attributes.string(
      "nearestMode",
      default: isShort ? "floor" : "round_prefer_floor"
    )
    cubicCoefficient = try attributes.float("cubicCoefficient", default: -0.75)
    excludesOutside = try attributes.bool("excludeOutside")
    isAntialiased = try attributes.bool("antialias")
    extrapolation = try attributes.float("extrapolationValue", default: 0)
    guard ["nearest", "linear", "cubic"].contains(mode) else {
      throw .invalid("mode \"\(mode)\" is none of nearest, linear, cubic")
    }
    guard coordinateMode == "tf_crop_and_resize" else {
      regions = plan.axes.map { _ in (0, 1) }
      return
    }
    let count = plan.axes.count
    guard let roi = context.optionalInput(1)?.doubleValues, roi.count == 2 * count else {
      throw .invalid("a region of \(count) axes is needed")
    }
    regions = (0..<count).map { (roi[$0], roi[count + $0]) }
  }

  /// Where a position of the result lies in the source; `nil` where that is outside a region.
  private func place(
    _ position: Int,
    _ index: Int,
    _ factor: Double,
    size: Int,
    output: Int
  ) throws(OperatorError) -> Double? {
    let x = Double(position)
    let length = factor * Double(size)
    switch coordinateMode {
    case "half_pixel": return (x + 0.5) / factor - 0.5
    case "pytorch_half_pixel": return length == 1 ? -0.5 : (x + 0.5) / factor - 0.5
    case "asymmetric": return x / factor
    case "align_corners": return length == 1 ? 0 : x * Double(size - 1) / (length - 1)
    case "half_pixel_symmetric":
      let offset = Double(size) / 2 * (1 - Double(output) / length)
      return offset + (x + 0.5) / factor - 0.5
    case "tf_crop_and_resize":
      let (start, end) = regions[index]
      let span = (end - start) * Double(size - 1)
      let place = start * Double(size - 1) + (length == 1 ? span / 2 : x * span / (length - 1))
      return place < 0 || place > Double(size - 1) ? nil : place
    default: throw .invalid("coordinateMode \"\(coordinateMode)\" is not known")
    }
  }

  /// A source position, cut to what an index can be.
  private func index(_ value: Double, size: Int) -> Int {
    Int(min(max(value.isNaN ? 0 : value, -1), Double(size)))
  }

  /// Reads the nearest source element for every element of the result.
  func nearest(
    _ input: Tensor,
    _ axes: [Int],
    _ factors: [Double],
    to sizes: [Int]
  ) throws(OperatorError) -> Tensor {
    var selections = input.sizes.map(AxisSelection.all)
    for (number, axis) in axes.enumerated() {
      let size = input.sizes[axis]
      var positions: [Int] = []
      for position in 0..<sizes[axis] {
        let source = try place(position, number, factors[number], size: size, output: sizes[axis])
        guard let source else {
          positions.append(-1)
          continue
        }
        let rounded: Double
        switch nearestMode {
        case "round_prefer_floor": rounded = (source - 0.5).rounded(.up)
        case "round_prefer_ceil": rounded = (source + 0.5).rounded(.down)
        case "floor": rounded = source.rounded(.down)
        case "ceil": rounded = source.rounded(.up)
        default: throw .invalid("nearestMode \"\(nearestMode)\" is not known")
        }
        positions.append(min(max(index(rounded, size: size), 0), size - 1))
      }
      selections[axis] = .at(positions)
    }
    return try input.selecting(selections, fill: Tensor(input.type, [], numbers: [extrapolation]))
  }

  /// Weighs source elements for every element of the result, one axis after the other.
  func interpolated(
    _ input: Tensor,
    _ axes: [Int],
    _ factors: [Double],
    to sizes: [Int]
  ) throws(OperatorError) -> Tensor {
    guard var values = input.doubleValues else { throw .invalid("strings cannot be resampled") }
    var current = input.sizes
    for (number, axis) in axes.enumerated() {
      let size = current[axis]
      let output = sizes[axis]
      if size == output, factors[number] == 1, regions[number] == (0, 1) { continue }
      var taps: [[(position: Int, weight: Double)]?] = []
      for position in 0..<output {
        let source = try place(position, number, factors[number], size: size, output: output)
        taps.append(source.map { self.taps(at: $0, factor: factors[number], size: size) })
      }
      let outer = current[..<axis].reduce(1, *)
      let inner = current[(axis + 1)...].reduce(1, *)
      var next: [Double] = []
      next.reserveCapacity(try Tensor.checkedCount([outer, output, inner]))
      for block in 0..<outer {
        for tap in taps {
          for part in 0..<inner {
            guard let tap else {
              next.append(extrapolation)
              continue
            }
            var sum = 0.0
            for (position, weight) in tap {
              sum += values[(block * size + position) * inner + part] * weight
            }
            next.append(sum)
          }
        }
      }
      values = next
      current[axis] = output
    }
    let numbers = input.type.isInteger ? values.map { rounded($0, input.type) } : values
    return Tensor(input.type, sizes, numbers: numbers)
  }

  /// The nearest integer in the type's range.
  private func rounded(_ value: Double, _ type: ElementType) -> Double {
    let bits = Double(type.bitWidth ?? 64)
    let span = Double(sign: .plus, exponent: Int(bits), significand: 1)
    let range = type.isUnsignedInteger ? (0, span - 1) : (-span / 2, span / 2 - 1)
    return min(max(value.rounded(.toNearestOrEven), range.0), range.1)
  }

  /// The source elements that a position reads, inside the axis, and their weights.
  private func taps(at source: Double, factor: Double, size: Int) -> [(
    position: Int, weight: Double
  )] {
    let floor = source.rounded(.down)
    // Smoothing widens the kernel by as much as the image shrinks.
    let stretch = isAntialiased ? min(factor, 1) : 1
    let support = mode == "cubic" ? 2.0 : 1.0
    let reach = Int(min((support / stretch).rounded(.up), Double(size) + 2)) + 1
    let base = index(floor, size: size)
    var result: [(position: Int, weight: Double)] = []
    var sum = 0.0
    for position in (base - reach)...(base + reach) {
      let weight = kernel(abs(Double(position) - source) * stretch)
      if weight == 0 { continue }
      if excludesOutside, position < 0 || position >= size { continue }
      result.append((min(max(position, 0), size - 1), weight))
      sum += weight
    }
    if (isAntialiased || excludesOutside), sum != 0 {
      for tap in result.indices { result[tap].weight /= sum }
    }
    return result
  }

  /// The weight of an element at a distance.
  private func kernel(_ x: Double) -> Double {
    if mode == "linear" { return max(0, 1 - x) }
    let a = cubicCoefficient
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }
}
