import ModelIR

extension OperatorDefinition {
  /// Rotates pairs of a head's elements by an angle of the position.
  ///
  /// `(a, b) → (cos·a − sin·b, sin·a + cos·b)`; pairs are neighbours where `interleaved`, else halves.
  /// Operands x `[batch, heads, length, size]` or `[batch, length, heads · size]`, cosines and sines
  /// `[positions, size / 2]` with positions `[batch, length]`, or `[batch, length, size / 2]` without.
  /// Sources: ONNX RotaryEmbedding-23; Su et al. 2021.
  static let rotaryEmbedding = OperatorDefinition(
    "rotaryEmbedding",
    "Rotates pairs of elements by an angle of their position.",
    family: .arithmetic,
    inputs: 3...4,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    // Each element: two products and a sum.
    cost: .perOutputElement(otherOperations: 3),
    evaluate: { (context) throws(OperatorError) in
      [
        try rotate(
          context,
          input: try context.input(0),
          cosines: try context.input(1),
          sines: try context.input(2),
          positions: context.hasInput(3) ? try context.integers(3) : nil
        )
      ]
    }
  )

  /// The same with onnxruntime's operands: x, positions, cosines, sines.
  ///
  /// One position stands for that of each entry's first element. Source: onnxruntime
  /// `docs/ContribOperators.md`, com.microsoft.RotaryEmbedding.
  static let rotaryEmbeddingMicrosoft = OperatorDefinition(
    "rotaryEmbeddingMicrosoft",
    "Rotates pairs of elements by an angle of their position.",
    family: .arithmetic,
    inputs: 4...4,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .perOutputElement(otherOperations: 3),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard input.rank >= 3 else { throw .invalid("an operand of \(input.rank) axes") }
      let (batch, length) = (input.sizes[0], input.sizes[input.rank == 4 ? 2 : 1])
      var positions = try context.integers(1)
      if positions.count == 1, batch * length != 1 {
        let first = positions[0]
        positions = (0..<batch).flatMap { _ in (0..<length).map { first &+ $0 } }
      }
      return [
        try rotate(
          context,
          input: input,
          cosines: try context.input(2),
          sines: try context.input(3),
          positions: positions
        )
      ]
    }
  )
}

private func rotate(
  _ context: EvaluationContext,
  input: Tensor,
  cosines: Tensor,
  sines: Tensor,
  positions: [Int]?
) throws(OperatorError) -> Tensor {
  guard input.rank == 3 || input.rank == 4 else {
    throw .invalid("an operand of \(input.rank) axes; 3 or 4 are needed")
  }
  let isSplit = input.rank == 4
  let batch = input.sizes[0]
  let length = input.sizes[isSplit ? 2 : 1]
  let stated = try context.attributes.int("rotaryEmbeddingDim", default: 0)
  let pairsGiven = cosines.sizes.last ?? 0
  var heads = isSplit ? input.sizes[1] : try context.attributes.int("numHeads", default: 0)
  if !isSplit, heads == 0, stated == 0, pairsGiven > 0 {
    heads = input.sizes[2] / (2 * pairsGiven)
  }
  guard heads > 0, isSplit || input.sizes[2] % heads == 0 else {
    throw .invalid("\(heads) heads for an operand of shape \(Shape.fixed(input.sizes))")
  }
  let size = isSplit ? input.sizes[3] : input.sizes[2] / heads
  let width = stated == 0 ? size : stated
  guard width >= 0, width <= size, width % 2 == 0, pairsGiven == width / 2,
    sines.sizes == cosines.sizes
  else { throw .invalid("\(width) elements to rotate with tables of \(pairsGiven)") }
  let half = width / 2
  let cosine = try OperandValues.doubles(cosines)
  let sine = try OperandValues.doubles(sines)
  let rows = half == 0 ? 0 : cosine.count / half
  let places = positions ?? Array(0..<(batch * length))
  guard
    half == 0 || places.count == batch * length && places.allSatisfy({ (0..<rows).contains($0) })
  else { throw .invalid("positions outside the \(rows) rows of the tables") }
  let interleaved = try context.attributes.bool("interleaved")
  let round = Precision(type: input.type)
  var values = try OperandValues.doubles(input)
  for entry in 0..<batch {
    for step in 0..<length {
      for head in 0..<heads {
        let row =
          isSplit
          ? (entry * heads + head) * length + step : (entry * length + step) * heads + head
        for pair in 0..<half {
          let first = row * size + (interleaved ? 2 * pair : pair)
          let second = row * size + (interleaved ? 2 * pair + 1 : pair + half)
          let angle = places[entry * length + step] * half + pair
          let (a, b) = (values[first], values[second])
          values[first] = round(round(cosine[angle] * a) - round(sine[angle] * b))
          values[second] = round(round(sine[angle] * a) + round(cosine[angle] * b))
        }
      }
    }
  }
  return OperandValues.tensor(input.type, input.sizes, values)
}
