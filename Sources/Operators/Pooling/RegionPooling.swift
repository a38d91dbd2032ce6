import ModelIR

extension OperatorDefinition {
  /// The greatest element of each cell of a grid over each region.
  ///
  /// Shapes: x `[N, C, H, W]`, rois `[R, 5]` (sample, x1, y1, x2, y2), result `[R, C, pooledShape…]`.
  /// Source: ONNX MaxRoiPool-1; R. Girshick 2015, "Fast R-CNN", whose rounding it keeps. Cost, a
  /// rule of thumb: the cells of a region that covers the whole operand.
  static let maxRoiPool = OperatorDefinition(
    "maxRoiPool",
    "Greatest element of each cell of regions.",
    family: .pooling,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in
      guard let pooled = try context.attributes.ints("pooledShape"), pooled.count == 2 else {
        throw .invalid("pooledShape is missing or does not have two extents")
      }
      return [try regionType(context, pooled)]
    },
    cost: CostRule { context in
      guard let sizes = context.inputSizes(0), let outputs = context.outputSizes(),
        let elements = checkedProduct(sizes.dropFirst() + [outputs.first ?? 0])
      else { return .uncounted }
      return OperatorCost(otherOperations: elements, status: .approximated)
    },
    evaluate: { (context) throws(OperatorError) in
      let image = try RegionImage(context)
      let rois = try context.reals(1)
      guard let pooled = try context.attributes.ints("pooledShape"), pooled.count == 2,
        pooled.allSatisfy({ $0 > 0 }), rois.sizes.count == 2, rois.sizes[1] == 5
      else { throw .invalid("pooledShape or rois have the wrong form") }
      let scale = try context.attributes.float("spatialScale", default: 1)
      let count = rois.sizes[0]
      guard let total = checkedProduct([count, image.channels] + pooled) else {
        throw OperatorError(.limit, "the result is too large")
      }
      var values: [Double] = []
      values.reserveCapacity(total)
      for region in 0..<count {
        let roi = Array(rois.values[(region * 5)..<(region * 5 + 5)])
        let sample = try image.sample(roi[0])
        let corners = roi.dropFirst().map {
          Int(NumberConversion.integer(($0 * scale).rounded(.toNearestOrAwayFromZero), .int32))
        }
        for channel in 0..<image.channels {
          for row in 0..<pooled[0] {
            let rows = cell(row, corners[1], corners[3], pooled[0], image.height)
            for column in 0..<pooled[1] {
              let columns = cell(column, corners[0], corners[2], pooled[1], image.width)
              values.append(image.greatest(sample, channel, rows, columns))
            }
          }
        }
      }
      let type = try context.input(0).type
      let sizes = [count, image.channels] + pooled
      return [RealElements.tensor(values, sizes: sizes, type: type)]
    }
  )

  /// The rows (or columns) of one cell; regions are at least one element wide.
  private static func cell(
    _ index: Int,
    _ first: Int,
    _ last: Int,
    _ cells: Int,
    _ limit: Int
  ) -> Range<Int> {
    let width = Double(max(last - first + 1, 1)) / Double(cells)
    let start = Int((Double(index) * width).rounded(.down)) + first
    let end = Int((Double(index + 1) * width).rounded(.up)) + first
    let lower = min(max(start, 0), limit)
    return lower..<max(lower, min(max(end, 0), limit))
  }

  /// Means (or maxima) of bilinear samples in each cell of a grid over each region.
  ///
  /// Shapes: x `[N, C, H, W]`, rois `[R, 4]` (x1, y1, x2, y2), batchIndices `[R]`. With
  /// `coordinateMode` = `half_pixel` (the default from ONNX opset 16 on) regions move by
  /// half an element and may be thinner than one. `mode` = `max` takes the greatest of the weighted
  /// corners, as ONNX's reference implementation does. Cost, a rule of thumb: 8 multiply-adds a sample,
  /// 4 samples a cell where the region decides.
  /// Source: ONNX RoiAlign-16; K. He et al. 2017, "Mask R-CNN".
  static let roiAlign = OperatorDefinition(
    "roiAlign",
    "Means of bilinear samples in cells of regions.",
    family: .pooling,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in
      let height = try context.attributes.int("outputHeight", default: 1)
      let width = try context.attributes.int("outputWidth", default: 1)
      return [try regionType(context, [height, width])]
    },
    cost: CostRule { context in
      let ratio = (try? context.node.attributes.int("samplingRatio", default: 0)) ?? 0
      let (samples, overflow) = ratio.multipliedReportingOverflow(by: ratio)
      guard ratio >= 0, !overflow, samples < 1 << 32 else { return .uncounted }
      return .times(
        context.outputElements(),
        multiplyAdds: 8 * (ratio == 0 ? 4 : samples),
        otherOperations: 1,
        status: .approximated
      )
    },
    evaluate: { (context) throws(OperatorError) in
      [try RegionAlignment(context).evaluate(context)]
    }
  )

  private static func regionType(
    _ context: OperatorContext,
    _ pooled: [Int]
  ) throws(OperatorError) -> TensorType {
    let input = try context.input(0)
    guard pooled.allSatisfy({ $0 > 0 }) else {
      throw .invalid("the grid \(pooled) of a region is not positive")
    }
    if let rank = input.shape.rank, rank != 4 {
      throw .invalid("the operand has \(rank) axes, not 4")
    }
    let regions = try context.input(1).shape.dimensions?.first ?? .unknown
    let channels = input.shape.dimensions?[1] ?? .unknown
    return input.with(.ranked([regions, channels] + pooled.map(Dimension.fixed)))
  }
}

/// The operand that regions are taken from.
struct RegionImage {
  let channels: Int
  let height: Int
  let width: Int
  private let samples: Int
  private let values: [Double]

  init(_ context: EvaluationContext) throws(OperatorError) {
    let input = try context.reals(0)
    guard input.sizes.count == 4 else {
      throw .invalid("the operand has \(input.sizes.count) axes, not 4")
    }
    samples = input.sizes[0]
    channels = input.sizes[1]
    height = input.sizes[2]
    width = input.sizes[3]
    values = input.values
  }

  /// The sample that a number names.
  func sample(_ number: Double) throws(OperatorError) -> Int {
    let index = Int(NumberConversion.integer(number, .int32))
    guard index >= 0, index < samples else {
      throw .invalid("sample \(index) is outside a batch of \(samples)")
    }
    return index
  }

  subscript(sample: Int, channel: Int, row: Int, column: Int) -> Double {
    values[((sample * channels + channel) * height + row) * width + column]
  }

  /// The greatest element of a rectangle; 0 where it is empty.
  func greatest(_ sample: Int, _ channel: Int, _ rows: Range<Int>, _ columns: Range<Int>)
    -> Double
  {
    guard !rows.isEmpty, !columns.isEmpty else { return 0 }
    var result = -Double.infinity
    for row in rows {
      for column in columns { result = max(result, self[sample, channel, row, column]) }
    }
    return result
  }
}
