import ModelIR

// As many windows as `outputSize` says, one from `⌊i · in / out⌋` to before `⌈(i + 1) · in / out⌉`.
// Sources: PyTorch AdaptiveAvgPool2d, AdaptiveMaxPool2d; Keras layers of the same names.
extension OperatorDefinition {
  /// The mean of each of as many windows as are wanted.
  static let adaptiveAveragePool = adaptive(
    "adaptiveAveragePool",
    "Means of a wanted number of windows."
  ) { values in values.reduce(0, +) / Double(max(values.count, 1)) }

  /// The greatest element of each of as many windows as are wanted.
  static let adaptiveMaxPool = adaptive(
    "adaptiveMaxPool",
    "Greatest elements of a wanted number of windows."
  ) { values in values.reduce(-.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 } }

  private static func adaptive(
    _ name: String,
    _ summary: String,
    _ fold: @escaping @Sendable ([Double]) -> Double
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .pooling,
      inputs: 1...1,
      inferTypes: { (context) throws(OperatorError) in
        let input = try context.input(0)
        guard var dimensions = input.shape.dimensions else { return [input] }
        let (axes, sizes) = try windows(context.attributes, rank: dimensions.count)
        for (axis, size) in zip(axes, sizes) { dimensions[axis] = .fixed(size) }
        return [input.with(.ranked(dimensions))]
      },
      // Windows overlap by at most one position: an element of the operand is folded once, or
      // little more often.
      cost: .perInputElement(otherOperations: 1, status: .approximated),
      evaluate: { (context) throws(OperatorError) in
        let input = try context.reals(0)
        let (axes, counts) = try windows(context.attributes, rank: input.sizes.count)
        var sizes = input.sizes
        for (axis, count) in zip(axes, counts) { sizes[axis] = count }
        let total = try OperandValues.count(sizes)
        var values = [Double](repeating: 0, count: total)
        for index in values.indices {
          let place = ConvolutionGeometry.coordinates(index, sizes)
          var offsets = [0]
          for (axis, size) in input.sizes.enumerated() {
            var range = place[axis]..<(place[axis] + 1)
            if axes.contains(axis) {
              let low = place[axis] * size / sizes[axis]
              let high = ((place[axis] + 1) * size + sizes[axis] - 1) / sizes[axis]
              range = low..<max(low, high)
            }
            offsets = offsets.flatMap { offset in range.map { offset * size + $0 } }
          }
          values[index] = fold(offsets.map { input.values[$0] })
        }
        return [RealElements.tensor(values, sizes: sizes, type: input.type)]
      }
    )
  }

  private static func windows(
    _ attributes: AttributeReader,
    rank: Int
  ) throws(OperatorError) -> (axes: Range<Int>, sizes: [Int]) {
    guard rank >= 3 else { throw .invalid("an operand of \(rank) axes has no space") }
    let axes = try DataLayout(attributes).spatialAxes(rank: rank)
    guard let sizes = try attributes.ints("outputSize"), sizes.count == axes.count,
      sizes.allSatisfy({ $0 > 0 && $0 <= Int(Int32.max) })
    else { throw .invalid("outputSize is no list of \(axes.count) positive numbers") }
    return (axes, sizes)
  }
}
