import ModelIR

extension Dimension {
  /// The product of extents; a single one that is not known remains where the others are 1.
  static func product(_ dimensions: some Sequence<Dimension>) -> Dimension {
    var factor = 1
    var others: [Dimension] = []
    for dimension in dimensions {
      guard let size = dimension.size else {
        others.append(dimension)
        continue
      }
      if size == 0 { return .fixed(0) }
      let (product, overflow) = factor.multipliedReportingOverflow(by: size)
      guard !overflow else { return .unknown }
      factor = product
    }
    if others.isEmpty { return .fixed(factor) }
    return others.count == 1 && factor == 1 ? others[0] : .unknown
  }

  /// The sum of extents; a single one that is not known remains where the others are 0.
  ///
  /// - Throws: where the sum does not fit.
  static func sum(_ dimensions: some Sequence<Dimension>) throws(OperatorError) -> Dimension {
    var total = 0
    var others: [Dimension] = []
    for dimension in dimensions {
      guard let size = dimension.size else {
        others.append(dimension)
        continue
      }
      let (sum, overflow) = total.addingReportingOverflow(size)
      guard !overflow else { throw OperatorError(.limit, "the sum of extents is too large") }
      total = sum
    }
    if others.isEmpty { return .fixed(total) }
    return others.count == 1 && total == 0 ? others[0] : .unknown
  }

  /// The extent times a count.
  func times(_ count: Int) throws(OperatorError) -> Dimension {
    guard let size else { return count == 1 ? self : (count == 0 ? .fixed(0) : .unknown) }
    let (product, overflow) = size.multipliedReportingOverflow(by: count)
    guard !overflow else { throw OperatorError(.limit, "an extent of \(size)·\(count)") }
    return .fixed(product)
  }

  /// The extent plus a number of positions.
  func plus(_ count: Int) throws(OperatorError) -> Dimension {
    guard let size else { return count == 0 ? self : .unknown }
    let (sum, overflow) = size.addingReportingOverflow(count)
    guard !overflow else { throw OperatorError(.limit, "an extent of \(size) + \(count)") }
    guard sum >= 0 else { throw .invalid("\(size) positions cannot lose \(-count)") }
    return .fixed(sum)
  }

  /// What is known of an extent that two sources describe.
  ///
  /// - Throws: where both are known and differ.
  func merged(with other: Dimension) throws(OperatorError) -> Dimension {
    switch (self, other) {
    case (.fixed(let left), .fixed(let right)):
      guard left == right else { throw .invalid("extents \(left) and \(right) must be equal") }
      return self
    case (.fixed, _), (.symbolic, .symbolic), (.symbolic, .unknown): return self
    default: return other
    }
  }
}

extension Shape {
  /// A shape of `rank` axes of which nothing is known, or nothing where the rank is not known.
  static func unknown(rank: Int?) -> Shape {
    guard let rank, rank >= 0, rank <= 64 else { return .unknownRank }
    return .ranked(Array(repeating: .unknown, count: rank))
  }
}

extension OperatorContext {
  /// The elements of a list operand, where its extent is known: the rank of what it describes.
  func listLength(_ index: Int) -> Int? {
    guard let dimensions = optionalInput(index)?.shape.dimensions else { return nil }
    if dimensions.isEmpty { return 1 }
    return dimensions.count == 1 ? dimensions[0].size : nil
  }

  /// A scalar that is an operand in one format and an attribute in another.
  func integer(
    operand index: Int?,
    attribute name: String
  ) throws(OperatorError) -> Parameter<Int> {
    switch try integers(operand: index, attribute: name) {
    case .absent: return .absent
    case .unknown: return .unknown
    case .known(let values):
      guard values.count == 1 else { throw .invalid("\(name) must be one number") }
      return .known(values[0])
    }
  }
}

extension EvaluationContext {
  /// The results' extents as inference gives them once all operands are known.
  ///
  /// - Throws: where an extent stays unknown even then.
  func inferredSizes(
    _ infer: (OperatorContext) throws(OperatorError) -> [TensorType],
    _ index: Int = 0
  ) throws(OperatorError) -> [Int] {
    let types = try infer(operatorContext)
    guard types.indices.contains(index), let sizes = types[index].shape.sizes else {
      throw .unsupported("the shape of result \(index) does not follow from the operands")
    }
    return sizes
  }

  /// A scalar that is an operand in one format and an attribute in another.
  func integer(operand index: Int?, attribute name: String) throws(OperatorError) -> Int? {
    guard let values = try integers(operand: index, attribute: name) else { return nil }
    guard values.count == 1 else { throw .invalid("\(name) must be one number") }
    return values[0]
  }
}
