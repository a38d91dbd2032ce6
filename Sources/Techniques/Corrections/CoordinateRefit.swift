import Calibration

/// Chooses each weight anew while all others stay, again and again, so that the layer's outputs on the
/// calibration samples change least.
///
/// With `Δ = Ŵ − W` and the damping `λ` of `LeastSquaresRefit`, `wⱼ − Σ_{k≠j} Gⱼₖ Δₖ / (Gⱼⱼ + λ)` is the
/// best number for a weight, and of a form's values the nearest to it is: the error is a parabola in one
/// weight. It never rises. Source: Behdin et al. 2023, "QuantEase: Optimization-based Quantization for
/// Language Models", section 3 (cyclic coordinate descent, without its outliers).
///
/// It works with the Gram matrix or, where a layer has more inputs than were seen rows of them, with the
/// rows themselves: `Σ_k Gⱼₖ Δₖ` is then the product of a column with what the outputs are off by.
enum CoordinateRefit {
  /// Further rounds changed less than a percent of the error in the models that were looked at.
  private static let rounds = 4

  static func refine(
    _ coded: inout CodedWeights,
    of weights: WeightMatrix,
    _ moments: InputMoments
  ) {
    let taps = weights.columns
    let perGroup = weights.rows / weights.layer.groups
    let columns = moments.gram == nil ? transposed(moments.inputs ?? [], taps) : []
    for row in 0..<weights.rows {
      let group = row / perGroup
      let squares = Array(moments.squares[group * taps..<(group + 1) * taps])
      let nearest = value(of: coded, row, taps)
      var inputs: any RefitInputs
      if let gram = moments.gram {
        inputs = GramInputs(gram: gram, base: group * taps * taps, taps: taps)
      } else {
        inputs = RowInputs(columns: columns, count: moments.rowCount)
      }
      let range = row * taps..<(row + 1) * taps
      var values = Array(coded.values[range])
      let original = Array(weights.values[range])
      inputs.begin(zip(values, original).map { Double($0) - Double($1) })
      let damping = LeastSquaresRefit.damping(squares)
      for _ in 0..<rounds {
        guard
          pass(&values, original, squares.map { $0 + damping }, damping, &inputs, nearest)
        else { break }
      }
      coded.values.replaceSubrange(range, with: values)
    }
  }

  /// What a form has that is nearest to a number: a pruned weight stays 0.
  private static func value(of coded: CodedWeights, _ row: Int, _ taps: Int)
    -> (_ column: Int, _ value: Float) -> Float
  {
    if let keep = coded.freeWeights { return { keep[row * taps + $0] ? $1 : 0 } }
    guard let nearest = coded.nearest else {
      let values = Array(coded.values[row * taps..<(row + 1) * taps])
      return { column, _ in values[column] }
    }
    return { nearest(row, $0, $1) }
  }

  /// - Returns: Whether anything changed.
  private static func pass(
    _ values: inout [Float],
    _ original: [Float],
    _ diagonal: [Double],
    _ damping: Double,
    _ inputs: inout any RefitInputs,
    _ nearest: (Int, Float) -> Float
  ) -> Bool {
    var isChanged = false
    for column in values.indices {
      let now = Double(values[column])
      let slope = inputs.product(column) + damping * (now - Double(original[column]))
      let found = nearest(column, Float(now - slope / diagonal[column]))
      guard found != values[column] else { continue }
      inputs.add(Double(found) - now, column)
      values[column] = found
      isChanged = true
    }
    return isChanged
  }

  private static func transposed(_ rows: [Float], _ taps: Int) -> [Float] {
    let count = rows.count / max(taps, 1)
    var result = [Float](repeating: 0, count: rows.count)
    for row in 0..<count {
      for tap in 0..<taps { result[tap * count + row] = rows[row * taps + tap] }
    }
    return result
  }
}

/// A layer's inputs while its weights change.
private protocol RefitInputs {
  /// Takes the weights' differences from the original ones.
  mutating func begin(_ change: [Double])
  /// `Σ_k Gⱼₖ Δₖ`.
  func product(_ column: Int) -> Double
  /// Changes a weight.
  mutating func add(_ change: Double, _ column: Int)
}

private struct GramInputs: RefitInputs {
  let gram: [Double]
  let base: Int
  let taps: Int
  private var products: [Double] = []

  init(gram: [Double], base: Int, taps: Int) {
    self.gram = gram
    self.base = base
    self.taps = taps
  }

  mutating func begin(_ change: [Double]) {
    products = [Double](repeating: 0, count: taps)
    for (column, value) in change.enumerated() where value != 0 { add(value, column) }
  }

  func product(_ column: Int) -> Double { products[column] }

  mutating func add(_ change: Double, _ column: Int) {
    let line = base + column * taps
    gram.withUnsafeBufferPointer { gram in
      products.withUnsafeMutableBufferPointer { products in
        for index in 0..<taps { products[index] += change * gram[line + index] }
      }
    }
  }
}

private struct RowInputs: RefitInputs {
  /// Column by column.
  let columns: [Float]
  let count: Int
  private var outputs: [Double] = []

  init(columns: [Float], count: Int) {
    self.columns = columns
    self.count = count
  }

  mutating func begin(_ change: [Double]) {
    outputs = [Double](repeating: 0, count: count)
    for (column, value) in change.enumerated() where value != 0 { add(value, column) }
  }

  func product(_ column: Int) -> Double {
    columns.withUnsafeBufferPointer { columns in
      outputs.withUnsafeBufferPointer { outputs in
        var sum = 0.0
        for row in 0..<count { sum += Double(columns[column * count + row]) * outputs[row] }
        return sum
      }
    }
  }

  mutating func add(_ change: Double, _ column: Int) {
    columns.withUnsafeBufferPointer { columns in
      outputs.withUnsafeMutableBufferPointer { outputs in
        for row in 0..<count { outputs[row] += change * Double(columns[column * count + row]) }
      }
    }
  }
}
