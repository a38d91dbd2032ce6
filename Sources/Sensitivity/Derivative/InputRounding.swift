import Calibration
import ModelIR
import Operators

/// How a hybrid layer makes its real input 8-bit integers while it runs, and what that does to a small
/// change before it.
///
/// A change `u` of an element, in steps `s` of the integers, moves the integer by `u` on average, and by
/// chance: where the element stands between two integers decides. The variance of what is moved is
/// `s² f (1 − f)` with `f` the fraction of `u` (two integers with chances `f` and `1 − f`), which is 0
/// for no change, at most `s² / 4`, and for changes of several steps `s² / 6` on average.
struct InputRounding: Sendable {
  let input: ValueID
  /// Elements that have one scale.
  private let width: Int
  private let isAsymmetric: Bool

  /// - Returns: `nil` for a layer whose weights are floats.
  init?(_ layer: WeightLayer, _ chooser: PullbackChooser, width: Int) {
    let weights = chooser.graph[layer.weights]
    guard weights.type.isInteger, width > 0, let scales = weights.quantization?.scales else {
      return nil
    }
    input = layer.input
    self.width = width
    switch layer.form {
    case .dense: isAsymmetric = (try? chooser.attributes.bool("asymmetricQuantizeInputs")) ?? false
    case .convolution: isAsymmetric = layer.groups > 1 || scales.contains { $0 != scales[0] }
    case .depthwise, .transposed: isAsymmetric = true
    }
  }

  /// What rounding all elements anew adds to the divergence.
  ///
  /// `½ Σ g² s² / 6` over the elements, with `g` the derivative of a direction at the outputs. An
  /// element that is 0 is 0 without rounding.
  func divergence(_ derivative: [Float], _ values: [Float]) -> Double {
    guard values.count == derivative.count else { return 0 }
    var sum = 0.0
    for start in stride(from: 0, to: values.count, by: width) {
      let row = start..<min(start + width, values.count)
      var (least, greatest): (Float, Float) = (0, 0)
      var squares = 0.0
      for index in row where values[index] != 0 {
        least = min(least, values[index])
        greatest = max(greatest, values[index])
        squares += Double(derivative[index]) * Double(derivative[index])
      }
      let step = Double(isAsymmetric ? (greatest - least) / 255 : max(greatest, -least) / 127)
      sum += squares * step * step
    }
    return sum / 12
  }
}
