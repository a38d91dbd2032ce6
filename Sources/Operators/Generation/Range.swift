import ModelIR

extension OperatorDefinition {
  /// Numbers from a start to before a limit in equal steps: (start, limit, delta).
  ///
  /// There are `max(0, ceil((limit − start) / delta))` of them. Sources: ONNX Range-11, TFLite RANGE.
  static let range = OperatorDefinition(
    "range",
    "Numbers in equal steps.",
    family: .generation,
    inputs: 3...3,
    inferTypes: rangeTypes,
    inferDimensions: { context in
      guard let start = context.integers(0)?.first, let delta = context.integers(2)?.first,
        let type = (try? rangeTypes(context))?.first, let count = type.shape.sizes?.first,
        count <= 256
      else { return nil }
      return (0..<count).map { .fixed(start &+ $0 &* delta) }
    },
    cost: .perOutputElement(otherOperations: 1),
    evaluate: { (context) throws(OperatorError) in
      let start = try context.input(0)
      let delta = try context.input(2)
      let sizes = try context.inferredSizes(rangeTypes)
      let count = try Tensor.checkedCount(sizes)
      var result = Tensor(type: start.type, sizes: sizes, elements: .integers([]))
      switch (start.elements, delta.elements) {
      case (.integers(let first), .integers(let step)):
        result.elements = .integers((0..<count).map { first[0] &+ Int64($0) &* step[0] })
      case (.floats(let first), .floats(let step)):
        result.elements = .floats((0..<count).map { first[0] + Float($0) * step[0] })
      case (.doubles(let first), .doubles(let step)):
        result.elements = .doubles((0..<count).map { first[0] + Double($0) * step[0] })
      default: throw .invalid("a range of \(start.type) in steps of \(delta.type)")
      }
      return [result.normalized()]
    }
  )
}

private func rangeTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let element = try context.input(0).element
  func result(_ extent: Dimension) -> [TensorType] { [TensorType(element, .ranked([extent]))] }
  for index in 0..<3 {
    if let value = context.value(index), value.count != 1 {
      throw .invalid("operand \(index) must be one number")
    }
  }
  if element.isInteger {
    // From 0 in steps of 1 the count is the limit, whatever it is.
    if context.integers(0) == [0], context.integers(2) == [1],
      let limit = context.dimensions(1)?.first
    {
      return result(limit.atLeastZero)
    }
    guard let start = context.integers(0)?.first, let limit = context.integers(1)?.first,
      let delta = context.integers(2)?.first
    else { return result(.unknown) }
    guard delta != 0 else { throw .invalid("the step is 0") }
    let (distance, overflow) =
      delta > 0
      ? limit.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(limit)
    guard !overflow else { throw OperatorError(.limit, "a range from \(start) to \(limit)") }
    guard distance > 0 else { return result(.fixed(0)) }
    return result(.fixed(Int((UInt(distance) - 1) / delta.magnitude) + 1))
  }
  guard let start = context.value(0)?.doubleValues?.first,
    let limit = context.value(1)?.doubleValues?.first,
    let delta = context.value(2)?.doubleValues?.first
  else { return result(.unknown) }
  guard delta != 0 else { throw .invalid("the step is 0") }
  guard let count = Int(exactly: max(0, ((limit - start) / delta).rounded(.up))) else {
    throw .invalid("a range from \(start) to \(limit) in steps of \(delta)")
  }
  return result(.fixed(count))
}

extension Dimension {
  /// The extent, 0 where it is negative.
  fileprivate var atLeastZero: Dimension { size.map { .fixed(max(0, $0)) } ?? self }
}
