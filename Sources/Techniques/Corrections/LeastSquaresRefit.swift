import Calibration

/// Lets weights that are still free make up for the error of those that are not, so that the layer's
/// outputs on the calibration samples change least: the least `tr(ΔW G ΔWᵀ)`.
///
/// Pruned weights: those that stay solve the normal equations `G_SS w_S = G_S: w` (Hassibi and Stork
/// 1992, "Optimal Brain Surgeon", for a whole set at once). Coded weights: columns are coded one after
/// the other, and each error is spread over the columns that follow by the rows of the Cholesky factor
/// of `G⁻¹` (Frantar et al. 2022, "GPTQ", section 3.2 and algorithm 1). 1 % of the mean of the
/// diagonal is added to it (the same, section 3.3). Codes are then refined one by one, which is also
/// what layers of very many inputs get instead: `CoordinateRefit`.
enum LeastSquaresRefit {
  static func refit(
    _ coded: CodedWeights,
    of weights: WeightMatrix,
    named name: String
  ) throws(TechniqueError) -> CodedWeights {
    guard let moments = weights.moments, moments.gram != nil || moments.inputs != nil else {
      throw TechniqueError(
        .dataInvalid,
        "\(name) needs the Gram matrix of the layer's inputs, which was not kept"
      )
    }
    var result = coded
    let taps = weights.columns
    if let gram = moments.gram, taps <= mostFactored { factored(gram, coded, weights, &result) }
    if coded.freeWeights == nil || moments.gram == nil || taps > mostFactored {
      CoordinateRefit.refine(&result, of: weights, moments)
    }
    if coded.freeWeights == nil { result.codes = nil }
    // What is stored is worth its bytes only where it is better on the samples.
    let before = zip(coded.values, weights.values).map { $0 - $1 }
    let after = zip(result.values, weights.values).map { $0 - $1 }
    guard let old = moments.outputError(of: before, layer: weights.layer),
      let new = moments.outputError(of: after, layer: weights.layer), new <= old
    else { return coded }
    return result
  }

  /// The most inputs of a layer whose matrix is factored: the time grows with their third power.
  private static let mostFactored = 1_024

  private static func factored(
    _ gram: [Double],
    _ coded: CodedWeights,
    _ weights: WeightMatrix,
    _ result: inout CodedWeights
  ) {
    let taps = weights.columns
    let perGroup = weights.rows / weights.layer.groups
    for group in 0..<weights.layer.groups {
      let base = group * taps * taps
      let matrix = damped(Array(gram[base..<base + taps * taps]), taps)
      let rows = group * perGroup..<(group + 1) * perGroup
      if let keep = coded.freeWeights {
        for row in rows { solve(row, weights, keep, matrix, &result.values) }
      } else if let nearest = coded.nearest {
        guard let factor = inverseFactor(matrix, taps) else { continue }
        for row in rows { spread(row, weights, factor, nearest, &result) }
      }
    }
  }

  private static func damped(_ gram: [Double], _ count: Int) -> [Double] {
    var result = gram
    let more = damping((0..<count).map { gram[$0 * count + $0] })
    for index in 0..<count { result[index * count + index] += more }
    return result
  }

  /// What is added to the squares of inputs.
  static func damping(_ squares: [Double]) -> Double {
    let mean = squares.reduce(0, +) / Double(max(squares.count, 1))
    // Inputs that are always 0 leave the matrix singular; any positive number makes it regular.
    return mean > 0 ? 0.01 * mean : 1
  }

