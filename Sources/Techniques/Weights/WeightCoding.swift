import Calibration

/// A layer's weights as an action sees them.
package struct WeightMatrix: Sendable {
  package let layer: WeightLayer
  /// `layer.outputs` rows of `layer.taps` weights.
  package let values: [Float]
  /// What calibration measured of the layer's inputs.
  package let moments: InputMoments?

  package init(layer: WeightLayer, values: [Float], moments: InputMoments? = nil) {
    self.layer = layer
    self.values = values
    self.moments = moments
  }

  package var rows: Int { layer.outputs }
  package var columns: Int { layer.taps }
}

/// Weights in a smaller form, and what that form stands for.
package struct CodedWeights: Sendable {
  /// What the stored form stands for, in matrix order.
  package var values: [Float]
  /// The stored integers, where there are such.
  package var codes: [Int32]?
  /// The scales, in the order of the form.
  package var scales: [Float] = []
  /// The zero points, one a scale; empty where all are 0.
  package var zeroPoints: [Int] = []
  /// The bytes of the dense form: codes packed without gaps, scales, zero points, tables.
  package var bytes: Int
  /// The bytes of a sparse form where it is smaller: the values that are not 0 and where they are.
  package var sparseBytes: Int?
  /// Which weights may be anything; the others are 0.
  ///
  /// `nil` where all have to be on a grid.
  package var freeWeights: [Bool]?
  /// The value of the form that is nearest to a number, by row and column; `nil` for free ones.
  package var nearest: (@Sendable (_ row: Int, _ column: Int, _ value: Float) -> Float)?
}

/// A way to store weights.
package protocol WeightCoding: Sendable {
  /// The action's name.
  var name: String { get }
  /// Whether the layer's weights can be stored so.
  func applies(_ layer: WeightLayer) -> Bool
  /// The weights in that form.
  func encode(_ weights: WeightMatrix) throws(TechniqueError) -> CodedWeights
}

extension WeightCoding {
  /// Every layer, unless a coding says otherwise.
  package func applies(_ layer: WeightLayer) -> Bool { true }
}

/// What a form takes besides its codes.
///
/// Sources: TensorFlow Lite schema (`QuantizationParameters`: scales of 32 bits, zero points of 64,
/// both for every scale); ONNX Runtime's MatMulNBits (block-wise: scales of 32 bits, zero points as
/// wide as the codes).
enum CodingSize {
  static let scaleBytes = 4
  static let zeroPointBytes = 8

  /// The bytes of codes packed without gaps.
  static func packed(_ count: Int, bits: Int) -> Int { (count * bits + 7) / 8 }
}
