import ModelIR

extension Tensor {
  /// The same tensor with every element inside its type: integers wrapped, narrow floats rounded.
  package func normalized() -> Tensor {
    var copy = self
    switch elements {
    case .integers(let values):
      guard let wrap = IntegerWrap(type) else { return self }
      copy.elements = .integers(values.map(wrap.callAsFunction))
    case .floats(let values):
      guard type.isFloat, type != .float32 else { return self }
      let type = self.type
      copy.elements = .floats(values.map { NarrowFloat.round($0, to: type) })
    default:
      return self
    }
    return copy
  }
}

/// Two's-complement wrapping to the width of an integer type.
package struct IntegerWrap: Sendable {
  private let shift: Int64
  private let isUnsigned: Bool

  /// - Parameter type: The type; `nil` results for 64-bit types, which need no wrapping.
  package init?(_ type: ElementType) {
    guard type.isInteger, let bits = type.bitWidth, bits < 64 else { return nil }
    shift = Int64(64 - bits)
    isUnsigned = type.isUnsignedInteger
  }

  /// The value that remains in the type's bits.
  package func callAsFunction(_ value: Int64) -> Int64 {
    isUnsigned
      ? Int64(bitPattern: (UInt64(bitPattern: value) << UInt64(shift)) >> UInt64(shift))
      : (value << shift) >> shift
  }
}
