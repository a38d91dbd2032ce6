import ModelIR

// Sources: the ONNX operator specification (Add, Sub, …) and TensorFlow Lite's reference kernels;
// integers wrap as two's complement does.
extension OperatorDefinition {
  /// `a + b`.
  static let add = elementwiseBinary(
    "add",
    "Sum of two tensors.",
    dimensions: ExtentArithmetic.add,
    quantized: QuantizedBinary.add,
    BinaryFunction(float: { $0 + $1 }, double: { $0 + $1 }, integer: { $0 &+ $1 })
  )

  /// `a − b`.
  static let sub = elementwiseBinary(
    "sub",
    "Difference of two tensors.",
    dimensions: ExtentArithmetic.subtract,
    quantized: QuantizedBinary.sub,
    BinaryFunction(float: { $0 - $1 }, double: { $0 - $1 }, integer: { $0 &- $1 })
  )

  /// `a · b`.
  static let mul = elementwiseBinary(
    "mul",
    "Product of two tensors, element by element.",
    dimensions: ExtentArithmetic.multiply,
    quantized: QuantizedBinary.mul,
    BinaryFunction(float: { $0 * $1 }, double: { $0 * $1 }, integer: { $0 &* $1 })
  )

  /// `a / b`; integers round toward zero.
  static let div = elementwiseBinary(
    "div",
    "Quotient of two tensors, element by element.",
    dimensions: ExtentArithmetic.divide,
    quantized: QuantizedBinary.div,
    BinaryFunction(
      float: { $0 / $1 },
      double: { $0 / $1 },
      integer: FloorDivision.truncated,
      unsigned: { $1 == 0 ? 0 : $0 / $1 },
      refusesZeroDivisor: true
    )
  )

  /// `⌊a / b⌋`.
  static let floorDiv = elementwiseBinary(
    "floorDiv",
    "Quotient rounded down.",
    operations: 2,
    dimensions: ExtentArithmetic.floorDivide,
    BinaryFunction(
      float: { ($0 / $1).rounded(.down) },
      double: { ($0 / $1).rounded(.down) },
      integer: FloorDivision.quotient,
      unsigned: { $1 == 0 ? 0 : $0 / $1 },
      refusesZeroDivisor: true
    )
  )

  private static let floorRemainder = BinaryFunction(
    float: { FloorDivision.remainder($0, $1) },
    double: { FloorDivision.remainder($0, $1) },
    integer: { FloorDivision.remainder($0, $1) },
    unsigned: { $1 == 0 ? 0 : $0 % $1 },
    refusesZeroDivisor: true
  )

  /// `a − ⌊a / b⌋ · b`: the remainder has the sign of the divisor.
  static let floorMod = elementwiseBinary(
    "floorMod",
    "Remainder with the sign of the divisor.",
    floorRemainder
  )

  /// The remainder with the sign of the divisor, or with `fmod` of the dividend.
  static let mod = elementwiseBinary("mod", "Remainder of a division.") {
    (attributes) throws(OperatorError) in
    guard try attributes.bool("fmod") else { return floorRemainder }
    return BinaryFunction(
      float: { $0.truncatingRemainder(dividingBy: $1) },
      double: { $0.truncatingRemainder(dividingBy: $1) },
      integer: FloorDivision.truncatedRemainder,
      unsigned: { $1 == 0 ? 0 : $0 % $1 },
      refusesZeroDivisor: true
    )
  }

  /// `(a − b)²`.
  static let squaredDifference = elementwiseBinary(
    "squaredDifference",
    "Square of the difference.",
    operations: 2,
    quantized: QuantizedBinary.squaredDifference,
    BinaryFunction(
      float: { ($0 - $1) * ($0 - $1) },
      double: { ($0 - $1) * ($0 - $1) },
      integer: { ($0 &- $1) &* ($0 &- $1) }
    )
  )

  /// The angle of the point (b, a), in radians from −π to π.
  static let atan2 = elementwiseBinary(
    "atan2",
    "Angle of a point.",
    BinaryFunction(float: Float.atan2, double: Double.atan2)
  )

  /// `a · sigmoid(alpha · a) · b`.
  ///
  /// Source: ONNX SwiGLU-28; N. Shazeer 2020, "GLU Variants Improve Transformer".
  static let swiGLU = elementwiseBinary(
    "swiGLU",
    "Swish of the gate times the value.",
    operations: 6
  ) { (attributes) throws(OperatorError) in
    let alpha = try attributes.float("alpha", default: 1)
    let floatAlpha = Float(alpha)
    return BinaryFunction(
      float: { $0 * Float.sigmoid(floatAlpha * $0) * $1 },
      double: { $0 * Double.sigmoid(alpha * $0) * $1 }
    )
  }
}
