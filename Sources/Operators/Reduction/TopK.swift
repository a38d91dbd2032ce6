import ModelIR

extension OperatorDefinition {
  /// The k greatest (or least) elements along an axis and their positions; of equal ones the first.
  ///
  /// Cost, a rule of thumb: one comparison an element and level of a heap of k. Sources: ONNX
  /// TopK-11; TensorFlow Lite TOPK_V2, whose positions are int32.
  static let topK = OperatorDefinition(
    "topK",
    "The greatest elements along an axis and their positions.",
    family: .reduction,
    inputs: 1...2,
    outputs: 1...2,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let stated = context.statedOutputs.dropFirst().first??.element
      let element = try context.attributes.type("outputType") ?? stated ?? .int64
      guard var dimensions = input.shape.dimensions else {
        return [input.with(.unknownRank), TensorType(element, .unknownRank)]
      }
      let axis = try Axes.normalize(
        try context.attributes.int("axis", default: -1),
        rank: dimensions.count
      )
      switch try context.integers(operand: 1, attribute: "k") {
      case .known(let values):
        dimensions[axis] = .fixed(try selected(values, dimensions[axis].size))
      case .unknown:
        // A symbolic k still names the extent.
        dimensions[axis] = context.dimensions(1)?.first ?? .unknown
      case .absent: throw .invalid("k is missing")
      }
      let shape = Shape.ranked(dimensions)
      return [input.with(shape), TensorType(element, shape)]
    },
    cost: CostRule { context in
      guard let axis = try? context.node.attributes.int("axis", default: -1),
        let sizes = context.outputSizes(),
        let position = try? Axes.normalize(axis, rank: sizes.count)
      else { return .uncounted }
      let levels = Int.bitWidth - max(sizes[position] - 1, 1).leadingZeroBitCount
      return .times(
        context.inputElements(),
        otherOperations: levels,
        status: .approximated
      )
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let axis = try Axes.normalize(
        try context.attributes.int("axis", default: -1),
        rank: input.rank
      )
      guard let values = try context.integers(operand: 1, attribute: "k") else {
        throw .invalid("k is missing")
      }
      let count = try selected(values, input.sizes[axis])
      let isLargest = try context.attributes.bool("largest", default: true)
      let type = try context.attributes.type("outputType") ?? context.outputElement(1) ?? .int64
      return try greatest(input, axis, count, isLargest: isLargest, indexType: type)
    }
  )

  /// The k of a list of one value, at most the extent of the axis.
  private static func selected(_ values: [Int], _ extent: Int?) throws(OperatorError) -> Int {
    guard let count = values.first, count >= 0, count <= extent ?? .max else {
      throw .invalid("k \(values) is outside an axis of \(extent.map { "\($0)" } ?? "?")")
    }
    return count
  }

  private static func greatest(
    _ input: Tensor,
    _ axis: Int,
    _ count: Int,
    isLargest: Bool,
    indexType: ElementType
  ) throws(OperatorError) -> [Tensor] {
    let rows = AxisRows(input.sizes, axis: axis)
    let order: [[Int]]
    switch input.elements {
    case .floats(let values): order = rows.reduce(values) { ranked($0, isLargest) }
    case .doubles(let values): order = rows.reduce(values) { ranked($0, isLargest) }
    case .integers(let values):
      order =
        input.type == .uint64
        ? rows.reduce(values) { ranked($0.map { UInt64(bitPattern: $0) }, isLargest) }
        : rows.reduce(values) { ranked($0, isLargest) }
    case .booleans, .strings, .tensors: throw .invalid("\(input.type) operands are not taken")
    }
    var places: [Int] = []
    var indices: [Int64] = []
    for block in 0..<rows.outer {
      for rank in 0..<count {
        for column in 0..<rows.inner {
          let index = order[block * rows.inner + column][rank]
          indices.append(Int64(index))
          places.append((block * rows.length + index) * rows.inner + column)
        }
      }
    }
    var sizes = input.sizes
    sizes[axis] = count
    var result = Tensor(type: input.type, sizes: sizes, elements: input.elements)
    switch input.elements {
    case .floats(let values): result.elements = .floats(places.map { values[$0] })
    case .doubles(let values): result.elements = .doubles(places.map { values[$0] })
    case .integers(let values): result.elements = .integers(places.map { values[$0] })
    case .booleans, .strings, .tensors: break
    }
    return [result, Tensor(type: indexType, sizes: sizes, elements: .integers(indices))]
  }

  /// Positions by value; equal ones keep their order, and NaN is greater than every number.
  private static func ranked<Value: Comparable>(_ row: [Value], _ isLargest: Bool) -> [Int] {
    row.indices.sorted { left, right in
      let a = row[left]
      let b = row[right]
      let aIsNaN = a != a
      let bIsNaN = b != b
      if aIsNaN || bIsNaN {
        if aIsNaN && bIsNaN { return left < right }
        return aIsNaN == isLargest
      }
      if a == b { return left < right }
      return (a > b) == isLargest
    }
  }
}
