import Calibration
import Operators
import ModelIR

// Near the float model what is measured is a square of the change `δ` of the outputs:
// `D ≈ ½ δᵀ F δ`. For the KL divergence of softmax probabilities `F = β² (diag(p) − p pᵀ)`, for sigmoids
// `p (1 − p)` (the Fisher information; Kullback 1959, "Information Theory and Statistics", 2.6), for
// relative square errors `2 / Σ y²`. With `F = A Aᵀ` and signs `r` at random, `½ (rᵀ Aᵀ δ)²` is `D`
// on average (Hutchinson 1990), and for `rᵀ Aᵀ δ` one derivative does.
extension OutputMeasure {
  /// A vector `v` for each target so that `½ (Σ vᵀ δ)²` is on average the divergence of a small
  /// change `δ`.
  func direction(
    _ reference: [Tensor],
    _ generator: inout SeededGenerator
  ) -> [ValueID: [Float]] {
    var result: [ValueID: [Float]] = [:]
    let share = 1 / Double(max(targets.count, 1)).squareRoot()
    for (target, tensor) in zip(targets, reference) {
      guard case .floats(let values) = tensor.elements else { continue }
      var vector = [Float](repeating: 0, count: values.count)
      if metric == .kl, let scores = target.scores {
        let rows = ScoreRows(tensor.sizes, scores)
        let scale = share / Double(max(rows.rowCount, 1)).squareRoot()
        for row in 0..<rows.rowCount {
          let root = rows.root(rows.row(row, of: values), &generator)
          for (index, part) in root.enumerated() {
            vector[rows.place(row, index)] = Float(scale * part)
          }
        }
      } else {
        let power = values.reduce(0.0) { $0 + Double($1) * Double($1) }
        let scale = power > 0 ? share * (2 / power).squareRoot() : 0
        for index in vector.indices { vector[index] = Float(scale * generator.sign()) }
      }
      if let known = result[target.value] {
        result[target.value] = zip(known, vector).map { $0 + $1 }
      } else {
        result[target.value] = vector
      }
    }
    return result
  }

  /// How much a sample's divergence grows with the square of a change: the trace of `F`, the mean
  /// over rows and targets; 1 for square errors, which are relative.
  func curvature(_ reference: [Tensor]) -> Double {
    guard metric == .kl else { return 1 }
    var sum = 0.0
    for (target, tensor) in zip(targets, reference) {
      guard case .floats(let values) = tensor.elements, let scores = target.scores else { continue }
      let rows = ScoreRows(tensor.sizes, scores)
      var part = 0.0
      for row in 0..<rows.rowCount { part += rows.trace(rows.row(row, of: values)) }
      sum += part / Double(max(rows.rowCount, 1))
    }
    let mean = sum / Double(max(targets.count, 1))
    return mean.isFinite ? mean : 0
  }
}

extension SeededGenerator {
  /// −1 or 1.
  mutating func sign() -> Double { next() & 1 == 0 ? -1 : 1 }
}
