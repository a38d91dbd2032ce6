import ModelIR

/// The evaluation of `roiAlign`.
struct RegionAlignment {
  private let image: RegionImage
  private let rois: [Double]
  private let samples: [Int]
  private let height: Int
  private let width: Int
  private let samplingRatio: Int
  private let scale: Double
  private let isHalfPixel: Bool
  private let takesGreatest: Bool

  init(_ context: EvaluationContext) throws(OperatorError) {
    let attributes = context.attributes
    image = try RegionImage(context)
    let rois = try context.reals(1)
    samples = try context.integers(2)
    guard rois.sizes == [samples.count, 4] else {
      throw .invalid("rois of \(Shape.fixed(rois.sizes)) do not go with \(samples.count) samples")
    }
    self.rois = rois.values
    height = try attributes.int("outputHeight", default: 1)
    width = try attributes.int("outputWidth", default: 1)
    samplingRatio = try attributes.int("samplingRatio", default: 0)
    guard height > 0, width > 0, (0...1024).contains(samplingRatio) else {
      throw .invalid("the grid \(height)×\(width) or its sampling \(samplingRatio) is out of range")
    }
    scale = try attributes.float("spatialScale", default: 1)
    let standard = (context.sourceVersion ?? .max) < 16 ? "output_half_pixel" : "half_pixel"
    switch try attributes.string("coordinateMode", default: standard) {
    case "half_pixel": isHalfPixel = true
    case "output_half_pixel": isHalfPixel = false
    case let other: throw .invalid("coordinateMode \"\(other)\" is not known")
    }
    switch try attributes.string("mode", default: "avg") {
    case "avg": takesGreatest = false
    case "max": takesGreatest = true
    case let other: throw .invalid("mode \"\(other)\" is neither avg nor max")
    }
  }

  func evaluate(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
    let sizes = [samples.count, image.channels, height, width]
    guard let count = checkedProduct(sizes) else {
      throw OperatorError(.limit, "the result of shape \(Shape.fixed(sizes)) is too large")
    }
    var values: [Double] = []
    values.reserveCapacity(count)
    for region in samples.indices {
      let sample = try image.sample(Double(samples[region]))
      let corners = (0..<4).map { rois[region * 4 + $0] * scale - (isHalfPixel ? 0.5 : 0) }
      let rows = try axis(corners[1], corners[3], cells: height, extent: image.height)
      let columns = try axis(corners[0], corners[2], cells: width, extent: image.width)
      for channel in 0..<image.channels {
        for row in rows {
          for column in columns { values.append(cell(sample, channel, row, column)) }
        }
      }
    }
    return RealElements.tensor(values, sizes: sizes, type: try context.input(0).type)
  }

  /// A sampling position on one axis: two neighbours and the weight of the second.
  private struct Tap {
    var low: Int
    var high: Int
    var weight: Double
  }

  /// The sampling positions of each cell on one axis; `nil` where one is outside the operand.
  private func axis(
    _ start: Double,
    _ end: Double,
    cells: Int,
    extent: Int
  ) throws(OperatorError) -> [[Tap?]] {
    // Without the half pixel a malformed region is one element wide.
    let length = isHalfPixel ? end - start : max(end - start, 1)
    let step = length / Double(cells)
    // A region that is turned round has no samples.
    let wanted = samplingRatio > 0 ? Double(samplingRatio) : max(step.rounded(.up), 0)
    guard wanted.isFinite, wanted <= 1_048_576 else {
      throw OperatorError(.limit, "a region takes \(wanted) samples a cell")
    }
    let count = Int(wanted)
    return (0..<cells).map { cell in
      (0..<count).map { index in
        let place = start + Double(cell) * step + (Double(index) + 0.5) * step / Double(count)
        return tap(place, extent)
      }
    }
  }

  private func tap(_ place: Double, _ extent: Int) -> Tap? {
    guard extent > 0, place >= -1, place <= Double(extent) else { return nil }
    let inside = max(place, 0)
    let low = Int(inside)
    if low >= extent - 1 { return Tap(low: extent - 1, high: extent - 1, weight: 0) }
    return Tap(low: low, high: low + 1, weight: inside - Double(low))
  }

  private func cell(_ sample: Int, _ channel: Int, _ rows: [Tap?], _ columns: [Tap?]) -> Double {
    var sum = 0.0
    var greatest = -Double.infinity
    for row in rows {
      for column in columns {
        let corners = corners(sample, channel, row, column)
        sum += corners.reduce(0, +)
        greatest = max(greatest, corners.max() ?? 0)
      }
    }
    let count = rows.count * columns.count
    if takesGreatest { return count == 0 ? 0 : greatest }
    return sum / Double(max(count, 1))
  }

  /// The four neighbours, weighted; a position outside counts as 0.
  private func corners(_ sample: Int, _ channel: Int, _ row: Tap?, _ column: Tap?) -> [Double] {
    guard let row, let column else { return [0] }
    let (down, right) = (row.weight, column.weight)
    return [
      (1 - down) * (1 - right) * image[sample, channel, row.low, column.low],
      (1 - down) * right * image[sample, channel, row.low, column.high],
      down * (1 - right) * image[sample, channel, row.high, column.low],
      down * right * image[sample, channel, row.high, column.high],
    ]
  }
}
