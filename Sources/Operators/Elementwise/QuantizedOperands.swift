import ModelIR

/// How the integers of one tensor stand for real numbers: one scale and one zero point.
struct AffineQuantization: Equatable, Sendable {
  var scale: Float
  var zeroPoint: Int
  /// The stored type.
  var type: ElementType

  /// The real number of a stored integer, in float32 as the reference kernels compute it.
  func real(_ stored: Int64) -> Float { scale * Float(stored - Int64(zeroPoint)) }
}

extension ElementType {
  /// Whether TensorFlow Lite's kernels treat tensors of the type as quantized activations.
  var isQuantizedActivation: Bool { self == .int8 || self == .uint8 || self == .int16 }
}

extension EvaluationContext {
  /// Whether operand 0 and result 0 hold quantized activations, so that TensorFlow Lite's integer
  /// arithmetic applies.
  var isQuantized: Bool {
    guard let input = optionalInput(0), input.type.isQuantizedActivation else { return false }
    return perTensor(quantization(ofInput: 0)) != nil
      && perTensor(quantization(ofOutput: 0)) != nil
  }

  private func perTensor(_ quantization: Quantization?) -> Quantization? {
    guard let quantization, let scale = quantization.scales.first, scale > 0, scale.isFinite
    else { return nil }
    return quantization
  }

  /// How operand `index` is quantized.
  func affine(ofInput index: Int) throws(OperatorError) -> AffineQuantization {
    try affine(perTensor(quantization(ofInput: index)), try input(index).type, "operand \(index)")
  }

  /// How result `index` is quantized; its type is the stated one, or operand 0's.
  func affine(ofOutput index: Int) throws(OperatorError) -> AffineQuantization {
    let operand = try input(0).type
    let type = outputElement(index) ?? operand
    return try affine(perTensor(quantization(ofOutput: index)), type, "result \(index)")
  }

  private func affine(
    _ quantization: Quantization?,
    _ type: ElementType,
    _ place: String
  ) throws(OperatorError) -> AffineQuantization {
    guard let quantization, quantization.scales.count == 1 else {
      throw .unsupported("\(place) does not have one positive scale for the whole tensor")
    }
    let zeroPoint = quantization.zeroPoint(0)
    guard zeroPoint.magnitude <= 1 << 31 else {
      throw .invalid("\(place) has the zero point \(zeroPoint)")
    }
    return AffineQuantization(scale: quantization.scales[0], zeroPoint: zeroPoint, type: type)
  }

  /// The stored integers of an operand.
  func storedIntegers(_ index: Int) throws(OperatorError) -> [Int64] {
    guard case .integers(let values) = try input(index).elements else {
      throw .invalid("operand \(index) does not hold quantized integers")
    }
    return values
  }

  /// The refusal of an operator that has no quantized form.
  func noQuantizedKernel(_ name: String) -> OperatorError {
    let type = optionalInput(0)?.type.rawValue ?? "integer"
    return .unsupported("\(name) has no arithmetic on quantized \(type) operands")
  }
}
