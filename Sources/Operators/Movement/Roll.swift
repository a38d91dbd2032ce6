import ModelIR

extension OperatorDefinition {
  /// Elements shifted along axes, those that leave at one end come in at the other: (x, shifts, axes).
  ///
  /// Source: TensorFlow Roll.
  static let roll = OperatorDefinition(
    "roll",
    "Shifts elements along axes, around the end.",
    family: .movement,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let shifts = try context.integers(1)
      let axes = try context.integers(2)
      guard shifts.count == axes.count else {
        throw .invalid("\(shifts.count) shifts for \(axes.count) axes")
      }
      var total = Array(repeating: 0, count: input.rank)
      for (shift, axis) in zip(shifts, axes) {
        let axis = try Axes.normalize(axis, rank: input.rank)
        guard input.sizes[axis] > 0 else { continue }
        total[axis] = (total[axis] + shift % input.sizes[axis]) % input.sizes[axis]
      }
      var selections: [AxisSelection] = []
      for (size, shift) in zip(input.sizes, total) {
        // The element at `i` comes from `i − shift`.
        let start = size == 0 ? 0 : (size - shift) % size
        selections.append(.at((0..<size).map { ($0 + start) % size }))
      }
      return [try input.selecting(selections)]
    }
  )
}
