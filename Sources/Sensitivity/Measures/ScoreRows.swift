import Calibration
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
    (0..<width).map { Double(values[place(index, $0)]) }
  }

  /// Where a row's score is among all.
  func place(_ row: Int, _ index: Int) -> Int {
    row / inner * inner * width + row % inner + index * inner
  }

  /// The probabilities of a row.
  private func probabilities(_ row: [Double]) -> [Double] {
    isSigmoid ? row.map { 1 / (1 + exp(-$0)) } : logSoftmax(row).map { exp($0) }
  }

  /// The trace of the Fisher information of a row.
  func trace(_ row: [Double]) -> Double {
    let p = probabilities(row)
    return isSigmoid
      ? p.reduce(0) { $0 + $1 * (1 - $1) } : beta * beta * (1 - p.reduce(0) { $0 + $1 * $1 })
  }

  /// `A r` with `A Aᵀ` the Fisher information and signs `r` at random.
  ///
  /// For softmax `A = diag(√p) (1 − √p √pᵀ)`; of two classes it has one direction only, and no chance
  /// is needed. Of more, `A Q` with any orthogonal `Q` will do as well. The fewer directions make most of
  /// it, the less is left to chance: of the most likely classes' columns `Q` makes those along the
  /// eigenvectors of their products `Aᵀ A` (with isotropic changes the square of `rᵀ Aᵀ δ` so has the
  /// least variance; of samples between two classes hardly any).
  func root(_ row: [Double], _ generator: inout SeededGenerator) -> [Double] {
    let p = probabilities(row)
    if isSigmoid { return p.map { generator.sign() * ($0 * (1 - $0)).squareRoot() } }
    if p.count == 2 {
      let root = beta * (p[0] * p[1]).squareRoot()
      return [root, -root]
    }
    let roots = p.map { $0.squareRoot() }
    let signs = turned(p.map { _ in generator.sign() }, p)
    let product = zip(roots, signs).reduce(0) { $0 + $1.0 * $1.1 }
    return zip(roots, signs).map { beta * $0 * ($1 - $0 * product) }
  }

  /// So many classes' columns are turned: the others hardly count.
  private static let turnedClasses = 8
  private static let turnedRows = 64

  /// `Q r`.
  private func turned(_ signs: [Double], _ p: [Double]) -> [Double] {
    // Of many rows the chances even out.
    guard rowCount <= Self.turnedRows else { return signs }
    let likely = Array(
      p.indices.sorted { (p[$1], $0) < (p[$0], $1) }.prefix(Self.turnedClasses)
    )
    let squares = p.reduce(0) { $0 + $1 * $1 }
    let products = likely.map { row in
      likely.map { column in
        (p[row] * p[column]).squareRoot()
          * ((row == column ? 1 : 0) - p[row] - p[column] + squares)
      }
    }
    let vectors = SymmetricMatrix(products).eigenvectors()
    var result = signs
    for (place, row) in likely.enumerated() {
      result[row] = likely.indices.reduce(0) { $0 + vectors[$1][place] * signs[likely[$1]] }
    }
    return result
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
