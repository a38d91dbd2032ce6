import ModelIR

extension OperatorDefinition {
  /// Keeps one triangle of the last two axes and clears the other.
  ///
  /// Element (i, j) stays where `j >= i + k` (upper) or `j <= i + k` (lower). Source: ONNX Trilu-14.
  static let trilu = OperatorDefinition.movement(
    "trilu",
    "Keeps one triangle of matrices.",
    inputs: 1...2,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      if let rank = input.shape.rank, rank < 2 { throw .invalid("\(input.shape) is no matrix") }
      return [input]
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard input.rank >= 2 else { throw .invalid("\(input.shape) is no matrix") }
      let isUpper = try context.attributes.bool("upper", default: true)
      var diagonal = 0
      if context.hasInput(1), let value = try context.integers(1).first { diagonal = value }
      // Beyond the greatest extent every diagonal is alike.
      let bound = 1 << 40
      diagonal = min(max(diagonal, -bound), bound)
      let columns = input.sizes[input.rank - 1]
      let rows = input.sizes[input.rank - 2]
      var offsets = Array(0..<input.count)
      for offset in offsets {
        let column = offset % columns
        let row = offset / columns % rows
        let isKept = isUpper ? column >= row + diagonal : column <= row + diagonal
        if !isKept { offsets[offset] = -1 }
      }
      return [try input.gathering(offsets: offsets, sizes: input.sizes)]
    }
  )

  /// Square matrices with the operand's last axis on the diagonal.
  ///
  /// Source: TFLite MATRIX_DIAG.
  static let matrixDiag = OperatorDefinition.movement(
    "matrixDiag",
    "Puts vectors on the diagonals of matrices.",
    inputs: 1...1,
    types: matrixDiagTypes,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let sizes = try context.inferredSizes(matrixDiagTypes)
      var offsets = Array(repeating: -1, count: try Tensor.checkedCount(sizes))
      let extent = sizes[sizes.count - 1]
      for index in 0..<input.count {
        offsets[index / extent * extent * extent + index % extent * (extent + 1)] = index
      }
      return [try input.gathering(offsets: offsets, sizes: sizes)]
    }
  )

  /// The first operand with its diagonals replaced.
  ///
  /// Source: TFLite MATRIX_SET_DIAG.
  static let matrixSetDiag = OperatorDefinition.movement(
    "matrixSetDiag",
    "Replaces the diagonals of matrices.",
    inputs: 2...2,
    data: .all,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      if let rank = input.shape.rank, rank < 2 { throw .invalid("\(input.shape) is no matrix") }
      return [input]
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let diagonal = try context.input(1)
      guard input.rank >= 2 else { throw .invalid("\(input.shape) is no matrix") }
      let rows = input.sizes[input.rank - 2]
      let columns = input.sizes[input.rank - 1]
      let extent = min(rows, columns)
      guard diagonal.sizes == input.sizes.dropLast(2) + [extent] else {
        throw .invalid("diagonals of shape \(diagonal.shape) in \(input.shape)")
      }
      let offsets = (0..<diagonal.count).map { index in
        index / extent * rows * columns + index % extent * (columns + 1)
      }
      return [try input.scattering(diagonal, at: offsets)]
    }
  )
}

private func matrixDiagTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
  guard let last = dimensions.last else { throw .invalid("a scalar is no diagonal") }
  return [input.with(.ranked(dimensions + [last]))]
}
