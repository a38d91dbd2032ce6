import Calibration
import Operators

/// What a stored form does to an activation.
package enum ActivationTransform: Equatable, Sendable {
  /// Integers: `scale · (clamp(round(x / scale) + zeroPoint) − zeroPoint)`, ties away from zero.
  case integer(scale: Float, zeroPoint: Int, least: Int, greatest: Int)
  /// The sign times a scale; 0 counts as positive.
  case sign(scale: Float)

  /// The activation as its stored form stands for it.
  package func apply(_ tensor: Tensor) -> Tensor {
    guard case .floats(let values) = tensor.elements else { return tensor }
    let changed: [Float]
    switch self {
    case .integer(let scale, let zeroPoint, let least, let greatest):
      let lower = Float(least - zeroPoint)
      let upper = Float(greatest - zeroPoint)
      changed = Self.steps(values, scale, lower, upper)
    case .sign(let scale):
      changed = values.map { $0 < 0 ? -scale : scale }
    }
    return Tensor(type: tensor.type, sizes: tensor.sizes, elements: .floats(changed))
  }

  /// The nearest multiples of `scale` between two, ties away from zero.
  ///
  /// The bounds are integers below 2²², so that it does not matter whether they are applied before
  /// rounding or after. Adding 1.5 · 2²³ rounds to even, and what a tie lost is exact; no branch and
  /// no call is left in the loop, which vector instructions then do.
  private static func steps(
    _ values: [Float],
    _ scale: Float,
    _ lower: Float,
    _ upper: Float
  ) -> [Float] {
    let inverse = 1 / scale
    let shift: Float = 12_582_912
    return [Float](unsafeUninitializedCapacity: values.count) { target, count in
      values.withUnsafeBufferPointer { source in
        for index in source.indices {
          let scaled = source[index] * inverse
          let bounded = scaled < lower ? lower : scaled > upper ? upper : scaled
          let even = (bounded + shift) - shift
          let lost = bounded - even
          let up: Float = lost == 0.5 && bounded > 0 ? 1 : 0
          let down: Float = lost == -0.5 && bounded < 0 ? 1 : 0
          target[index] = (even + up - down) * scale
        }
      }
      count = values.count
    }
  }

  /// Asymmetric integers of 8 bits over a range stretched to hold 0.
  ///
  /// `scale = (max − min) / 255`, `zeroPoint = round(−128 − min / scale)`, of the two ends the one
  /// that gives the smaller error. Source: TensorFlow Lite 8-bit quantization specification;
  /// TensorFlow `fake_quant_attrs.h`/LiteRT `quantization_util.h` (`ChooseQuantizationParams`).
  static func asymmetric(_ range: ClosedRange<Double>) -> ActivationTransform {
    let lower = min(range.lowerBound, 0)
    let upper = max(range.upperBound, 0)
    let scale = (upper - lower) / 255
    guard Float(scale).isNormal else {
      return .integer(scale: 1, zeroPoint: 0, least: -128, greatest: 127)
    }
    let fromLower = -128 - lower / scale
    let fromUpper = 127 - upper / scale
    let isLowerCloser =
      128 + (lower / scale).magnitude < 127 + (upper / scale).magnitude
    let zeroPoint = (isLowerCloser ? fromLower : fromUpper).rounded(.toNearestOrAwayFromZero)
    return .integer(
      scale: Float(scale),
      zeroPoint: Int(min(max(zeroPoint, -128), 127)),
      least: -128,
      greatest: 127
    )
  }

  /// Symmetric integers of 16 bits: `scale = max|x| / 32767`.
  ///
  /// Source: TensorFlow Lite, 16-bit activations with 8-bit weights.
  static func symmetric(_ range: ClosedRange<Double>) -> ActivationTransform {
    let scale = Float(max(-range.lowerBound, range.upperBound) / 32767)
    return .integer(scale: scale.isNormal ? scale : 1, zeroPoint: 0, least: -32768, greatest: 32767)
  }
}

/// A way to store activations.
protocol ActivationCoding: Sendable {
  /// The action's name.
  var name: String { get }
  /// The bits of an element.
  var bits: Int { get }
  /// What is done to an activation of these statistics.
  func transform(_ statistics: TensorStatistics) throws(TechniqueError) -> ActivationTransform
}
