import ModelIR

extension OperatorDefinition {
  /// The first `count` axes as one: steps of a sequence become entries of the batch.
  ///
  /// Source: Keras TimeDistributed, which applies a layer to every step.
  static let mergeAxes = OperatorDefinition.movement(
    "mergeAxes",
    "The first axes as one.",
    inputs: 1...1,
    types: mergedTypes,
    evaluate: { (context) throws(OperatorError) in
      [try context.input(0).reshaped(to: try context.inferredSizes(mergedTypes))]
    }
  )

  /// The first axis as the first `count` axes of another tensor: the way back.
  static let splitAxes = OperatorDefinition.movement(
    "splitAxes",
    "The first axis as the first axes of another tensor.",
    inputs: 2...2,
    types: splitTypes,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let sizes = try context.inferredSizes(splitTypes)
      guard checkedProduct(sizes) == input.count else {
        throw .invalid("\(Shape.fixed(input.sizes)) cannot become \(Shape.fixed(sizes))")
      }
      return [input.reshaped(to: sizes)]
    }
  )
}

private func mergedTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let count = try context.attributes.int("count", default: 2)
  guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
  guard count >= 1, count <= dimensions.count else {
    throw .invalid("\(count) axes of \(dimensions.count)")
  }
  let merged = Dimension.product(dimensions[..<count])
  return [input.with(.ranked([merged] + Array(dimensions[count...])))]
}

private func splitTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let other = try context.input(1)
  let count = try context.attributes.int("count", default: 2)
  guard let dimensions = input.shape.dimensions, let outer = other.shape.dimensions else {
    return [input.with(.unknownRank)]
  }
  guard count >= 1, count <= outer.count, !dimensions.isEmpty else {
    throw .invalid("\(count) axes of \(outer.count)")
  }
  return [input.with(.ranked(Array(outer[..<count]) + Array(dimensions.dropFirst())))]
}
