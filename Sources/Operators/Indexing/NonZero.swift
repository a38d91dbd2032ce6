import ModelIR

extension OperatorDefinition {
  /// The coordinates of the elements that are not zero: one row for each axis, one column for each
  /// element.
  ///
  /// Source: ONNX NonZero-13.
  static let nonZero = OperatorDefinition(
    "nonZero",
    "The coordinates of the elements that are not zero, by axis.",
    family: .indexing,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      let rank = try context.input(0).shape.rank
      return [TensorType(.int64, .ranked([rank.map(Dimension.fixed) ?? .unknown, .unknown]))]
    },
    cost: .perInputElement(otherOperations: 1),
    evaluate: { (context) throws(OperatorError) in
      let coordinates = try nonZeroCoordinates(try context.input(0))
      return [try coordinates.transposed([1, 0])]
    }
  )

  /// The coordinates of the elements that hold: one row for each element.
  ///
  /// Source: TFLite WHERE.
  static let `where` = OperatorDefinition(
    "where",
    "The coordinates of the elements that hold, one row each.",
    family: .indexing,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      let rank = try context.input(0).shape.rank
      return [TensorType(.int64, .ranked([.unknown, rank.map(Dimension.fixed) ?? .unknown]))]
    },
    cost: .perInputElement(otherOperations: 1),
    evaluate: { (context) throws(OperatorError) in
      [try nonZeroCoordinates(try context.input(0))]
    }
  )

  /// The number of the bucket that each element falls into: how many boundaries are not greater.
  ///
  /// Source: TFLite BUCKETIZE.
  static let bucketize = OperatorDefinition(
    "bucketize",
    "The number of boundaries that are not greater than each element.",
    family: .indexing,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      [TensorType(.int32, try context.input(0).shape)]
    },
    // A binary search over the boundaries.
    cost: CostRule { context in
      let boundaries = ((try? context.node.attributes.floats("boundaries")) ?? nil)?.count ?? 0
      let steps = Int.bitWidth - boundaries.leadingZeroBitCount
      return .times(context.inputElements(), otherOperations: steps)
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let boundaries = try context.attributes.floats("boundaries") else {
        throw .invalid("the attribute boundaries is missing")
      }
      let bounds = boundaries.map { Double(Float($0)) }
      guard zip(bounds, bounds.dropFirst()).allSatisfy({ $0 <= $1 }) else {
        throw .invalid("the boundaries are not sorted")
      }
      guard let values = input.doubleValues else { throw .invalid("the operand is no number") }
      let isDouble = input.type == .float64
      let buckets = values.map { value in
        let number = isDouble ? value : Double(Float(value))
        return bounds.firstIndex { number < $0 } ?? bounds.count
      }
      return [Tensor(.int32, input.sizes, integers: buckets)]
    }
  )
}

/// One row of coordinates for each element that is not zero, in row-major order.
private func nonZeroCoordinates(_ tensor: Tensor) throws(OperatorError) -> Tensor {
  let isSet: [Bool]
  switch tensor.elements {
  case .floats(let values): isSet = values.map { $0 != 0 }
  case .doubles(let values): isSet = values.map { $0 != 0 }
  case .integers(let values): isSet = values.map { $0 != 0 }
  case .booleans(let values): isSet = values
  case .strings(let values): isSet = values.map { !$0.isEmpty }
  case .tensors: throw .invalid("sequences have no coordinates")
  }
  // ONNX and NumPy take a scalar for a list of one.
  let sizes = tensor.sizes
  var coordinates: [Int] = []
  var found = 0
  for offset in 0..<tensor.count where isSet[offset] {
    coordinates += Strides.coordinates(offset, in: sizes)
    found += 1
  }
  return Tensor([found, sizes.count], integers: coordinates)
}
