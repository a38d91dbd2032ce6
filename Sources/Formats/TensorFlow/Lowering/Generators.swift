import ByteIO
import ModelIR

/// Operators that make tensors from numbers.
extension OperatorLowering {
  static let generators: [OperatorLowering] = [
    OperatorLowering("Range", "range"),
    OperatorLowering("Fill", "fill"),
    OperatorLowering("LinSpace", "linSpace"),
    OperatorLowering("RandomStandardNormal", "randomNormal", random),
    OperatorLowering("RandomUniform", "randomUniform", random),
    OperatorLowering("Multinomial", "multinomial", random),
    OperatorLowering("RFFT2D", "rfft2D"),
  ]

  private static let random: Adjustment = { (node) throws(ReadError) in
    node.attributes["seed"] = .int(try node.int("seed", default: 0))
    node.attributes["seed2"] = .int(try node.int("seed2", default: 0))
  }
}
