import ModelIR
import Operators

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Class scores of a tensor as rows, one a position.
struct ScoreRows {
  /// Rows, and numbers of a row.
  let rowCount: Int
  let width: Int
  private let inner: Int
  private let isSigmoid: Bool
  private let beta: Double

  init(_ sizes: [Int], _ scores: OutputMeasure.Scores) {
    let count = checkedProduct(sizes) ?? 0
    switch scores {
    case .sigmoid:
      (rowCount, width, inner, isSigmoid, beta) = (1, count, 1, true, 1)
    case .softmax(let axis, let beta, let isFlattened):
      let axis = min(max(axis, 0), max(sizes.count - 1, 0))
      let width =
        sizes.isEmpty ? count : isFlattened ? sizes[axis...].reduce(1, *) : sizes[axis]
      self.width = width
      inner = sizes.isEmpty || isFlattened ? 1 : sizes[(axis + 1)...].reduce(1, *)
      rowCount = width == 0 ? 0 : count / width
      isSigmoid = false
      self.beta = beta
    }
  }

  /// The scores of a row.
  func row(_ index: Int, of values: [Float]) -> [Double] {
    let start = index / inner * inner * width + index % inner
    return (0..<width).map { Double(values[start + $0 * inner]) }
  }

  /// The divergence of one row's probabilities: `Σ p ln(p / q)`, never below 0 by rounding.
  func divergence(_ reference: [Double], _ changed: [Double]) -> Double {
    if isSigmoid {
      var sum = 0.0
      for (x, y) in zip(reference, changed) {
        let p = 1 / (1 + exp(-x))
        sum += p * (logSigmoid(x) - logSigmoid(y)) + (1 - p) * (logSigmoid(-x) - logSigmoid(-y))
      }
      return max(sum, 0)
    }
    let first = logSoftmax(reference)
    let second = logSoftmax(changed)
    var sum = 0.0
    for (p, q) in zip(first, second) where p > -.infinity { sum += exp(p) * (p - q) }
    return sum < 0 ? 0 : sum
  }

  /// The classes, the most likely one first; of equal ones the first.
  func best(_ row: [Double]) -> Int {
    if isSigmoid, row.count == 1 { return row[0] > 0 ? 1 : 0 }
    var best = 0
    for index in row.indices where row[index] > row[best] { best = index }
    return best
  }

  /// Whether fewer than `count` classes have a greater score than `label`.
  func isAmong(_ count: Int, _ label: Int, _ row: [Double]) -> Bool {
    guard row.indices.contains(label) else { return false }
    let better = row.indices.count { row[$0] > row[label] || row[$0] == row[label] && $0 < label }
    return better < count
  }

  private func logSoftmax(_ row: [Double]) -> [Double] {
    let greatest = row.max() ?? 0
    let shifted = row.map { beta * ($0 - greatest) }
    let sum = shifted.reduce(0) { $0 + exp($1) }
    return shifted.map { $0 - log(sum) }
  }

  private func logSigmoid(_ x: Double) -> Double {
    x > 0 ? -log1p(exp(-x)) : x - log1p(exp(x))
  }
}
