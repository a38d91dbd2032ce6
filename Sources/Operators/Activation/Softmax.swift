import ModelIR

// Counts: the greatest element, difference, exponential, sum and quotient are one operation an element
// each (so for logSoftmax, whose logarithm is one a row).
extension OperatorDefinition {
  /// `e^(beta·x) / Σ e^(beta·x)` along an axis, the greatest element subtracted first.
  ///
  /// Sources: ONNX Softmax-13 (one axis) and Softmax-1 (`flattened`: all axes from `axis` on);
  /// TensorFlow Lite SOFTMAX (`beta`).
  static let softmax = alongAxis(
    "softmax",
    "Exponentials that sum to 1 along an axis.",
    operations: 5,
    quantized: QuantizedSoftmax.softmax,
    float: { SoftmaxRow.softmax($0, beta: Float($1)) },
    double: { SoftmaxRow.softmax($0, beta: $1) }
  )

  /// `ln softmax(x)`.
  static let logSoftmax = alongAxis(
    "logSoftmax",
    "Logarithm of the softmax.",
    operations: 5,
    quantized: QuantizedSoftmax.logSoftmax,
    float: { SoftmaxRow.logSoftmax($0, beta: Float($1)) },
    double: { SoftmaxRow.logSoftmax($0, beta: $1) }
  )

  /// 1 at the first greatest element along an axis, 0 elsewhere.
  static let hardmax = alongAxis(
    "hardmax",
    "1 at the greatest element along an axis.",
    operations: 1,
    float: { (row, _) in SoftmaxRow.hardmax(row) },
    double: { (row, _) in SoftmaxRow.hardmax(row) }
  )

  private static func alongAxis(
    _ name: String,
    _ summary: String,
    operations: Int,
    quantized: QuantizedEvaluation? = nil,
    float: @escaping @Sendable ([Float], Double) -> [Float],
    double: @escaping @Sendable ([Double], Double) -> [Double]
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .activation,
      inputs: 1...1,
      inferTypes: { (context) throws(OperatorError) in
        let input = try context.input(0)
        if let rank = input.shape.rank { _ = try axis(context.attributes, rank: rank) }
        return [TensorType(context.quantizedResult(of: input.element), input.shape)]
      },
      cost: .perOutputElement(otherOperations: operations),
      evaluate: { (context) throws(OperatorError) in
        if context.isQuantized {
          guard let quantized else { throw context.noQuantizedKernel(name) }
          return [try quantized(context)]
        }
        let input = try context.input(0)
        let beta = try context.attributes.float("beta", default: 1)
        let rows = try AxisRows(input.sizes, softmax: context.attributes)
        var result = input
        switch input.elements {
        case .floats(let values): result.elements = .floats(rows.map(values) { float($0, beta) })
        case .doubles(let values): result.elements = .doubles(rows.map(values) { double($0, beta) })
        default: throw .invalid("\(input.type) operands are not taken")
        }
        return [result.normalized()]
      }
    )
  }

  fileprivate static func axis(
    _ attributes: AttributeReader,
    rank: Int
  ) throws(OperatorError) -> Int {
    let isFlattened = try attributes.bool("flattened")
    let axis = try attributes.int("axis", default: isFlattened ? 1 : -1)
    // A scalar is one row; a flattened form may begin behind the last axis.
    if rank == 0 || isFlattened && axis == rank { return rank }
    return try Axes.normalize(axis, rank: rank)
  }
}

extension AxisRows {
  /// The rows that `axis` and `flattened` name.
  init(_ sizes: [Int], softmax attributes: AttributeReader) throws(OperatorError) {
    let axis = try OperatorDefinition.axis(attributes, rank: sizes.count)
    let isFlattened = try attributes.bool("flattened")
    self.init(sizes, axes: axis..<(isFlattened || axis == sizes.count ? sizes.count : axis + 1))
  }
}

/// Elements of a tensor that lie along an axis or several neighbouring ones.
struct AxisRows: Sendable {
  /// The extents before the axes, multiplied.
  let outer: Int
  /// The elements of a row.
  let length: Int
  /// The extents after the axes, multiplied: the step between elements of a row.
  let inner: Int

  init(_ sizes: [Int], axes: Range<Int>) {
    // Only extents around one of 0 have a product that overflows: there are no elements then.
    outer = checkedProduct(sizes[..<axes.lowerBound]) ?? 0
    length = checkedProduct(sizes[axes]) ?? 0
    inner = checkedProduct(sizes[axes.upperBound...]) ?? 0
  }

  init(_ sizes: [Int], axis: Int) { self.init(sizes, axes: axis..<(axis + 1)) }

  /// A function of each row that keeps its length.
  func map<Value, Result>(_ values: [Value], _ function: ([Value]) -> [Result]) -> [Result] {
    if values.isEmpty { return [] }
    if inner == 1 {
      return (0..<outer).flatMap { function(Array(values[($0 * length)..<(($0 + 1) * length)])) }
    }
    var columns: [[Result]] = []
    var result: [Result] = []
    result.reserveCapacity(values.count)
    for block in 0..<outer {
      columns = (0..<inner).map { column in
        function((0..<length).map { values[(block * length + $0) * inner + column] })
      }
      for index in 0..<length { for column in 0..<inner { result.append(columns[column][index]) } }
    }
    return result
  }

  /// A function of each row that gives one value.
  func reduce<Value, Result>(_ values: [Value], _ function: ([Value]) -> Result) -> [Result] {
    var result: [Result] = []
    for block in 0..<outer {
      for column in 0..<inner {
        result.append(
          function((0..<length).map { values[(block * length + $0) * inner + column] })
        )
      }
    }
    return result
  }
}

/// What softmax and its relatives do with one row.
private enum SoftmaxRow {
  /// NaN anywhere makes the whole row NaN, as the sum does.
  private static func greatest<Number: RealNumber>(_ row: [Number]) -> Number {
    row.reduce(-.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 }
  }

  static func softmax<Number: RealNumber>(_ row: [Number], beta: Number) -> [Number] {
    let top = greatest(row)
    let powers = row.map { Number.exp(beta * ($0 - top)) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  static func logSoftmax<Number: RealNumber>(_ row: [Number], beta: Number) -> [Number] {
    let top = greatest(row)
    let sum = row.reduce(Number.zero) { $0 + Number.exp(beta * ($1 - top)) }
    let logarithm = Number.log(sum)
    return row.map { beta * ($0 - top) - logarithm }
  }

  static func hardmax<Number: RealNumber>(_ row: [Number]) -> [Number] {
    guard var place = row.indices.first else { return [] }
    for index in row.indices where row[index] > row[place] { place = index }
    return row.indices.map { $0 == place ? 1 : 0 }
  }
}
