import ModelIR

extension OperatorDefinition {
  /// The different elements, or slices along an axis.
  ///
  /// ONNX gives (values, first positions, inverse, counts), sorted unless `sorted` is 0; TFLite gives
  /// (values, inverse) in the order of appearance (`operandOrder` = `tflite`, or where the attribute
  /// `indexType` is given). Sources: ONNX Unique-11, TFLite UNIQUE.
  static let unique = OperatorDefinition(
    "unique",
    "The different elements or slices, and where they are.",
    family: .indexing,
    inputs: 1...1,
    outputs: 1...4,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let style = try UniqueStyle(context.attributes)
      var shape = Shape.ranked([.unknown])
      var extent = Dimension.product(input.shape.dimensions ?? [.unknown, .unknown])
      if let axis = style.axis {
        shape = .unknownRank
        extent = .unknown
        if var dimensions = input.shape.dimensions {
          let place = try Axes.normalize(axis, rank: dimensions.count)
          extent = dimensions[place]
          dimensions[place] = .unknown
          shape = .ranked(dimensions)
        }
      }
      let inverse = TensorType(style.indexType, .ranked([extent]))
      if style.isTFLite { return [input.with(shape), inverse] }
      let list = TensorType(.int64, .ranked([.unknown]))
      return [input.with(shape), list, inverse, list]
    },
    // Comparison sort: n·log2 n comparisons.
    cost: CostRule { context in
      guard let count = context.inputElements() else { return .uncounted }
      let steps = Int.bitWidth - max(count - 1, 0).leadingZeroBitCount
      return .times(count, otherOperations: steps, status: .approximated)
    },
    evaluate: evaluateUnique
  )
}

/// How a node wants its unique elements.
private struct UniqueStyle {
  var axis: Int?
  var isTFLite: Bool
  var isSorted: Bool
  var indexType: ElementType

  init(_ attributes: AttributeReader) throws(OperatorError) {
    axis = try attributes.int("axis")
    let indexType = try attributes.type("indexType")
    isTFLite = try attributes.string("operandOrder") == "tflite" || indexType != nil
    isSorted = try attributes.bool("sorted", default: true) && !isTFLite
    self.indexType = indexType ?? (isTFLite ? .int32 : .int64)
  }
}

private func evaluateUnique(_ context: EvaluationContext) throws(OperatorError) -> [Tensor] {
  let style = try UniqueStyle(context.attributes)
  let input = try context.input(0)
  var rows = input.reshaped(to: [input.count])
  var axis = 0
  if let given = style.axis {
    axis = try Axes.normalize(given, rank: input.rank)
    var order = Array(input.sizes.indices)
    order.remove(at: axis)
    rows = try input.transposed([axis] + order)
  }
  let count = rows.sizes[0]
  let width = count == 0 ? 0 : rows.count / count
  let comparison = ElementComparison(rows)
  func order(_ left: Int, _ right: Int) -> Int {
    for part in 0..<width {
      let sign = comparison(left * width + part, right * width + part)
      if sign != 0 { return sign }
    }
    return 0
  }
  let sorted = (0..<count).sorted { left, right in
    let sign = order(left, right)
    return sign < 0 || (sign == 0 && left < right)
  }
  var firsts: [Int] = []
  var counts: [Int] = []
  var inverse = Array(repeating: 0, count: count)
  for row in sorted {
    if let first = firsts.last, order(first, row) == 0 {
      counts[counts.count - 1] += 1
    } else {
      firsts.append(row)
      counts.append(1)
    }
    inverse[row] = firsts.count - 1
  }
  if !style.isSorted {
    let places = firsts.indices.sorted { firsts[$0] < firsts[$1] }
    var ranks = places
    for (rank, place) in places.enumerated() { ranks[place] = rank }
    firsts = places.map { firsts[$0] }
    counts = places.map { counts[$0] }
    inverse = inverse.map { ranks[$0] }
  }
  var values = rows
  if style.axis == nil {
    values = try rows.gathering(offsets: firsts, sizes: [firsts.count])
  } else {
    var selections = input.sizes.map(AxisSelection.all)
    selections[axis] = .at(firsts)
    values = try input.selecting(selections)
  }
  let inverseTensor = Tensor(style.indexType, [count], integers: inverse)
  if style.isTFLite { return [values, inverseTensor] }
  return [
    values,
    Tensor([firsts.count], integers: firsts),
    inverseTensor,
    Tensor([counts.count], integers: counts),
  ]
}

/// The order of a tensor's elements, by place: negative, zero or positive.
///
/// NaNs are equal to each other and come last, as NumPy sorts them.
struct ElementComparison {
  private let compare: (Int, Int) -> Int

  init(_ tensor: Tensor) {
    func real<Value: BinaryFloatingPoint>(_ left: Value, _ right: Value) -> Int {
      if left.isNaN || right.isNaN { return (left.isNaN ? 1 : 0) - (right.isNaN ? 1 : 0) }
      return left < right ? -1 : (left > right ? 1 : 0)
    }
    switch tensor.elements {
    case .floats(let values): compare = { real(values[$0], values[$1]) }
    case .doubles(let values): compare = { real(values[$0], values[$1]) }
    case .integers(let values):
      // The sign bit of an unsigned number is its greatest bit.
      let flip = tensor.type == .uint64 ? Int64.min : 0
      compare = { left, right in
        let (a, b) = (values[left] ^ flip, values[right] ^ flip)
        return a < b ? -1 : (a > b ? 1 : 0)
      }
    case .booleans(let values):
      compare = { (values[$0] ? 1 : 0) - (values[$1] ? 1 : 0) }
    case .tensors: compare = { _, _ in 0 }
    case .strings(let values):
      compare = { left, right in
        let (a, b) = (Array(values[left].utf8), Array(values[right].utf8))
        if a == b { return 0 }
        return a.lexicographicallyPrecedes(b) ? -1 : 1
      }
    }
  }

  func callAsFunction(_ left: Int, _ right: Int) -> Int { compare(left, right) }
}
