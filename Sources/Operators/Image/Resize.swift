import ModelIR

extension OperatorDefinition {
  /// Resamples a tensor to other extents: nearest neighbour, linear or cubic.
  ///
  /// Operands: ONNX (x, roi?, scales?, sizes?), with two operands (x, scales) as Resize-10 and
  /// Upsample have them; TFLite (x, sizes) with `operandOrder` = `tflite`.
  /// Sources: ONNX Resize-19, TFLite RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR (the reference
  /// kernels' arithmetic, for int8 and int16 in integers); TensorFlow ResizeBicubic and ResizeArea
  /// (`cubic` and `area` with `operandOrder` = `tflite`). `realResult` makes float32 of any image.
  static let resize = OperatorDefinition(
    "resize",
    "Resamples a tensor to other extents.",
    family: .movement,
    inputs: 1...4,
    inferTypes: { (context) throws(OperatorError) in
      var input = try context.input(0)
      if try context.attributes.bool("realResult") { input.element = .float32 }
      guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
      let plan = try ResizePlan(context, rank: dimensions.count)
      return [input.with(.ranked(try plan.outputDimensions(dimensions)))]
    },
    cost: resizeCost,
    evaluate: evaluateResize
  )
}

/// Two taps an axis for linear, four for cubic interpolation, over the axes that change.
private let resizeCost = CostRule { context in
  let mode = (try? context.node.attributes.string("mode", default: "nearest")) ?? "nearest"
  if mode == "nearest" { return .none }
  guard let input = context.inputSizes(0), let output = context.outputSizes(),
    input.count == output.count
  else { return .uncounted }
  let changed = zip(input, output).filter { $0 != $1 }.count
  guard changed <= 8 else { return .uncounted }
  if mode == "area" {
    // Every element of the source goes into one of the result, but for those at the borders.
    return .times(context.inputElements(), multiplyAdds: 1, status: .approximated)
  }
  let taps = mode == "cubic" ? 4 : 2
  let perElement = changed == 0 ? 0 : (0..<changed).reduce(1) { count, _ in count * taps }
  return .times(context.outputElements(), multiplyAdds: perElement)
}

/// What a node says about how to resample.
struct ResizePlan {
  /// The axes that are resampled.
  var axes: [Int]
  /// The factors, one for each of the axes.
  var scales: [Double]?
  /// The extents, one for each of the axes.
  var sizes: [Dimension]?
  /// `stretch`, `not_larger` or `not_smaller`.
  var policy: String

  init(_ context: OperatorContext, rank: Int) throws(OperatorError) {
    let order = try context.attributes.string("operandOrder")
    policy = try context.attributes.string("keepAspectRatioPolicy", default: "stretch")
    if order == "tflite" {
      guard rank >= 3 else { throw .invalid("a resize of \(rank) axes") }
      axes = [1, 2]
      sizes = context.dimensions(1)
      try check(sizes?.count)
      return
    }
    if let given = try context.attributes.ints("axes") {
      axes = try Axes.normalize(given, rank: rank)
    } else {
      axes = Array(0..<rank)
    }
    let isShort = order == "upsample" || context.inputCount == 2
    let scaleOperand = isShort ? 1 : 2
    if context.hasInput(scaleOperand) {
      scales = context.value(scaleOperand)?.doubleValues
    } else {
      scales = try context.attributes.floats("scales")
    }
    if scales?.isEmpty == true { scales = nil }
    if !isShort, context.hasInput(3) {
      sizes = context.dimensions(3)
      if sizes?.isEmpty == true { sizes = nil }
      if sizes != nil { scales = nil }
    }
    try check(scales?.count)
    try check(sizes?.count)
    if let scale = scales?.first(where: { !($0 > 0) || !$0.isFinite }) {
      throw .invalid("the scale \(scale)")
    }
  }

