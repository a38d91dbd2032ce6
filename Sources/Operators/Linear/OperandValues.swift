import ModelIR

/// The elements of operands in the kinds that products are computed in.
enum OperandValues {
  /// Two operands of one kind, or real numbers beside integers.
  enum Pair {
    case floats([Float], [Float])
    case doubles([Double], [Double])
    case integers([Int64], [Int64])
    /// Real numbers and quantized weights.
    case hybrid([Float], [Int64])
  }

  /// The most elements that a result may have here.
  static let elementLimit = 1 << 31

  static func pair(_ left: Tensor, _ right: Tensor) throws(OperatorError) -> Pair {
    switch (left.elements, right.elements) {
    case (.floats(let a), .floats(let b)): .floats(a, b)
    case (.doubles(let a), .doubles(let b)): .doubles(a, b)
    case (.integers(let a), .integers(let b)): .integers(a, b)
    case (.floats(let a), .integers(let b)): .hybrid(a, b)
    default: throw .invalid("operands of \(left.type) and \(right.type) are not multiplied")
    }
  }

  /// Real elements of at most 32 bits.
  static func floats(_ tensor: Tensor) throws(OperatorError) -> [Float] {
    guard case .floats(let values) = tensor.elements else {
      throw .invalid("an operand of \(tensor.type) where real numbers are needed")
    }
    return values
  }

  /// Integer elements.
  static func integers(_ tensor: Tensor) throws(OperatorError) -> [Int64] {
    switch tensor.elements {
    case .integers(let values): return values
    case .booleans(let values): return values.map { $0 ? 1 : 0 }
    default: throw .invalid("an operand of \(tensor.type) where integers are needed")
    }
  }

  /// Real elements of any width, as doubles.
  static func doubles(_ tensor: Tensor) throws(OperatorError) -> [Double] {
    guard let values = tensor.doubleValues else {
      throw .invalid("an operand of \(tensor.type) where numbers are needed")
    }
    return values
  }

  /// The number of elements of a result that is about to be made.
  static func count(_ sizes: [Int]) throws(OperatorError) -> Int {
    guard let count = checkedProduct(sizes), count <= elementLimit else {
      throw OperatorError(
        .limit,
        "a result of shape \(Shape.fixed(sizes)) is too large to evaluate"
      )
    }
    return count
  }

  /// Doubles in the kind that a real type is kept in, rounded to it.
  static func tensor(_ type: ElementType, _ sizes: [Int], _ values: [Double]) -> Tensor {
    if type == .float64 { return Tensor(type: type, sizes: sizes, elements: .doubles(values)) }
    return Tensor(type: type, sizes: sizes, elements: .floats(values.map { Float($0) }))
      .normalized()
  }
}

/// Elements in another order of axes.
enum AxisOrder {
  /// Moves axis `axes[i]` of a row-major array to position `i`.
  static func rearrange<Element>(_ values: [Element], _ sizes: [Int], _ axes: [Int]) -> [Element] {
    if axes == Array(sizes.indices) || values.isEmpty { return values }
    var strides = Array(repeating: 1, count: sizes.count)
    for axis in sizes.indices.reversed().dropFirst() {
      strides[axis] = strides[axis + 1] * sizes[axis + 1]
    }
    var result: [Element] = []
    result.reserveCapacity(values.count)
    func visit(_ depth: Int, _ base: Int) {
      guard depth < axes.count else {
        result.append(values[base])
        return
      }
      let stride = strides[axes[depth]]
      for index in 0..<sizes[axes[depth]] { visit(depth + 1, base + index * stride) }
    }
    visit(0, 0)
    return result
  }

  /// The order that undoes `rearrange`.
  static func inverse(_ axes: [Int]) -> [Int] {
    var result = axes
    for (position, axis) in axes.enumerated() { result[axis] = position }
    return result
  }
}
