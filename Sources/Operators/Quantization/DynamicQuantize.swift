import ModelIR

extension OperatorDefinition {
  /// Quantizes to 8-bit integers over the range of the values at hand.
  ///
  /// Results: the integers, their scale `(max − min) / 255` and zero point; the range is stretched
  /// to hold 0. Source: ONNX DynamicQuantizeLinear-11.
  static let dynamicQuantize = OperatorDefinition(
    "dynamicQuantize",
    "Quantizes over the range of the values at hand.",
    family: .quantization,
    inputs: 1...1,
    outputs: 1...3,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      return [
        TensorType(.uint8, input.shape), TensorType(.float32, .scalar),
        TensorType(.uint8, .scalar),
      ]
    },
    // Two comparisons for the range, a division and a rounded addition.
    cost: .perInputElement(otherOperations: 4),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let stored = DynamicQuantization(try OperandValues.floats(input))
      return [
        Tensor(type: .uint8, sizes: input.sizes, elements: .integers(stored.values)),
        Tensor([], floats: [stored.scale]),
        Tensor(type: .uint8, sizes: [], elements: .integers([stored.zeroPoint])),
      ]
    }
  )

  /// Quantizes and dequantizes in one: real numbers limited to the steps of a quantized range.
  ///
  /// The range is moved so that 0 is one of its steps. Attributes min, max, numBits, narrowRange.
  /// Sources: LiteRT `tflite/kernels/internal/quantization_util.cc` (`NudgeQuantizationRange`,
  /// `FakeQuantizeArray`); Jacob et al. 2018, section 3.
  static let fakeQuantize = OperatorDefinition(
    "fakeQuantize",
    "Real numbers limited to the steps of a quantized range.",
    family: .quantization,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    // Two bounds, a difference, a rounded product, a product and a sum.
    cost: .perOutputElement(otherOperations: 6),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let steps = try FakeQuantization(context.attributes)
      return [Tensor(input.sizes, floats: try OperandValues.floats(input).map { steps($0) })]
    }
  )
}

/// 8-bit integers over the range of the values, as ONNX defines them.
struct DynamicQuantization {
  var values: [Int64]
  var scale: Float
  var zeroPoint: Int64

  init(_ input: [Float]) {
    let greatest = max(0, input.max() ?? 0)
    let least = min(0, input.min() ?? 0)
    scale = (greatest == least ? 1 : greatest - least) / 255
    let zeroPoint = RoundedInteger.nearest(-least / scale, .toNearestOrEven, in: 0...255)
    self.zeroPoint = zeroPoint
    let scale = self.scale
    values = input.map { value in
      let steps = RoundedInteger.nearest(value / scale, .toNearestOrEven, in: RoundedInteger.int32)
      return min(max(steps + zeroPoint, 0), 255)
    }
  }
}

/// The steps that numbers are limited to, from the attributes of `fakeQuantize`.
package struct FakeQuantization: Equatable, Sendable {
  /// The least step.
  package var least: Float
  /// The greatest step.
  package var greatest: Float
  /// The distance between steps.
  package var scale: Float

  /// Reads min, max, numBits and narrowRange.
  ///
  /// - Throws: where they are no range.
  package init(_ attributes: AttributeReader) throws(OperatorError) {
    let minimum = Float(try attributes.float("min", default: 0))
    let maximum = Float(try attributes.float("max", default: 0))
    let bits = try attributes.int("numBits", default: 8)
    guard (2...16).contains(bits), minimum < maximum else {
      throw .invalid("a range from \(minimum) to \(maximum) in \(bits) bits")
    }
    let lowest: Float = try attributes.bool("narrowRange") ? 1 : 0
    let highest = Float((1 << bits) - 1)
    scale = (maximum - minimum) / (highest - lowest)
    let exact = lowest - minimum / scale
    let zeroPoint = min(max(exact.rounded(.toNearestOrAwayFromZero), lowest), highest)
    least = (lowest - zeroPoint) * scale
    greatest = (highest - zeroPoint) * scale
  }

  /// The step that is nearest to a number.
  package func callAsFunction(_ value: Float) -> Float {
    let shifted = min(greatest, max(least, value)) - least
    return (shifted * (1 / scale)).rounded(.toNearestOrAwayFromZero) * scale + least
  }
}
