import ModelIR

extension OperatorDefinition {
  /// A box of a tensor with steps, bounds cut to the extents.
  ///
  /// Sources: ONNX Slice-13, and Slice-1, whose bounds are attributes.
  static let slice = OperatorDefinition.movement(
    "slice",
    "A box of a tensor, in steps.",
    inputs: 1...5,
    types: sliceTypes,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let starts = try context.integers(operand: 1, attribute: "starts"),
        let ends = try context.integers(operand: 2, attribute: "ends")
      else { throw .invalid("starts or ends are missing") }
      let given = try context.integers(operand: 3, attribute: "axes")
      let axes = try sliceAxes(given, count: starts.count, rank: input.rank)
      let steps =
        try context.integers(operand: 4, attribute: "steps")
        ?? Array(repeating: 1, count: starts.count)
      guard ends.count == starts.count, steps.count == starts.count else {
        throw .invalid("\(starts.count) starts, \(ends.count) ends and \(steps.count) steps")
      }
      var selections = input.sizes.map(AxisSelection.all)
      for (index, axis) in axes.enumerated() {
        let range = try AxisRange(
          from: starts[index],
          to: ends[index],
          step: steps[index],
          size: input.sizes[axis],
          startsInside: true
        )
        selections[axis] = range.selection
      }
      return [try input.selecting(selections)]
    }
  )

  /// A box of a tensor given by its first corner and its extents; -1 reaches to the end.
  ///
  /// Source: TFLite SLICE.
  static let sliceBySize = OperatorDefinition.movement(
    "sliceBySize",
    "A box of a tensor by first corner and extents.",
    inputs: 3...3,
    types: sliceBySizeTypes,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let begin = try context.integers(1)
      let sizes = try context.inferredSizes(sliceBySizeTypes)
      var selections: [AxisSelection] = []
      for (start, size) in zip(begin, sizes) {
        selections.append(.strided(start: start, step: 1, count: size))
      }
      guard selections.count == input.rank else {
        throw .invalid("a corner of \(selections.count) axes for \(input.rank) axes")
      }
      return [try input.selecting(selections)]
    }
  )
}

private func sliceAxes(_ axes: [Int]?, count: Int, rank: Int) throws(OperatorError) -> [Int] {
  guard let axes else {
    guard count <= rank else { throw .invalid("\(count) bounds for \(rank) axes") }
    return Array(0..<count)
  }
  guard axes.count == count else { throw .invalid("\(count) bounds for \(axes.count) axes") }
  return try Axes.normalize(axes, rank: rank)
}

/// A list of bounds that is an operand or an attribute; `nil` where its values are not known.
private func bounds(
  _ context: OperatorContext,
  _ operand: Int,
  _ attribute: String
) throws(OperatorError) -> [Dimension]? {
  if context.hasInput(operand) {
    if let dimensions = context.dimensions(operand) { return dimensions }
    return context.listLength(operand).flatMap { length in
      length <= 64 ? Array(repeating: .unknown, count: length) : nil
    }
  }
  return try context.attributes.ints(attribute)?.map(Dimension.fixed)
}

private func sliceTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  guard var dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
  let unknown = [input.with(.unknown(rank: dimensions.count))]
  guard let starts = try bounds(context, 1, "starts"), let ends = try bounds(context, 2, "ends")
  else { return unknown }
  let axes: [Int]
  switch try context.integers(operand: 3, attribute: "axes") {
  case .absent: axes = try sliceAxes(nil, count: starts.count, rank: dimensions.count)
  case .unknown: return unknown
  case .known(let values):
    axes = try sliceAxes(values, count: starts.count, rank: dimensions.count)
  }
  var steps: [Int?] = Array(repeating: 1, count: starts.count)
  switch try context.integers(operand: 4, attribute: "steps") {
  case .absent: break
  case .unknown: steps = Array(repeating: nil, count: starts.count)
  case .known(let values): steps = values
  }
  guard ends.count == starts.count, steps.count == starts.count else {
    throw .invalid("\(starts.count) starts, \(ends.count) ends and \(steps.count) steps")
  }
  for (index, axis) in axes.enumerated() {
    dimensions[axis] = try AxisRange.extent(
      from: starts[index],
      to: ends[index],
      step: steps[index],
      of: dimensions[axis],
      startsInside: true
    )
  }
  return [input.with(.ranked(dimensions))]
}

private func sliceBySizeTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let rank = input.shape.rank ?? context.listLength(1) ?? context.listLength(2)
  guard let rank, rank <= 64 else { return [input.with(.unknownRank)] }
  let unknown: [Dimension] = Array(repeating: .unknown, count: rank)
  let dimensions = input.shape.dimensions ?? unknown
  let begin = context.dimensions(1) ?? unknown
  let sizes = context.dimensions(2) ?? unknown
  guard begin.count == rank, sizes.count == rank, dimensions.count == rank else {
    throw .invalid("a corner of \(begin.count) axes and \(sizes.count) extents for \(rank) axes")
  }
  var result: [Dimension] = []
  for axis in 0..<rank {
    let start = begin[axis].size
    if let start, start < 0 { throw .invalid("the box begins at \(start)") }
    switch sizes[axis] {
    case .fixed(-1):
      guard let start else {
        result.append(.unknown)
        continue
      }
      result.append(try dimensions[axis].plus(-start))
    case .fixed(let size):
      guard size >= 0 else { throw .invalid("the box has the extent \(size)") }
      if let start, let extent = dimensions[axis].size, start > extent || size > extent - start {
        throw .invalid("\(size) positions from \(start) do not lie in \(extent)")
      }
      result.append(.fixed(size))
    case let other: result.append(other)
    }
  }
  return [input.with(.ranked(result))]
}
