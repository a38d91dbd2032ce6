import ModelIR

extension OperatorDefinition {
  /// The position of the greatest element along an axis; the first of equal ones, or the last with
  /// `selectLastIndex`.
  ///
  /// NaN counts as the greatest, as in NumPy. Sources: ONNX ArgMax-13; TensorFlow Lite ARG_MAX, whose
  /// axis is an operand.
  static let argMax = argument("argMax", "Position of the greatest element along an axis.") {
    $0 > $1
  }

  /// The position of the least element along an axis, otherwise as `argMax`.
  static let argMin = argument("argMin", "Position of the least element along an axis.") {
    $0 < $1
  }

  private static func argument(
    _ name: String,
    _ summary: String,
    _ isBetter: @escaping @Sendable (Double, Double) -> Bool
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .reduction,
      inputs: 1...2,
      inferTypes: { (context) throws(OperatorError) in
        let stated = context.statedOutputs.first??.element
        let element = try context.attributes.type("outputType") ?? stated ?? .int64
        return [TensorType(element, try argumentShape(context))]
      },
      cost: CostRule { context in
        guard let inputs = context.inputElements(), let outputs = context.outputElements() else {
          return .uncounted
        }
        return OperatorCost(otherOperations: max(inputs - outputs, 0))
      },
      evaluate: { (context) throws(OperatorError) in
        let input = try context.input(0)
        let axis = try Axes.normalize(
          try context.integers(operand: 1, attribute: "axis")?.first ?? 0,
          rank: input.rank
        )
        let keeps = try context.attributes.bool("keepDimensions", default: true)
        let takesLast = try context.attributes.bool("selectLastIndex")
        let type = try context.attributes.type("outputType") ?? context.outputElement(0) ?? .int64
        let axes = try ReductionAxes([axis], rank: input.rank, keepsAxes: keeps)
        guard input.sizes[axis] > 0 else { throw .invalid("the axis has no element") }
        guard let values = input.doubleValues else {
          throw .invalid("\(input.type) operands are not taken")
        }
        let places = AxisRows(input.sizes, axis: axis).reduce(values) { row in
          position(row, takesLast: takesLast, isBetter)
        }
        return [
          Tensor(type: type, sizes: axes.result(input.sizes, one: 1), elements: .integers(places))
            .normalized()
        ]
      }
    )
  }

  private static func position(
    _ row: [Double],
    takesLast: Bool,
    _ isBetter: (Double, Double) -> Bool
  ) -> Int64 {
    var place = 0
    for index in row.indices.dropFirst() {
      let value = row[index]
      let best = row[place]
      if best.isNaN && !(takesLast && value.isNaN) { continue }
      if value.isNaN || isBetter(value, best) || takesLast && value == best { place = index }
    }
    return Int64(place)
  }

  private static func argumentShape(_ context: OperatorContext) throws(OperatorError) -> Shape {
    let keeps = try context.attributes.bool("keepDimensions", default: true)
    guard let dimensions = try context.input(0).shape.dimensions else { return .unknownRank }
    let rank = dimensions.count
    let axis: Int
    switch try context.integers(operand: 1, attribute: "axis") {
    case .known(let values): axis = values.first ?? 0
    case .absent: axis = 0
    case .unknown:
      if keeps { return .ranked(dimensions.map { $0 == 1 ? 1 : .unknown }) }
      return .ranked(Array(repeating: .unknown, count: max(rank - 1, 0)))
    }
    let position = try Axes.normalize(axis, rank: rank)
    let axes = try ReductionAxes([position], rank: rank, keepsAxes: keeps)
    return .ranked(axes.result(dimensions, one: 1))
  }
}
