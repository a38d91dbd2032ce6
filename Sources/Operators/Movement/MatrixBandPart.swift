import ModelIR

extension OperatorDefinition {
  /// The innermost matrices with only some diagonals kept: (x, lower, upper); a negative number keeps
  /// all of that side.
  ///
  /// Source: TensorFlow MatrixBandPart.
  static let matrixBandPart = OperatorDefinition(
    "matrixBandPart",
    "Keeps a band of diagonals of the innermost matrices.",
    family: .movement,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard input.rank >= 2, let lower = try context.integers(1).first,
        let upper = try context.integers(2).first
      else { throw .invalid("a tensor of shape \(input.sizes) has no matrices") }
      let (rows, columns) = (input.sizes[input.rank - 2], input.sizes[input.rank - 1])
      func isKept(_ offset: Int) -> Bool {
        let (row, column) = (offset / columns % rows, offset % columns)
        return (lower < 0 || row - column <= lower) && (upper < 0 || column - row <= upper)
      }
      var result = input
      switch input.elements {
      case .floats(var values):
        for index in values.indices where !isKept(index) { values[index] = 0 }
        result.elements = .floats(values)
      case .doubles(var values):
        for index in values.indices where !isKept(index) { values[index] = 0 }
        result.elements = .doubles(values)
      case .integers(var values):
        for index in values.indices where !isKept(index) { values[index] = 0 }
        result.elements = .integers(values)
      case .booleans(var values):
        for index in values.indices where !isKept(index) { values[index] = false }
        result.elements = .booleans(values)
      case .strings, .tensors: throw .invalid("\(input.type) operands are not taken")
      }
      return [result]
    }
  )
}
