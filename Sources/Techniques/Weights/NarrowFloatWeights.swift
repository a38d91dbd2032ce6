import Calibration
import ModelIR
import Operators

/// Weights as floating-point numbers of 16 bits, ties to even.
///
/// IEEE 754-2019; bfloat16 is the upper half of binary32. Numbers above the greatest finite one become
/// that one.
struct NarrowFloatWeights: WeightCoding {
  var type: ElementType

  var name: String { type.rawValue }

  init?(_ name: String) {
    switch name {
    case "float16": type = .float16
    case "bfloat16": type = .bfloat16
    default: return nil
    }
  }

  func encode(_ weights: WeightMatrix) throws(TechniqueError) -> CodedWeights {
    let type = type
    @Sendable func round(_ value: Float) -> Float {
      NarrowFloat.decode(NarrowFloat.encode(value, as: type, saturates: true), as: type)
    }
    return CodedWeights(
      values: weights.values.map(round),
      bytes: 2 * weights.values.count,
      nearest: { _, _, value in round(value) }
    )
  }
}

extension Technique {
  static let narrowFloatWeights = Technique(
    "narrow-float-weights",
    "Weights as floating-point numbers of 16 bits.",
    kind: .weights,
    examples: ["float16", "bfloat16"]
  ) { NarrowFloatWeights($0).map { .weights($0) } }
}
