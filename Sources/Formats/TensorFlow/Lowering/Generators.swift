import ByteIO
import ModelIR

/// Operators that make tensors from numbers.
extension OperatorLowering {
  static let generators: [OperatorLowering] =
    [
      OperatorLowering("Range", "range"),
      OperatorLowering("Fill", "fill"),
      OperatorLowering("LinSpace", "linSpace"),
      OperatorLowering("RandomStandardNormal", "randomNormal", random),
      OperatorLowering("RandomUniform", "randomUniform", random),
      OperatorLowering("Multinomial", "multinomial", random),
      OperatorLowering("RFFT2D", "rfft2D"),
    ] + transforms

  /// Fourier transforms over the last one, two and three axes.
  private static let transforms: [OperatorLowering] = [(1, ""), (2, "2D"), (3, "3D")].flatMap {
    (axes, suffix) in
    [
      ("FFT", "complex", false), ("IFFT", "complex", true), ("RFFT", "realToComplex", false),
      ("IRFFT", "complexToReal", true),
    ].filter { $0.0 != "RFFT" || axes != 2 }.map { name, form, isInverse in
      OperatorLowering(name + suffix, "fourierTransform") { node in
        node.attributes["axes"] = .int(axes)
        node.attributes["form"] = .string(form)
        node.attributes["inverse"] = .bool(isInverse)
      }
    }
  }

  private static let random: Adjustment = { (node) throws(ReadError) in
    node.attributes["seed"] = .int(try node.int("seed", default: 0))
    node.attributes["seed2"] = .int(try node.int("seed2", default: 0))
  }
}
