/// A small symmetric matrix.
struct SymmetricMatrix {
  private var rows: [[Double]]

  /// - Parameter rows: As many rows as columns, symmetric.
  init(_ rows: [[Double]]) { self.rows = rows }

  /// Orthonormal eigenvectors.
  ///
  /// Rotations that make one element after the other 0 (Jacobi 1846); all elements beside the diagonal
  /// are below 10⁻⁹ of it after a few rounds.
  ///
  /// - Complexity: O(n³) a round.
  func eigenvectors() -> [[Double]] {
    let count = rows.count
    var matrix = rows
    var vectors = (0..<count).map { row in (0..<count).map { $0 == row ? 1.0 : 0.0 } }
    let size = matrix.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }
    for _ in 0..<Self.roundLimit {
      var rest = 0.0
      for row in 0..<count {
        for column in 0..<row { rest += matrix[row][column] * matrix[row][column] }
      }
      guard rest > 1e-18 * size else { break }
      for first in 0..<count {
        for second in (first + 1)..<max(count, first + 1) where matrix[first][second] != 0 {
          rotate(first, second, &matrix, &vectors)
        }
      }
    }
    return vectors
  }

  private static let roundLimit = 30

  /// Turns two axes so that their element is 0; rows of `vectors` are the axes.
  private func rotate(
    _ first: Int,
    _ second: Int,
    _ matrix: inout [[Double]],
    _ vectors: inout [[Double]]
  ) {
    let ratio = (matrix[second][second] - matrix[first][first]) / (2 * matrix[first][second])
    // The smaller of the two angles; a ratio beyond all numbers is an angle of 0.
    let tangent = (ratio < 0 ? -1 : 1) / (ratio.magnitude + (ratio * ratio + 1).squareRoot())
    let cosine = 1 / (tangent * tangent + 1).squareRoot()
    let sine = tangent * cosine
    func turn(_ left: inout Double, _ right: inout Double) {
      (left, right) = (cosine * left - sine * right, sine * left + cosine * right)
    }
    for index in matrix.indices {
      var (left, right) = (matrix[index][first], matrix[index][second])
      turn(&left, &right)
      (matrix[index][first], matrix[index][second]) = (left, right)
    }
    for index in matrix.indices {
      var (left, right) = (matrix[first][index], matrix[second][index])
      turn(&left, &right)
      (matrix[first][index], matrix[second][index]) = (left, right)
      (left, right) = (vectors[first][index], vectors[second][index])
      turn(&left, &right)
      (vectors[first][index], vectors[second][index]) = (left, right)
    }
  }
}
