import ModelIR

extension OperatorDefinition {
  /// Removes axes of extent 1: those named, or all of them.
  ///
  /// Sources: ONNX Squeeze-13, TFLite SQUEEZE.
  static let squeeze = OperatorDefinition.movement(
    "squeeze",
    "Removes axes of extent 1.",
    inputs: 1...2,
    types: squeezeTypes,
    evaluate: { (context) throws(OperatorError) in
      [try context.input(0).reshaped(to: try context.inferredSizes(squeezeTypes))]
    }
  )

  /// Inserts axes of extent 1, counted in the result.
  ///
  /// Sources: ONNX Unsqueeze-13, TFLite EXPAND_DIMS.
  static let expandDims = OperatorDefinition.movement(
    "expandDims",
    "Inserts axes of extent 1.",
    inputs: 1...2,
    types: expandDimsTypes,
    evaluate: { (context) throws(OperatorError) in
      [try context.input(0).reshaped(to: try context.inferredSizes(expandDimsTypes))]
    }
  )
}

private func squeezeTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  var axes: [Int] = []
  switch try context.integers(operand: 1, attribute: "axes") {
  case .absent: break
  case .known(let values): axes = values
  case .unknown:
    let rank = input.shape.rank
    return [input.with(.unknown(rank: context.listLength(1).flatMap { n in rank.map { $0 - n } }))]
  }
  guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
  if axes.isEmpty {
    // Any extent that is not known may turn out to be 1.
    guard dimensions.allSatisfy({ $0.size != nil }) else { return [input.with(.unknownRank)] }
    return [input.with(.ranked(dimensions.filter { $0 != .fixed(1) }))]
  }
  let removed = try Axes.normalize(axes, rank: dimensions.count)
  var kept: [Dimension] = []
  for (axis, dimension) in dimensions.enumerated() {
    guard removed.contains(axis) else {
      kept.append(dimension)
      continue
    }
    if let size = dimension.size, size != 1 {
      throw .invalid("axis \(axis) of \(input.shape) cannot be removed: its extent is not 1")
    }
  }
  return [input.with(.ranked(kept))]
}

private func expandDimsTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let axes: [Int]
  switch try context.integers(operand: 1, attribute: "axes") {
  case .absent: throw .invalid("neither operand 1 nor the attribute axes is given")
  case .known(let values): axes = values
  case .unknown:
    let rank = input.shape.rank
    return [input.with(.unknown(rank: context.listLength(1).flatMap { n in rank.map { $0 + n } }))]
  }
  guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
  let rank = dimensions.count + axes.count
  let inserted = try Axes.normalize(axes, rank: rank)
  var rest = dimensions[...]
  var result: [Dimension] = []
  for axis in 0..<rank {
    if inserted.contains(axis) {
      result.append(.fixed(1))
    } else if let dimension = rest.popFirst() {
      result.append(dimension)
    }
  }
  return [input.with(.ranked(result))]
}
