import ModelIR

extension OperatorDefinition {
  /// Sums of all elements up to each position along an axis.
  ///
  /// `exclusive` leaves the element itself out, `reverse` runs from the end. Sources: ONNX CumSum-14;
  /// TensorFlow Lite CUMSUM.
  static let cumulativeSum = cumulative(
    "cumulativeSum",
    "Running sums along an axis.",
    CumulativeFunction(start: 0, real: { $0 + $1 }, integer: { $0 &+ $1 })
  )

  /// Products of all elements up to each position along an axis.
  ///
  /// Source: ONNX CumProd-26.
  static let cumulativeProduct = cumulative(
    "cumulativeProduct",
    "Running products along an axis.",
    CumulativeFunction(start: 1, real: { $0 * $1 }, integer: { $0 &* $1 })
  )

  private static func cumulative(
    _ name: String,
    _ summary: String,
    _ function: CumulativeFunction
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .reduction,
      inputs: 1...2,
      inferTypes: { (context) throws(OperatorError) in
        let input = try context.input(0)
        if let rank = input.shape.rank,
          case .known(let axes) = try context.integers(operand: 1, attribute: "axis"),
          let axis = axes.first
        {
          _ = try Axes.normalize(axis, rank: rank)
        }
        return [input]
      },
      cost: .perInputElement(),
      evaluate: { (context) throws(OperatorError) in
        let input = try context.input(0)
        let axis = try Axes.normalize(
          try context.integers(operand: 1, attribute: "axis")?.first ?? 0,
          rank: input.rank
        )
        let rows = AxisRows(input.sizes, axis: axis)
        let isExclusive = try context.attributes.bool("exclusive")
        let isReversed = try context.attributes.bool("reverse")
        var result = input
        switch input.elements {
        case .floats(let values):
          let runs = rows.map(values) { row in
            let real = row.map { Double($0) }
            return function.run(real, function.realStart, isExclusive, isReversed, function.real)
          }
          result.elements = .floats(runs.map { Float($0) })
        case .doubles(let values):
          result.elements = .doubles(
            rows.map(values) {
              function.run($0, function.realStart, isExclusive, isReversed, function.real)
            }
          )
        case .integers(let values):
          result.elements = .integers(
            rows.map(values) {
              function.run($0, function.start, isExclusive, isReversed, function.integer)
            }
          )
        case .booleans, .strings, .tensors: throw .invalid("\(input.type) operands are not taken")
        }
        return [result.normalized()]
      }
    )
  }
}

/// What is accumulated.
private struct CumulativeFunction: Sendable {
  var start: Int64
  var real: @Sendable (Double, Double) -> Double
  var integer: @Sendable (Int64, Int64) -> Int64

  var realStart: Double { Double(start) }

  func run<Value>(
    _ row: [Value],
    _ start: Value,
    _ isExclusive: Bool,
    _ isReversed: Bool,
    _ combine: (Value, Value) -> Value
  ) -> [Value] {
    var total = start
    var result: [Value] = []
    for value in isReversed ? row.reversed() : row {
      let next = combine(total, value)
      result.append(isExclusive ? total : next)
      total = next
    }
    return isReversed ? result.reversed() : result
  }
}
