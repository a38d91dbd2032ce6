import ModelIR

extension OperatorDefinition {
  /// Repeats a tensor along its axes.
  ///
  /// Sources: ONNX Tile-13, TFLite TILE.
  static let tile = OperatorDefinition.movement(
    "tile",
    "Repeats a tensor along its axes.",
    inputs: 2...2,
    types: tileTypes,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let sizes = try context.inferredSizes(tileTypes)
      var selections: [AxisSelection] = []
      for (size, result) in zip(input.sizes, sizes) {
        selections.append(AxisSelection(count: result) { size > 0 ? $0 % size : -1 })
      }
      return [try input.selecting(selections)]
    }
  )

  /// Stretches a tensor to a shape by broadcasting in both directions.
  ///
  /// Sources: ONNX Expand-13, TFLite BROADCAST_TO.
  static let expand = OperatorDefinition.movement(
    "expand",
    "Stretches a tensor to a shape.",
    inputs: 2...2,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let wanted = context.dimensions(1) else {
        let rank = context.listLength(1)
        guard let rank, let own = input.shape.rank else { return [input.with(.unknownRank)] }
        return [input.with(.unknown(rank: max(rank, own)))]
      }
      if let size = wanted.lazy.compactMap(\.size).first(where: { $0 < 0 }) {
        throw .invalid("the extent \(size) is asked for")
      }
      return [input.with(try Broadcasting.shape([input.shape, .ranked(wanted)]))]
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let wanted = try context.integers(1)
      guard wanted.allSatisfy({ $0 >= 0 }) else { throw .invalid("the shape \(wanted)") }
      let shape = try Broadcasting.shape([input.shape, .fixed(wanted)])
      guard let sizes = shape.sizes else { throw .invalid("the shape \(shape) is not known") }
      return [try input.broadcast(to: sizes)]
    }
  )

  /// The shape to which two shapes broadcast.
  ///
  /// Source: TFLite BROADCAST_ARGS.
  static let broadcastShapes = OperatorDefinition(
    "broadcastShapes",
    "The shape to which two shapes broadcast.",
    family: .movement,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in
      let first = try context.input(0)
      guard let left = context.listLength(0), let right = context.listLength(1) else {
        return [first.with(.ranked([.unknown]))]
      }
      return [first.with(.fixed([max(left, right)]))]
    },
    inferDimensions: { context in
      guard let left = context.dimensions(0), let right = context.dimensions(1) else { return nil }
      return (try? Broadcasting.shape([.ranked(left), .ranked(right)]))?.dimensions
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let left = try context.integers(0)
      let right = try context.integers(1)
      guard (left + right).allSatisfy({ $0 >= 0 }),
        let sizes = try Broadcasting.shape([.fixed(left), .fixed(right)]).sizes
      else { throw .invalid("shapes \(left) and \(right)") }
      return [Tensor(try context.input(0).type, [sizes.count], integers: sizes)]
    }
  )
}

private func tileTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let repeats = context.dimensions(1)
  guard let dimensions = input.shape.dimensions else {
    return [input.with(.unknown(rank: repeats?.count ?? context.listLength(1)))]
  }
  guard let repeats else { return [input.with(.unknown(rank: dimensions.count))] }
  guard repeats.count == dimensions.count else {
    throw .invalid("\(repeats.count) repeats for \(dimensions.count) axes")
  }
  var result: [Dimension] = []
  for (dimension, times) in zip(dimensions, repeats) {
    guard let count = times.size else {
      result.append(Dimension.product([dimension, times]))
      continue
    }
    guard count >= 0 else { throw .invalid("a tensor is repeated \(count) times") }
    result.append(try dimension.times(count))
  }
  return [input.with(.ranked(result))]
}
