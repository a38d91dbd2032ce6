import ModelIR

extension OperatorDefinition {
  /// Cuts a tensor along an axis: equal parts, or parts of given extents.
  ///
  /// Sources: ONNX Split-18 (the last of `count` equal parts may be smaller), TFLite SPLIT (operands
  /// axis, x; equal parts) and SPLIT_V (one extent may be -1).
  static let split = OperatorDefinition.movement(
    "split",
    "Cuts a tensor along an axis.",
    inputs: 1...3,
    outputs: .atLeast(1),
    data: .splitOperand,
    types: splitTypes,
    evaluate: { (context) throws(OperatorError) in
      let plan = try SplitPlan(context.operatorContext)
      let input = try context.input(plan.data)
      guard let axis = plan.axis, let extents = try plan.extents(of: input.shape) else {
        throw .unsupported("the parts do not follow from the operands")
      }
      var parts: [Tensor] = []
      var start = 0
      for extent in extents {
        guard let extent = extent.size else { throw .unsupported("a part's extent is not known") }
        var axes = input.sizes.map(AxisSelection.all)
        axes[axis] = .strided(start: start, step: 1, count: extent)
        parts.append(try input.selecting(axes))
        start += extent
      }
      return parts
    }
  )

  /// Cuts a tensor into slices along an axis, which goes away.
  ///
  /// Source: TFLite UNPACK.
  static let unpack = OperatorDefinition.movement(
    "unpack",
    "Cuts a tensor into slices along an axis that goes away.",
    inputs: 1...1,
    outputs: .atLeast(1),
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let count = try context.attributes.int("count") ?? context.outputCount
      guard var dimensions = input.shape.dimensions else {
        return Array(repeating: input.with(.unknownRank), count: context.outputCount)
      }
      let axis = try Axes.normalize(
        try context.attributes.int("axis", default: 0),
        rank: dimensions.count
      )
      let extent = dimensions.remove(at: axis)
      if let size = extent.size, size != count {
        throw .invalid("\(size) slices cannot be cut into \(count)")
      }
      return Array(repeating: input.with(.ranked(dimensions)), count: context.outputCount)
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let axis = try Axes.normalize(
        try context.attributes.int("axis", default: 0),
        rank: input.rank
      )
      guard input.sizes[axis] == context.hasOutput.count else {
        throw .invalid("\(input.sizes[axis]) slices cannot be cut into \(context.hasOutput.count)")
      }
      var sizes = input.sizes
      sizes.remove(at: axis)
      var parts: [Tensor] = []
      for index in context.hasOutput.indices {
        var axes = input.sizes.map(AxisSelection.all)
        axes[axis] = .at([index])
        parts.append(try input.selecting(axes).reshaped(to: sizes))
      }
      return parts
    }
  )
}

extension Tensor {
  /// The shape, all of it known.
  var shape: Shape { .fixed(sizes) }
}

private func splitTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let plan = try SplitPlan(context)
  let input = try context.input(plan.data)
  let unknown = input.with(.unknown(rank: input.shape.rank))
  guard let dimensions = input.shape.dimensions, let axis = plan.axis,
    let extents = try plan.extents(of: input.shape)
  else { return Array(repeating: unknown, count: context.outputCount) }
  return extents.map { extent in
    var result = dimensions
    result[axis] = extent
    return input.with(.ranked(result))
  }
}

/// What a node says about how to split.
private struct SplitPlan {
  /// The operand that is split.
  var data = 0
  /// The axis, counted from the front; `nil` where it is not known.
  var axis: Int?
  /// The extents asked for; one may be -1.
  var sizes: Parameter<[Int]>
  /// The number of parts, where the extents are not given.
  var count: Int
  /// Whether parts that are not equal are refused.
  var isEven: Bool

  init(_ context: OperatorContext) throws(OperatorError) {
    var axisOperand: Int?
    if try context.attributes.string("operandOrder") == "tflite" {
      data = 1
      axisOperand = 0
      sizes = .absent
    } else {
      sizes = try context.integers(operand: 1, attribute: "sizes")
      if context.hasInput(2) { axisOperand = 2 }
    }
    let stated = try context.attributes.int("count")
    count = stated ?? context.outputCount
    isEven = axisOperand != nil || stated == nil
    guard count > 0, count <= 1 << 20, stated == nil || count >= context.outputCount else {
      throw .invalid("\(count) parts for \(context.outputCount) results")
    }
    if case .known(let values) = sizes, values.count != context.outputCount {
      throw .invalid("\(values.count) extents for \(context.outputCount) results")
    }
    let given: Int
    switch try context.integer(operand: axisOperand, attribute: "axis") {
    case .absent: given = 0
    case .unknown: return
    case .known(let value): given = value
    }
    guard let rank = try context.input(data).shape.rank else { return }
    axis = try Axes.normalize(given, rank: rank)
  }

  /// The extent of each part; `nil` where nothing is known.
  func extents(of shape: Shape) throws(OperatorError) -> [Dimension]? {
    guard let axis, let extent = shape.dimensions?[axis] else { return nil }
    switch sizes {
    case .unknown: return nil
    case .known(let values): return try given(values, of: extent)
    case .absent:
      guard let size = extent.size else {
        return Array(repeating: count == 1 ? extent : .unknown, count: count)
      }
      if isEven, size % count != 0 {
        throw .invalid("\(size) positions cannot be cut into \(count) equal parts")
      }
      let part = size / count + (size % count == 0 ? 0 : 1)
      var rest = size
      return (0..<count).map { _ in
        let extent = min(part, rest)
        rest -= extent
        return .fixed(extent)
      }
    }
  }

  private func given(_ values: [Int], of extent: Dimension) throws(OperatorError) -> [Dimension] {
    guard values.allSatisfy({ $0 >= -1 }), values.filter({ $0 == -1 }).count <= 1 else {
      throw .invalid("parts of extents \(values)")
    }
    var total = 0
    for value in values where value > 0 {
      let (sum, overflow) = total.addingReportingOverflow(value)
      guard !overflow else { throw .invalid("parts of extents \(values)") }
      total = sum
    }
    let hasOpen = values.contains(-1)
    guard let size = extent.size else {
      return values.map { $0 == -1 ? .unknown : .fixed($0) }
    }
    guard hasOpen ? total <= size : total == size else {
      throw .invalid("parts of extents \(values) do not make up \(size) positions")
    }
    return values.map { .fixed($0 == -1 ? size - total : $0) }
  }
}
