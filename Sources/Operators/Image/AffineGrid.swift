import ModelIR

extension OperatorDefinition {
  /// The grid that an affine map makes of an image's places: theta `[N, axes, axes + 1]` and the
  /// image's shape `[N, C, spatial…]` give `[N, spatial…, axes]`.
  ///
  /// Source: ONNX AffineGrid-20.
  static let affineGrid = OperatorDefinition(
    "affineGrid",
    "The sampling grid of an affine map.",
    family: .movement,
    inputs: 2...2,
    inferTypes: affineGridTypes,
    cost: CostRule { context in
      guard let theta = context.inputSizes(0), theta.count == 3 else { return .uncounted }
      return .times(context.outputElements(), multiplyAdds: theta[2])
    },
    evaluate: { (context) throws(OperatorError) in
      let theta = try context.input(0)
      let sizes = try context.inferredSizes(affineGridTypes)
      guard sizes.count >= 3 else { throw .invalid("a grid of shape \(Shape.fixed(sizes))") }
      let spatial = Array(sizes[1..<(sizes.count - 1)])
      let axes = spatial.count
      let alignsCorners = try context.attributes.bool("alignCorners")
      guard theta.sizes == [sizes[0], axes, axes + 1], let map = theta.doubleValues else {
        throw .invalid("maps of shape \(theta.shape) for \(axes) axes")
      }
      let count = try Tensor.checkedCount(sizes)
      var result: [Double] = []
      guard count > 0 else { return [Tensor(theta.type, sizes, numbers: [])] }
      result.reserveCapacity(count)
      let points = spatial.reduce(1, *)
      for batch in 0..<sizes[0] {
        for point in 0..<points {
          // The last axis of space comes first in a coordinate.
          let place = Strides.coordinates(point, in: spatial).enumerated().reversed().map {
            center($1, of: spatial[$0], alignsCorners)
          }
          for row in 0..<axes {
            let start = (batch * axes + row) * (axes + 1)
            var sum = map[start + axes]
            for column in 0..<axes { sum += map[start + column] * place[column] }
            result.append(sum)
          }
        }
      }
      return [Tensor(theta.type, sizes, numbers: result)]
    }
  )
}

/// The place of a position between -1 and 1: of its middle, or with the outermost ones at the ends.
private func center(_ position: Int, of size: Int, _ alignsCorners: Bool) -> Double {
  guard alignsCorners else { return (2 * Double(position) + 1) / Double(size) - 1 }
  return size == 1 ? -1 : 2 * Double(position) / Double(size - 1) - 1
}

private func affineGridTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let theta = try context.input(0)
  guard let size = context.dimensions(1) else {
    return [theta.with(.unknown(rank: context.listLength(1)))]
  }
  guard size.count >= 3, size.allSatisfy({ ($0.size ?? 0) >= 0 }) else {
    throw .invalid("an image of shape \(Shape.ranked(size))")
  }
  return [theta.with(.ranked([size[0]] + size[2...] + [.fixed(size.count - 2)]))]
}
