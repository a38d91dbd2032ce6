import ModelIR

extension OperatorDefinition {
  /// A new axis that holds one value at the position an index names, and another elsewhere.
  ///
  /// Operands: TFLite (indices, depth, on, off); ONNX (indices, depth, [off, on]) with `operandOrder`
  /// = `onnx`, where negative indices count from the end. What is outside is "off" everywhere.
  /// Sources: ONNX OneHot-11, TFLite ONE_HOT.
  static let oneHot = OperatorDefinition(
    "oneHot",
    "One value at the named position of a new axis, another elsewhere.",
    family: .indexing,
    inputs: 3...4,
    inferTypes: oneHotTypes,
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let sizes = try context.inferredSizes(oneHotTypes)
      let indices = try context.input(0)
      guard let places = indices.doubleValues else { throw .invalid("the indices are no numbers") }
      let isONNX = try context.attributes.string("operandOrder") == "onnx"
      let values: Tensor
      if isONNX {
        values = try context.input(2)
      } else {
        values = try Tensor.joining([try context.input(3), try context.input(2)])
      }
      guard values.count == 2 else { throw .invalid("\(values.count) values for on and off") }
      let axis = try oneHotAxis(context.attributes, rank: indices.rank)
      let depth = sizes[axis]
      let inner = sizes[(axis + 1)...].reduce(1) { $0 &* $1 }
      let count = try Tensor.checkedCount(sizes)
      var offsets = Array(repeating: 0, count: count)
      guard count > 0 else { return [try values.gathering(offsets: [], sizes: sizes)] }
      for (index, value) in places.enumerated() {
        guard var place = Int(exactly: value.rounded(.towardZero)) else { continue }
        if place < 0, isONNX { place += depth }
        guard place >= 0, place < depth else { continue }
        offsets[(index / inner * depth + place) * inner + index % inner] = 1
      }
      return [try values.gathering(offsets: offsets, sizes: sizes)]
    }
  )
}

private func oneHotAxis(_ attributes: AttributeReader, rank: Int) throws(OperatorError) -> Int {
  try Axes.normalize(try attributes.int("axis", default: -1), rank: rank + 1)
}

private func oneHotTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let values = try context.input(2)
  guard var dimensions = try context.input(0).shape.dimensions else {
    return [values.with(.unknownRank)]
  }
  var depth = Dimension.unknown
  if let known = context.dimensions(1) {
    guard known.count == 1 else { throw .invalid("the depth must be one number") }
    depth = known[0]
  } else if let number = context.value(1)?.doubleValues?.first,
    let whole = Int(exactly: number.rounded(.towardZero))
  {
    depth = .fixed(whole)
  }
  if let size = depth.size, size < 0 { throw .invalid("the depth is \(size)") }
  let axis = try oneHotAxis(context.attributes, rank: dimensions.count)
  dimensions.insert(depth, at: axis)
  return [values.with(.ranked(dimensions))]
}
