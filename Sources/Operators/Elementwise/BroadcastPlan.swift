import ModelIR

/// How operands of different shapes are walked together, element by element.
struct BroadcastPlan: Sendable {
  /// The extents of the result.
  let sizes: [Int]
  /// The elements of the result.
  let count: Int
  /// For each operand the place of each element; `nil` where places do not change.
  private let offsets: [[Int]?]

  /// - Throws: where the shapes do not broadcast.
  init(_ tensors: [Tensor]) throws(OperatorError) {
    let shape = try Broadcasting.shape(tensors.map { .fixed($0.sizes) })
    guard let sizes = shape.sizes, let count = checkedProduct(sizes) else {
      throw OperatorError(.limit, "the result of shape \(shape) is too large")
    }
    self.sizes = sizes
    self.count = count
    // A result without elements may have extents whose product overflows.
    let isEmpty = count == 0
    offsets = tensors.map { tensor in
      if isEmpty { return [] }
      return tensor.sizes == sizes || tensor.count == count
        ? nil : Broadcasting.offsets(of: tensor.sizes, in: sizes)
    }
  }

  /// The elements of operand `index`, repeated where it stretches.
  func spread<Value>(_ values: [Value], operand index: Int) -> [Value] {
    guard let places = offsets[index] else { return values }
    return places.map { values[$0] }
  }

  /// A function of the first two operands' elements.
  func map<Left, Right, Result>(
    _ left: [Left],
    _ right: [Right],
    _ function: (Left, Right) -> Result
  ) -> [Result] {
    var result: [Result] = []
    result.reserveCapacity(count)
    switch (offsets[0], offsets[1]) {
    case (nil, nil):
      for index in 0..<count { result.append(function(left[index], right[index])) }
    case (let places?, nil):
      for index in 0..<count { result.append(function(left[places[index]], right[index])) }
    case (nil, let places?):
      for index in 0..<count { result.append(function(left[index], right[places[index]])) }
    case (let leftPlaces?, let rightPlaces?):
      for index in 0..<count {
        result.append(function(left[leftPlaces[index]], right[rightPlaces[index]]))
      }
    }
    return result
  }
}
