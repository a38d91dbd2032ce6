import ModelIR

// Source: ONNX GlobalAveragePool-1, GlobalMaxPool-1, GlobalLpPool-2. Space shrinks to extents of 1.
extension OperatorDefinition {
  /// The mean over space.
  static let globalAveragePool = global(
    "globalAveragePool",
    "Mean over space.",
    operations: 1
  ) { (_) throws(OperatorError) in
    { values in values.reduce(0, +) / Double(values.count) }
  }

  /// The greatest element over space.
  static let globalMaxPool = global(
    "globalMaxPool",
    "Greatest element over space.",
    operations: 1
  ) { (_) throws(OperatorError) in
    { values in values.reduce(-.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 } }
  }

  /// `(Σ |x|ᵖ)^(1/p)` over space.
  static let globalLpPool = global(
    "globalLpPool",
    "Norm over space.",
    operations: 2
  ) { (attributes) throws(OperatorError) in
    let power = try attributes.float("p", default: 2)
    return { values in
      Double.pow(values.reduce(0) { $0 + Double.pow($1.magnitude, power) }, 1 / power)
    }
  }

  private static func global(
    _ name: String,
    _ summary: String,
    operations: Int,
    _ function:
      @escaping @Sendable (AttributeReader) throws(OperatorError) ->
      @Sendable ([Double]) -> Double
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .pooling,
      inputs: 1...1,
      inferTypes: { (context) throws(OperatorError) in
        let input = try context.input(0)
        guard let dimensions = input.shape.dimensions else { return [input] }
        let axes = try spatialAxes(context.attributes, rank: dimensions.count)
        return [input.with(.ranked(axes.result(dimensions, one: 1)))]
      },
      cost: .perInputElement(otherOperations: operations),
      evaluate: { (context) throws(OperatorError) in
        let input = try context.input(0)
        let axes = try spatialAxes(context.attributes, rank: input.rank)
        let fold = ReductionFunction(real: try function(context.attributes))
        return [try fold(input, axes)]
      }
    )
  }

  private static func spatialAxes(
    _ attributes: AttributeReader,
    rank: Int
  ) throws(OperatorError) -> ReductionAxes {
    guard rank >= 2 else { throw .invalid("an operand of \(rank) axes has no channels") }
    let layout = try DataLayout(attributes)
    return try ReductionAxes(
      Array(layout.spatialAxes(rank: rank)),
      rank: rank,
      keepsAxes: true
    )
  }
}
