import ModelIR

/// Numbers with a shape, held in memory: what operators evaluate.
///
/// Elements are kept in the widest form of their kind, so that an operator is written once for all
/// integer types and once for all narrow floats; `type` says what they stand for, and every result is
/// brought back into the range of its type (`normalized`).
package struct Tensor: Equatable, Sendable {
  /// The values, in row-major order.
  package enum Elements: Equatable, Sendable {
    /// float32 and everything narrower; complex64 as pairs (real, imaginary).
    case floats([Float])
    /// float64; complex128 as pairs.
    case doubles([Double])
    /// All integers; uint64 as its bit pattern.
    case integers([Int64])
    case booleans([Bool])
    case strings([String])
    /// Whole tensors: the members of a sequence; a scalar of `nil` is an optional that holds nothing.
    case tensors([Tensor?])
  }

  package var type: ElementType
  /// The extents, outermost first; empty for a scalar.
  package var sizes: [Int]
  package var elements: Elements

  /// Creates a tensor; the caller has made as many elements as the extents say.
  package init(type: ElementType, sizes: [Int], elements: Elements) {
    self.type = type
    self.sizes = sizes
    self.elements = elements
  }

  /// A float32 tensor.
  package init(_ sizes: [Int], floats: [Float]) {
    self.init(type: .float32, sizes: sizes, elements: .floats(floats))
  }

  /// An int64 tensor.
  package init(_ sizes: [Int], integers: [Int]) {
    self.init(type: .int64, sizes: sizes, elements: .integers(integers.map(Int64.init)))
  }

  /// The number of elements.
  package var count: Int { checkedProduct(sizes) ?? 0 }

  /// The number of axes.
  package var rank: Int { sizes.count }

  /// The type and the extents.
  package var tensorType: TensorType { TensorType(type, .fixed(sizes)) }

  /// The elements as integers, where the type is an integer or bool.
  package var integerValues: [Int]? {
    switch elements {
    case .integers(let values): values.map(Int.init)
    case .booleans(let values): values.map { $0 ? 1 : 0 }
    default: nil
    }
  }

  /// The elements as doubles, for every numeric type.
  package var doubleValues: [Double]? {
    switch elements {
    case .floats(let values): values.map(Double.init)
    case .doubles(let values): values
    case .integers(let values):
      type == .uint64 ? values.map { Double(UInt64(bitPattern: $0)) } : values.map(Double.init)
    case .booleans(let values): values.map { $0 ? 1 : 0 }
    case .strings, .tensors: nil
    }
  }

  /// The same elements under other extents with the same product.
  package func reshaped(to sizes: [Int]) -> Tensor {
    Tensor(type: type, sizes: sizes, elements: elements)
  }
}

/// What is known of a tensor before it is computed.
package struct TensorType: Equatable, Sendable {
  package var element: ElementType
  package var shape: Shape

  package init(_ element: ElementType, _ shape: Shape) {
    self.element = element
    self.shape = shape
  }

  /// The same element type with another shape.
  package func with(_ shape: Shape) -> TensorType { TensorType(element, shape) }
}
