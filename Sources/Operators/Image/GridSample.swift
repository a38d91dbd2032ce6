import ModelIR

extension OperatorDefinition {
  /// Reads an image at given places: x is `[N, C, spatial…]`, the grid `[N, output…, axes]` with
  /// coordinates from -1 to 1, the last axis of space first.
  ///
  /// Source: ONNX GridSample-22 (modes `linear`, `nearest`, `cubic`; GridSample-16 says `bilinear`
  /// and `bicubic`); ties of `nearest` go to the even position, as PyTorch rounds.
  static let gridSample = OperatorDefinition(
    "gridSample",
    "Reads an image at given places.",
    family: .movement,
    inputs: 2...2,
    inferTypes: gridSampleTypes,
    cost: CostRule { context in
      guard let sizes = context.inputSizes(0), sizes.count > 2, sizes.count <= 8 else {
        return .uncounted
      }
      let mode = (try? GridSampling.mode(context.node.attributes)) ?? .linear
      let taps = (0..<(sizes.count - 2)).reduce(1) { count, _ in count * mode.taps }
      return .times(context.outputElements(), multiplyAdds: mode == .nearest ? 0 : taps)
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let grid = try context.input(1)
      let sizes = try context.inferredSizes(gridSampleTypes)
      guard let values = input.doubleValues, let places = grid.doubleValues else {
        throw .invalid("strings cannot be sampled")
      }
      guard try Tensor.checkedCount(sizes) > 0 else {
        return [try input.gathering(offsets: [], sizes: sizes)]
      }
      let spatial = Array(input.sizes[2...])
      guard input.count > 0 else { throw .invalid("\(input.shape) has nothing to sample") }
      let sampling = try GridSampling(context.attributes, spatial: spatial)
      let area = spatial.reduce(1, *)
      let points = sizes[2...].reduce(1, *)
      let axes = spatial.count
      var result: [Double] = []
      result.reserveCapacity(sizes.reduce(1, *))
      for batch in 0..<sizes[0] {
        let taps = (0..<points).map { point in
          let start = (batch * points + point) * axes
          return sampling.taps(places[start..<(start + axes)].reversed().map { Float($0) })
        }
        for channel in 0..<sizes[1] {
          let base = (batch * sizes[1] + channel) * area
          for tap in taps {
            result.append(tap.reduce(0) { $0 + values[base + $1.offset] * $1.weight })
          }
        }
      }
      return [Tensor(input.type, sizes, numbers: result)]
    }
  )
}

private func gridSampleTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let grid = try context.input(1).shape.dimensions
  guard let dimensions = input.shape.dimensions else {
    return [input.with(.unknown(rank: grid?.count))]
  }
  guard dimensions.count >= 3 else { throw .invalid("\(input.shape) has no space") }
  guard let grid else { return [input.with(.unknown(rank: dimensions.count))] }
  guard grid.count == dimensions.count else {
    throw .invalid("a grid of shape \(Shape.ranked(grid)) for \(input.shape)")
  }
  _ = try grid[grid.count - 1].merged(with: .fixed(dimensions.count - 2))
  let batch = try dimensions[0].merged(with: grid[0])
  return [input.with(.ranked([batch, dimensions[1]] + grid[1..<(grid.count - 1)]))]
}

/// How an image is read between its elements and outside.
private struct GridSampling {
  enum Mode {
    case nearest, linear, cubic

    /// Elements read along each axis.
    var taps: Int {
      switch self {
      case .nearest: 1
      case .linear: 2
      case .cubic: 4
      }
    }
  }

  private let mode: Mode
  private let padding: String
  private let alignsCorners: Bool
  private let spatial: [Int]

  static func mode(_ attributes: AttributeReader) throws(OperatorError) -> Mode {
    switch try attributes.string("mode", default: "linear") {
    case "nearest": return .nearest
    case "linear", "bilinear": return .linear
    case "cubic", "bicubic": return .cubic
    case let other: throw .invalid("mode \"\(other)\" is none of nearest, linear, cubic")
    }
  }

  init(_ attributes: AttributeReader, spatial: [Int]) throws(OperatorError) {
    mode = try Self.mode(attributes)
    padding = try attributes.string("paddingMode", default: "zeros")
    alignsCorners = try attributes.bool("alignCorners")
    self.spatial = spatial
    guard ["zeros", "border", "reflection"].contains(padding) else {
      throw .invalid("paddingMode \"\(padding)\" is none of zeros, border, reflection")
    }
  }

  /// The elements that a place reads, as offsets in a plane, and their weights.
  func taps(_ coordinates: [Float]) -> [(offset: Int, weight: Double)] {
    var result: [(offset: Int, weight: Double)] = [(0, 1)]
    for (axis, coordinate) in coordinates.enumerated() {
      var next: [(offset: Int, weight: Double)] = []
      for (position, weight) in axisTaps(coordinate, size: spatial[axis]) {
        for tap in result {
          next.append((tap.offset * spatial[axis] + position, tap.weight * weight))
        }
      }
      result = next
    }
    return result
  }

  private func axisTaps(_ coordinate: Float, size: Int) -> [(Int, Double)] {
    let length = Float(size)
    let low: Float = alignsCorners ? 0 : -0.5
    let high: Float = alignsCorners ? length - 1 : length - 0.5
    var place =
      alignsCorners
      ? (coordinate + 1) / 2 * (length - 1) : ((coordinate + 1) * length - 1) / 2
    if mode == .nearest { place = place.rounded(.toNearestOrEven) }
    if place < low || place > high {
      if padding == "border" { place = min(max(place, 0), length - 1) }
      if padding == "reflection" { place = reflected(place, low, high) }
    }
    guard place.isFinite, place.magnitude < Float(Int32.max) else { return [] }
    let floor = Int(place.rounded(.down))
    let t = Double(place) - Double(floor)
    let weights: [(Int, Double)]
    switch mode {
    case .nearest: weights = [(Int(place), 1)]
    case .linear: weights = [(floor, 1 - t), (floor + 1, t)]
    case .cubic:
      weights = [
        (floor - 1, keys(t + 1)), (floor, keys(t)), (floor + 1, keys(1 - t)),
        (floor + 2, keys(2 - t)),
      ]
    }
    return weights.compactMap { position, weight in
      if (0..<size).contains(position) { return (position, weight) }
      switch padding {
      case "zeros": return nil
      case "border": return (min(max(position, 0), size - 1), weight)
      default:
        let inside = Int(reflected(Float(position), low, high))
        return (min(max(inside, 0), size - 1), weight)
      }
    }
  }

  /// Mirrors at both ends until the place lies between them.
  private func reflected(_ place: Float, _ low: Float, _ high: Float) -> Float {
    let range = high - low
    guard range > 0, place.isFinite else { return max(low, 0) }
    let distance = place < low ? low - place : place > high ? place - high : 0
    if distance == 0 { return place }
    let turns = (distance / range).rounded(.towardZero)
    let rest = distance - turns * range
    let isEven = turns.truncatingRemainder(dividingBy: 2) == 0
    return isEven == (place < low) ? low + rest : high - rest
  }

  /// Keys' cubic kernel with a = -0.75 (Keys 1981).
  private func keys(_ distance: Double) -> Double {
    let a = -0.75
    let x = abs(distance)
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
  }
}
