import ModelIR

extension Tensor {
  /// A tensor of zeros: false for bool, the empty text for strings.
  ///
  /// - Throws: where the extents are negative or too many elements come out.
  package static func zeros(
    _ type: ElementType,
    _ sizes: [Int]
  ) throws(OperatorError) -> Tensor {
    let count = try checkedCount(sizes)
    let elements: Elements
    switch type {
    case .float64: elements = .doubles(Array(repeating: 0, count: count))
    case .complex64: elements = .floats(Array(repeating: 0, count: 2 * count))
    case .complex128: elements = .doubles(Array(repeating: 0, count: 2 * count))
    case .bool: elements = .booleans(Array(repeating: false, count: count))
    case .string, .resource: elements = .strings(Array(repeating: "", count: count))
    case .variant: elements = .tensors(Array(repeating: nil, count: count))
    default:
      elements =
        type.isInteger
        ? .integers(Array(repeating: 0, count: count))
        : .floats(Array(repeating: 0, count: count))
    }
    return Tensor(type: type, sizes: sizes, elements: elements)
  }

  /// A tensor whose elements are all the first one of `value`.
  package static func filled(with value: Tensor, _ sizes: [Int]) throws(OperatorError) -> Tensor {
    guard value.count >= 1 else { throw .invalid("the fill value is empty") }
    let count = try checkedCount(sizes)
    return try value.gathering(offsets: Array(repeating: 0, count: count), sizes: sizes)
  }

  /// A tensor of any numeric type from numbers, rounded or cut to that type.
  ///
  /// Integers are cut toward zero; what is not finite or too great becomes 0.
  package init(_ type: ElementType, _ sizes: [Int], numbers: [Double]) {
    let elements: Elements
    switch type {
    case .float64: elements = .doubles(numbers)
    case .bool: elements = .booleans(numbers.map { $0 != 0 })
    default:
      elements =
        type.isInteger
        ? .integers(numbers.map { Int64(exactly: $0.rounded(.towardZero)) ?? 0 })
        : .floats(numbers.map { Float($0) })
    }
    self = Tensor(type: type, sizes: sizes, elements: elements).normalized()
  }

  /// An integer tensor of a given type.
  package init(_ type: ElementType, _ sizes: [Int], integers: [Int]) {
    self.init(type: type, sizes: sizes, elements: .integers(integers.map { Int64($0) }))
  }
}
