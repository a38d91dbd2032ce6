/// Rates and an overhead that explain measured times of operators.
///
/// `t = overhead + MACs / rate + bytes / bandwidth`, all three parts at least 0, by least squares of the
/// relative error. Three unknowns have eight sets of non-zero parts; each is solved and the best kept,
/// which is exact. Source: Lawson, Hanson, "Solving Least Squares Problems" (1974), chapter 23.
package struct LatencyFit: Sendable, Equatable {
  /// One measured operator.
  package struct Sample: Sendable, Equatable {
    package var multiplyAdds: Int
    package var bytes: Int
    package var seconds: Double

    package init(multiplyAdds: Int, bytes: Int, seconds: Double) {
      self.multiplyAdds = multiplyAdds
      self.bytes = bytes
      self.seconds = seconds
    }
  }

  /// Seconds for each operator, multiply-add and byte.
  package var secondsPerOperator: Double
  package var secondsPerMultiplyAdd: Double
  package var secondsPerByte: Double
  /// The median of |predicted − measured| / measured.
  package var medianRelativeError: Double

  /// Fits; `nil` where fewer than three samples have a time above 0.
  package init?(_ samples: [Sample]) {
    let samples = samples.filter { $0.seconds > 0 && $0.seconds.isFinite }
    guard samples.count >= 3 else { return nil }
    // Each row is divided by its time, so that the target is 1 and the error relative.
    let rows = samples.map {
      [1 / $0.seconds, Double($0.multiplyAdds) / $0.seconds, Double($0.bytes) / $0.seconds]
    }
    var best: (error: Double, parts: [Double])?
    for chosen in 1..<8 {
      let columns = (0..<3).filter { chosen & (1 << $0) != 0 }
      guard let solved = Self.solve(rows, columns) else { continue }
      var parts = [0.0, 0.0, 0.0]
      for (place, column) in columns.enumerated() { parts[column] = solved[place] }
      guard parts.allSatisfy({ $0 >= 0 && $0.isFinite }) else { continue }
      let error = rows.reduce(0.0) { sum, row in
        let rest = row[0] * parts[0] + row[1] * parts[1] + row[2] * parts[2] - 1
        return sum + rest * rest
      }
      if best == nil || error < (best?.error ?? .infinity) { best = (error, parts) }
    }
    guard let best else { return nil }
    secondsPerOperator = best.parts[0]
    secondsPerMultiplyAdd = best.parts[1]
    secondsPerByte = best.parts[2]
    let errors = rows.map {
      abs($0[0] * best.parts[0] + $0[1] * best.parts[1] + $0[2] * best.parts[2] - 1)
    }.sorted()
    let middle = errors.count / 2
    medianRelativeError =
      errors.count % 2 == 1 ? errors[middle] : (errors[middle - 1] + errors[middle]) / 2
  }

  /// The predicted seconds of an operator.
  package func seconds(multiplyAdds: Int, bytes: Int) -> Double {
    secondsPerOperator + Double(multiplyAdds) * secondsPerMultiplyAdd
      + Double(bytes) * secondsPerByte
  }

  /// Least squares over some columns by the normal equations, scaled to equal norms.
  private static func solve(_ rows: [[Double]], _ columns: [Int]) -> [Double]? {
    let norms = columns.map { column in
      rows.reduce(0) { $0 + $1[column] * $1[column] }.squareRoot()
    }
    guard norms.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    let count = columns.count
    var matrix = (0..<count).map { left in
      (0..<count).map { right in
        rows.reduce(0) { $0 + $1[columns[left]] * $1[columns[right]] }
          / (norms[left] * norms[right])
      }
    }
    var target = (0..<count).map { place in
      rows.reduce(0) { $0 + $1[columns[place]] } / norms[place]
    }
    for pivot in 0..<count {
      let best = (pivot..<count).max { abs(matrix[$0][pivot]) < abs(matrix[$1][pivot]) } ?? pivot
      // Columns that are nearly multiples of each other cannot be told apart.
      guard abs(matrix[best][pivot]) > 1e-9 else { return nil }
      matrix.swapAt(pivot, best)
      target.swapAt(pivot, best)
      for row in (pivot + 1)..<max(pivot + 1, count) {
        let factor = matrix[row][pivot] / matrix[pivot][pivot]
        for column in pivot..<count { matrix[row][column] -= factor * matrix[pivot][column] }
        target[row] -= factor * target[pivot]
      }
    }
    var solution = Array(repeating: 0.0, count: count)
    for row in (0..<count).reversed() {
      let rest = ((row + 1)..<max(row + 1, count)).reduce(0.0) {
        $0 + matrix[row][$1] * solution[$1]
      }
      solution[row] = (target[row] - rest) / matrix[row][row]
    }
    return zip(solution, norms).map { $0 / $1 }
  }
}
