import ModelIR

extension Tensor {
  /// The most elements that an evaluation makes of one result.
  ///
  /// Shapes come from models, so nothing may be allocated from one before it is bounded. 2^28
  /// elements take 2 GiB in the widest form, more than any tensor that a reference evaluation meets.
  package static let elementLimit = 1 << 28

  /// The number of elements of a result.
  ///
  /// - Throws: where an extent is negative or the elements are more than the limit.
  package static func checkedCount(_ sizes: [Int]) throws(OperatorError) -> Int {
    if let size = sizes.first(where: { $0 < 0 }) {
      throw .invalid("a result of shape \(Shape.fixed(sizes)) has the extent \(size)")
    }
    guard let count = checkedProduct(sizes), count <= elementLimit else {
      throw OperatorError(
        .limit,
        "a result of shape \(Shape.fixed(sizes)) has more than \(elementLimit) elements"
      )
    }
    return count
  }

  /// Numbers kept for each element: 2 for complex types.
  var scalarsPerElement: Int { type == .complex64 || type == .complex128 ? 2 : 1 }

  /// The elements at the given places, in a shape.
  ///
  /// - Parameters:
  ///   - offsets: For each element of the result its row-major place here; -1 takes the fill.
  ///   - sizes: The result's extents; their product is the number of offsets.
  ///   - fill: One element of the same type; zero, false or empty where it is left out.
  /// - Returns: The gathered tensor.
  /// - Throws: where an offset is outside the tensor.
  package func gathering(
    offsets: [Int],
    sizes: [Int],
    fill: Tensor? = nil
  ) throws(OperatorError) -> Tensor {
    let places = count
    for offset in offsets where offset < -1 || offset >= places {
      throw .invalid("element \(offset) is outside a tensor of shape \(Shape.fixed(self.sizes))")
    }
    var result = self
    result.sizes = sizes
    let width = scalarsPerElement
    switch (elements, fill?.elements) {
    case (.floats(let values), let other):
      var filling: [Float] = []
      if case .floats(let values) = other { filling = values }
      result.elements = .floats(pick(values, offsets, width, filling, 0))
    case (.doubles(let values), let other):
      var filling: [Double] = []
      if case .doubles(let values) = other { filling = values }
      result.elements = .doubles(pick(values, offsets, width, filling, 0))
    case (.integers(let values), let other):
      var filling: [Int64] = []
      if case .integers(let values) = other { filling = values }
      result.elements = .integers(pick(values, offsets, width, filling, 0))
    case (.booleans(let values), let other):
      var filling: [Bool] = []
      if case .booleans(let values) = other { filling = values }
      result.elements = .booleans(pick(values, offsets, width, filling, false))
    case (.strings(let values), let other):
      var filling: [String] = []
      if case .strings(let values) = other { filling = values }
      result.elements = .strings(pick(values, offsets, width, filling, ""))
    case (.tensors(let values), _):
      result.elements = .tensors(offsets.map { $0 < 0 ? nil : values[$0] })
    }
    return result
  }

  /// One element as a scalar.
  package func element(at offset: Int) throws(OperatorError) -> Tensor {
    try gathering(offsets: [offset], sizes: [])
  }

  /// The elements of several tensors of one type, one after the other, as a list.
  package static func joining(_ tensors: [Tensor]) throws(OperatorError) -> Tensor {
    guard var result = tensors.first else { throw .invalid("there is no operand") }
    var total = 0
    for tensor in tensors {
      guard tensor.type == result.type else {
        throw .invalid("operands of types \(result.type) and \(tensor.type) cannot be joined")
      }
      let (sum, overflow) = total.addingReportingOverflow(tensor.count)
      total = overflow ? .max : sum
    }
    _ = try checkedCount([total])
    if tensors.count > 1 {
      for tensor in tensors.dropFirst() { try result.append(tensor.elements) }
    }
    result.sizes = [total]
    return result
  }

  private mutating func append(_ other: Elements) throws(OperatorError) {
    // Taken out of the enum while they grow: two owners would mean a copy for each part.
    let grown = elements
    elements = .booleans([])
    switch (consume grown, other) {
    case (.floats(var values), .floats(let more)):
      values += more
      elements = .floats(values)
    case (.doubles(var values), .doubles(let more)):
      values += more
      elements = .doubles(values)
    case (.integers(var values), .integers(let more)):
      values += more
      elements = .integers(values)
    case (.booleans(var values), .booleans(let more)):
      values += more
      elements = .booleans(values)
    case (.strings(var values), .strings(let more)):
      values += more
      elements = .strings(values)
    default: throw .invalid("operands of different kinds cannot be joined")
    }
  }
}

/// Picks `width` scalars for every offset; -1 takes those of `filling`, or zeros.
private func pick<Scalar>(
  _ values: [Scalar],
  _ offsets: [Int],
  _ width: Int,
  _ filling: [Scalar],
  _ zero: Scalar
) -> [Scalar] {
  let fill =
    filling.count >= width ? Array(filling[..<width]) : Array(repeating: zero, count: width)
  if width == 1 {
    return offsets.map { $0 < 0 ? fill[0] : values[$0] }
  }
  var result: [Scalar] = []
  result.reserveCapacity(offsets.count * width)
  for offset in offsets {
    if offset < 0 {
      result += fill
    } else {
      result += values[(offset * width)..<((offset + 1) * width)]
    }
  }
  return result
}