  /// The remaining weights of a pruned row.
  private static func solve(
    _ row: Int,
    _ weights: WeightMatrix,
    _ keep: [Bool],
    _ gram: [Double],
    _ values: inout [Float]
  ) {
    let taps = weights.columns
    let start = row * taps
    let kept = (0..<taps).filter { keep[start + $0] }
    guard !kept.isEmpty, kept.count < taps else { return }
    // The damping belongs to the change, not to the weights: Δ solves G_SS Δ = G_SR w_R.
    let removed = (0..<taps).filter { !keep[start + $0] }
    var matrix = [Double](repeating: 0, count: kept.count * kept.count)
    var side = [Double](repeating: 0, count: kept.count)
    for (i, first) in kept.enumerated() {
      for (j, second) in kept.enumerated() {
        matrix[i * kept.count + j] = gram[first * taps + second]
      }
      for second in removed {
        side[i] += gram[first * taps + second] * Double(weights.values[start + second])
      }
    }
    guard let factor = cholesky(matrix, kept.count) else { return }
    let change = solve(factor, side)
    for (i, tap) in kept.enumerated() {
      values[start + tap] = Float(Double(weights.values[start + tap]) + change[i])
    }
  }

  private static func spread(
    _ row: Int,
    _ weights: WeightMatrix,
    _ factor: [Double],
    _ nearest: (Int, Int, Float) -> Float,
    _ result: inout CodedWeights
  ) {
    let taps = weights.columns
    let start = row * taps
    var left = (0..<taps).map { Double(weights.values[start + $0]) }
    for column in 0..<taps {
      let stored = nearest(row, column, Float(left[column]))
      result.values[start + column] = stored
      let error = (left[column] - Double(stored)) / factor[column * taps + column]
      guard error != 0 else { continue }
      for next in (column + 1)..<max(taps, column + 1) {
        left[next] -= error * factor[column * taps + next]
      }
    }
  }

  // MARK: - Matrices

  /// The lower Cholesky factor; `nil` where the matrix is not positive definite.
  static func cholesky(_ matrix: [Double], _ count: Int) -> [Double]? {
    var factor = matrix
    var isPositive = true
    factor.withUnsafeMutableBufferPointer { factor in
      for row in 0..<count where isPositive {
        for column in 0...row {
          var sum = factor[row * count + column]
          for index in 0..<column {
            sum -= factor[row * count + index] * factor[column * count + index]
          }
          if row == column {
            guard sum > 0, sum.isFinite else {
              isPositive = false
              return
            }
            factor[row * count + row] = sum.squareRoot()
          } else {
            factor[row * count + column] = sum / factor[column * count + column]
          }
        }
        for column in (row + 1)..<max(count, row + 1) { factor[row * count + column] = 0 }
      }
    }
    return isPositive ? factor : nil
  }

  /// Solves `L Lᵀ x = b`.
  private static func solve(_ factor: [Double], _ side: [Double]) -> [Double] {
    let count = side.count
    var result = side
    for row in 0..<count {
      for column in 0..<row { result[row] -= factor[row * count + column] * result[column] }
      result[row] /= factor[row * count + row]
    }
    for row in (0..<count).reversed() {
      for column in (row + 1)..<max(count, row + 1) {
        result[row] -= factor[column * count + row] * result[column]
      }
      result[row] /= factor[row * count + row]
    }
    return result
  }

  /// The upper factor `U` with `UᵀU = matrix⁻¹`.
  static func inverseFactor(_ matrix: [Double], _ count: Int) -> [Double]? {
    guard let factor = cholesky(matrix, count) else { return nil }
    // The inverse of the lower factor, column by column.
    var inverse = [Double](repeating: 0, count: count * count)
    for column in 0..<count {
      for row in column..<count {
        var sum = row == column ? 1.0 : 0.0
        for index in column..<max(row, column) {
          sum -= factor[row * count + index] * inverse[index * count + column]
        }
        inverse[row * count + column] = sum / factor[row * count + row]
      }
    }
    var product = [Double](repeating: 0, count: count * count)
    for row in 0..<count {
      for column in 0...row {
        var sum = 0.0
        for index in row..<count {
          sum += inverse[index * count + row] * inverse[index * count + column]
        }
        product[row * count + column] = sum
        product[column * count + row] = sum
      }
    }
    guard let lower = cholesky(product, count) else { return nil }
    var upper = lower
    for row in 0..<count {
      for column in 0..<count { upper[row * count + column] = lower[column * count + row] }
    }
    return upper
  }
}
