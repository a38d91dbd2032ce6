import ModelIR

extension OperatorDefinition {
  /// Turns axes round.
  ///
  /// Source: TFLite REVERSE_V2.
  static let reverse = OperatorDefinition.movement(
    "reverse",
    "Turns axes round.",
    inputs: 1...2,
    types: { (context) throws(OperatorError) in [try context.input(0)] },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let given = try context.integers(operand: 1, attribute: "axes") ?? []
      var selections = input.sizes.map(AxisSelection.all)
      for axis in try Axes.normalize(given, rank: input.rank) {
        let size = input.sizes[axis]
        selections[axis] = .strided(start: size - 1, step: -1, count: size)
      }
      return [try input.selecting(selections)]
    }
  )

  /// Turns the first positions of each sequence round; the others stay.
  ///
  /// Sources: ONNX ReverseSequence-10 (`batchAxis` 1, `timeAxis` 0 by default), TFLite
  /// REVERSE_SEQUENCE.
  static let reverseSequence = OperatorDefinition.movement(
    "reverseSequence",
    "Turns the first positions of each sequence round.",
    inputs: 2...2,
    types: { (context) throws(OperatorError) in [try context.input(0)] },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let lengths = try context.integers(1)
      let timeAxis = try Axes.normalize(
        try context.attributes.int("timeAxis", default: 0),
        rank: input.rank
      )
      let batchAxis = try Axes.normalize(
        try context.attributes.int("batchAxis", default: 1),
        rank: input.rank
      )
      guard timeAxis != batchAxis else { throw .invalid("both axes are \(timeAxis)") }
      guard lengths.count == input.sizes[batchAxis],
        lengths.allSatisfy({ (0...input.sizes[timeAxis]).contains($0) })
      else {
        throw .invalid("lengths \(lengths) for \(input.shape)")
      }
      let strides = Strides.rowMajor(input.sizes)
      var offsets = Array(0..<input.count)
      for offset in offsets {
        let position = Strides.coordinates(offset, in: input.sizes)
        let time = position[timeAxis]
        let length = lengths[position[batchAxis]]
        guard time < length else { continue }
        offsets[offset] += (length - 1 - 2 * time) * strides[timeAxis]
      }
      return [try input.gathering(offsets: offsets, sizes: input.sizes)]
    }
  )
}
