import ByteIO
import ModelIR
import Operators

/// Inputs for measuring where nobody gives any: random, the same for the same seed.
package enum SampleInputs {
  /// Numbers for the inputs of a compiled graph.
  ///
  /// Quantized inputs take every stored integer, real ones −1 to 1, truth values both, and other
  /// integers 0 or 1: they are indices or lengths, and greater ones may name nothing.
  ///
  /// - Throws: where an input holds text or handles.
  package static func random(
    for model: Model,
    _ types: [TensorType],
    seed: UInt64 = 1
  ) throws(ExecutionError) -> [Tensor] {
    // Knuth's MMIX generator; the high bits are the good ones.
    var state = seed
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    var result: [Tensor] = []
    for input in model.main.inputs {
      let value = model.main[input]
      let type = types[input.index]
      guard let sizes = type.shape.sizes, let count = checkedProduct(sizes),
        count <= Tensor.elementLimit
      else {
        throw ExecutionError(
          .dataInvalid,
          "the shape \(type.shape) of input \"\(value.name)\" is open; state it"
        )
      }
      let elements: Tensor.Elements
      switch type.element {
      case .bool: elements = .booleans((0..<count).map { _ in next() & 1 == 1 })
      case .float64:
        elements = .doubles((0..<count).map { _ in Double(next() % 2001) / 1000 - 1 })
      case let element where element.isInteger:
        let range = value.quantization == nil ? 0...1 : FixedPoint.range(of: element)
        let span = UInt64(range.upperBound - range.lowerBound) + 1
        elements = .integers(
          (0..<count).map { _ in Int64(range.lowerBound) + Int64(next() % span) }
        )
      case .float32, .float16, .bfloat16:
        let exact = (0..<count).map { _ in Float(next() % 257) / 128 - 1 }
        elements = .floats(exact)
      default:
        throw ExecutionError(
          .dataInvalid,
          "no random numbers can be made for input \"\(value.name)\" of \(type.element.rawValue)"
        )
      }
      result.append(Tensor(type: type.element, sizes: sizes, elements: elements))
    }
    return result
  }
}