  private func check(_ count: Int?) throws(OperatorError) {
    guard let count, count != axes.count else { return }
    throw .invalid("\(count) scales or sizes for \(axes.count) axes")
  }

  /// The extents of the result.
  func outputDimensions(_ input: [Dimension]) throws(OperatorError) -> [Dimension] {
    var result = input
    for (index, axis) in axes.enumerated() {
      result[axis] = .unknown
      if let scales {
        result[axis] = scales[index] == 1 ? input[axis] : .unknown
        if let size = input[axis].size {
          // ONNX: floor of the product, which runtimes take in float32.
          guard let extent = Int(exactly: (Float(size) * Float(scales[index])).rounded(.down))
          else { throw .invalid("\(size) positions scaled by \(scales[index])") }
          result[axis] = .fixed(extent)
        }
      } else if let sizes {
        if let size = sizes[index].size, size < 0 { throw .invalid("the extent \(size)") }
        result[axis] = sizes[index]
      }
    }
    guard policy != "stretch", sizes != nil else { return result }
    guard let scale = aspectScale(input) else {
      for axis in axes { result[axis] = .unknown }
      return result
    }
    for axis in axes {
      guard let size = input[axis].size else { continue }
      guard let extent = Int(exactly: (scale * Double(size) + 0.5).rounded(.down)) else {
        throw .invalid("\(size) positions scaled by \(scale)")
      }
      result[axis] = .fixed(extent)
    }
    return result
  }

  /// The one scale that keeps the proportions; `nil` where extents are not known.
  private func aspectScale(_ input: [Dimension]) -> Double? {
    guard let sizes else { return nil }
    var ratios: [Double] = []
    for (index, axis) in axes.enumerated() {
      guard let wanted = sizes[index].size, let size = input[axis].size, size > 0 else {
        return nil
      }
      ratios.append(Double(wanted) / Double(size))
    }
    return policy == "not_larger" ? ratios.min() : ratios.max()
  }

  /// The factor of each axis of the plan once all extents are known.
  func factors(from input: [Int], to output: [Int]) -> [Double] {
    if let scales { return scales }
    if policy != "stretch", let scale = aspectScale(input.map(Dimension.fixed)) {
      return axes.map { _ in scale }
    }
    return axes.map { input[$0] == 0 ? 1 : Double(output[$0]) / Double(input[$0]) }
  }
}

private func evaluateResize(_ context: EvaluationContext) throws(OperatorError) -> [Tensor] {
  let input = try context.input(0)
  let operatorContext = context.operatorContext
  let plan = try ResizePlan(operatorContext, rank: input.rank)
  let dimensions = try plan.outputDimensions(input.sizes.map(Dimension.fixed))
  guard let sizes = Shape.ranked(dimensions).sizes else {
    throw .invalid("neither scales nor sizes are given")
  }
  guard try Tensor.checkedCount(sizes) > 0 else {
    return [try input.gathering(offsets: [], sizes: sizes)]
  }
  guard input.count > 0 else { throw .invalid("\(input.shape) cannot grow: it is empty") }
  let mode = try context.attributes.string("mode", default: "nearest")
  if try context.attributes.string("operandOrder") == "tflite" {
    let isReal = try context.attributes.bool("realResult") && input.type != .float32
    let source = isReal ? try input.real() : input
    let image = try TFLiteResize(context.attributes)
    switch mode {
    case "nearest": return [try image.nearest(source, to: sizes)]
    case "linear": return [try image.bilinear(source, to: sizes)]
    default: return [try TensorFlowResize(context.attributes, mode).result(source, to: sizes)]
    }
  }
  let sampling = try ResizeSampling(context, plan: plan, rank: input.rank, mode: mode)
  let factors = plan.factors(from: input.sizes, to: sizes)
  if mode == "nearest" {
    return [try sampling.nearest(input, plan.axes, factors, to: sizes)]
  }
  return [try sampling.interpolated(input, plan.axes, factors, to: sizes)]
}
