import ModelIR

extension OperatorDefinition {
  /// The determinant of each matrix in the last two axes.
  ///
  /// By elimination with the greatest pivot of each column. Source: ONNX Det-22.
  static let det = OperatorDefinition(
    "det",
    "Determinants of square matrices.",
    family: .matrixProduct,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
      guard dimensions.count >= 2 else { throw .invalid("\(input.shape) is no matrix") }
      let square = dimensions.suffix(2).compactMap(\.size)
      guard square.count < 2 || square[0] == square[1] else {
        throw .invalid("the matrices of \(input.shape) are not square")
      }
      return [input.with(.ranked(Array(dimensions.dropLast(2))))]
    },
    // Elimination: about n³/3 multiply-adds a matrix.
    cost: CostRule { context in
      guard let size = context.inputSizes(0)?.last,
        let cube = checkedProduct([size, size, size])
      else { return .uncounted }
      return .times(context.outputElements(), multiplyAdds: cube / 3, status: .approximated)
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let size = input.sizes.last, input.rank >= 2, input.sizes[input.rank - 2] == size else {
        throw .invalid("\(Shape.fixed(input.sizes)) are no square matrices")
      }
      let values = try OperandValues.doubles(input)
      let sizes = Array(input.sizes.dropLast(2))
      let results = (0..<(checkedProduct(sizes) ?? 0)).map { index in
        determinant(Array(values[(index * size * size)..<((index + 1) * size * size)]), size)
      }
      return [OperandValues.tensor(input.type, sizes, results)]
    }
  )
}

private func determinant(_ matrix: [Double], _ size: Int) -> Double {
  var rows = matrix
  var product = 1.0
  for column in 0..<size {
    var pivot = column
    for row in column..<size
    where rows[row * size + column].magnitude > rows[pivot * size + column].magnitude {
      pivot = row
    }
    if pivot != column {
      for index in 0..<size { rows.swapAt(column * size + index, pivot * size + index) }
      product = -product
    }
    let head = rows[column * size + column]
    product *= head
    guard head != 0 else { return product }
    for row in (column + 1)..<max(size, column + 1) {
      let factor = rows[row * size + column] / head
      for index in column..<size {
        rows[row * size + index] -= factor * rows[column * size + index]
      }
    }
  }
  return product
}
