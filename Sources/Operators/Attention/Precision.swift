import ModelIR

/// Doubles rounded to a real type after every operation, as a runtime computes in that type.
struct Precision: Sendable {
  let type: ElementType

  func callAsFunction(_ value: Double) -> Double {
    switch type {
    case .float64: value
    case .float32: Double(Float(value))
    default: Double(NarrowFloat.round(Float(value), to: type))
    }
  }
}
