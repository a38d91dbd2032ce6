import ModelIR

/// What becomes of an element that is written to.
enum ScatterReduction: String {
  case replace = "none"
  case add, mul, max, min

  /// Reads the attribute `reduction`.
  init(_ attributes: AttributeReader) throws(OperatorError) {
    let word = try attributes.string("reduction", default: "none")
    guard let reduction = ScatterReduction(rawValue: word) else {
      throw .invalid("reduction \"\(word)\" is none of none, add, mul, max, min")
    }
    self = reduction
  }
}

extension Tensor {
  /// The tensor with elements written, one after the other in the order given.
  ///
  /// - Parameters:
  ///   - updates: The values, as many as offsets.
  ///   - offsets: Their row-major places; -1 leaves a value out.
  ///   - reduction: How a value is combined with what is there.
  /// - Returns: The written tensor.
  /// - Throws: where a place is outside, or the types differ.
  func scattering(
    _ updates: Tensor,
    at offsets: [Int],
    reduction: ScatterReduction = .replace
  ) throws(OperatorError) -> Tensor {
    guard updates.type == type else {
      throw .invalid("updates of type \(updates.type) do not go into \(type)")
    }
    guard updates.count >= offsets.count else {
      throw .invalid("\(updates.count) updates for \(offsets.count) places")
    }
    let places = count
    for offset in offsets where offset < -1 || offset >= places {
      throw .invalid("element \(offset) is outside a tensor of shape \(Shape.fixed(sizes))")
    }
    var result = self
    let width = scalarsPerElement
    switch (elements, updates.elements) {
    case (.floats(let values), .floats(let news)):
      let combine = reduction.floating(Float.self)
      let type = self.type
      result.elements = .floats(
        write(values, news, offsets, width) { NarrowFloat.round(combine($0, $1), to: type) }
      )
    case (.doubles(let values), .doubles(let news)):
      result.elements = .doubles(write(values, news, offsets, width, reduction.floating()))
    case (.integers(let values), .integers(let news)):
      let combine = reduction.integer(isUnsigned64: type == .uint64)
      result.elements = .integers(write(values, news, offsets, width, combine))
    case (.booleans(let values), .booleans(let news)):
      result.elements = .booleans(write(values, news, offsets, width, reduction.boolean))
    case (.strings(let values), .strings(let news)):
      guard reduction == .replace else { throw .invalid("strings cannot be reduced") }
      result.elements = .strings(write(values, news, offsets, width) { $1 })
    default: throw .invalid("updates are of another kind than the tensor")
    }
    return result.normalized()
  }
}

extension ScatterReduction {
  /// How two real numbers become one.
  fileprivate func floating<Value: BinaryFloatingPoint>(
    _ type: Value.Type = Value.self
  ) -> (Value, Value) -> Value {
    switch self {
    case .replace: { $1 }
    case .add: { $0 + $1 }
    case .mul: { $0 * $1 }
    case .max: { $0.isNaN || $0 > $1 ? $0 : $1 }
    case .min: { $0.isNaN || $0 < $1 ? $0 : $1 }
    }
  }

  /// How two integers become one; sums and products wrap.
  fileprivate func integer(isUnsigned64: Bool) -> (Int64, Int64) -> Int64 {
    func isLess(_ left: Int64, _ right: Int64) -> Bool {
      isUnsigned64 ? UInt64(bitPattern: left) < UInt64(bitPattern: right) : left < right
    }
    switch self {
    case .replace: return { $1 }
    case .add: return { $0 &+ $1 }
    case .mul: return { $0 &* $1 }
    case .max: return { isLess($0, $1) ? $1 : $0 }
    case .min: return { isLess($1, $0) ? $1 : $0 }
    }
  }

  /// How two truth values become one: sums and maxima are "or", products and minima "and".
  fileprivate var boolean: (Bool, Bool) -> Bool {
    switch self {
    case .replace: { $1 }
    case .add, .max: { $0 || $1 }
    case .mul, .min: { $0 && $1 }
    }
  }
}

private func write<Scalar>(
  _ values: [Scalar],
  _ updates: [Scalar],
  _ offsets: [Int],
  _ width: Int,
  _ combine: (Scalar, Scalar) -> Scalar
) -> [Scalar] {
  var result = values
  for (index, offset) in offsets.enumerated() where offset >= 0 {
    for part in 0..<width {
      let place = offset * width + part
      result[place] = combine(result[place], updates[index * width + part])
    }
  }
  return result
}
