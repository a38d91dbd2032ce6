import ModelIR

extension OperatorDefinition {
  /// Reorders the axes: axis i of the result is axis `permutation[i]` of the operand; without a
  /// permutation the order is turned round.
  ///
  /// Sources: ONNX Transpose-13, TFLite TRANSPOSE.
  static let transpose = OperatorDefinition.movement(
    "transpose",
    "Reorders the axes.",
    inputs: 1...2,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let dimensions = input.shape.dimensions else {
        return [input.with(.unknown(rank: context.listLength(1)))]
      }
      let rank = dimensions.count
      let order: [Int]
      switch try context.integers(operand: 1, attribute: "permutation") {
      case .absent: order = try permutation(nil, rank: rank)
      case .unknown: return [input.with(.unknown(rank: rank))]
      case .known(let values): order = try permutation(values, rank: rank)
      }
      return [input.with(.ranked(order.map { dimensions[$0] }))]
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let given = try context.integers(operand: 1, attribute: "permutation")
      return [try input.transposed(try permutation(given, rank: input.rank))]
    }
  )
}

/// The order of the axes, checked to name each one once.
private func permutation(_ axes: [Int]?, rank: Int) throws(OperatorError) -> [Int] {
  guard let axes else { return Array((0..<rank).reversed()) }
  guard axes.count == rank else {
    throw .invalid("a permutation of \(axes.count) axes does not go with \(rank) axes")
  }
  return try Axes.normalize(axes, rank: rank)
}
