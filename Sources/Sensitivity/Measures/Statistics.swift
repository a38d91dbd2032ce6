/// A mean and where the true one lies with 95 % confidence.
package struct Interval: Equatable, Sendable {
  package var mean: Double
  /// `nil` where it cannot be told: one sample, or an estimate.
  package var low: Double?
  package var high: Double?

  /// An estimate without bounds.
  package init(estimate: Double) { mean = estimate }

  /// Student's interval of independent values: `x̄ ± t(0.975, n − 1) · s / √n`, not below 0.
  ///
  /// Values are added up in their order. Source: Student 1908; Abramowitz and Stegun 1964, 26.7.
  ///
  /// - Returns: `nil` without values.
  package init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let count = Double(values.count)
    mean = values.reduce(0, +) / count
    guard values.count > 1 else { return }
    let mean = mean
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    let half = StudentQuantile.value(freedom: values.count - 1) * (variance / count).squareRoot()
    low = max(mean - half, 0)
    high = mean + half
  }
}

/// The 97.5 % quantile of Student's distribution.
enum StudentQuantile {
  /// Sources: Abramowitz and Stegun 1964, table 26.10 for one and two degrees, equation 26.7.5 above
  /// (off by 0.2 % at three degrees, less above).
  static func value(freedom: Int) -> Double {
    switch freedom {
    case ..<2: return 12.706_204_7
    case 2: return 4.302_652_73
    default:
      // The normal quantile.
      let x = 1.959_963_985
      let x3 = x * x * x
      let x5 = x3 * x * x
      let x7 = x5 * x * x
      let x9 = x7 * x * x
      let n = Double(freedom)
      let g1 = (x3 + x) / 4
      let g2 = (5 * x5 + 16 * x3 + 3 * x) / 96
      let g3 = (3 * x7 + 19 * x5 + 17 * x3 - 15 * x) / 384
      let g4 = (79 * x9 + 776 * x7 + 1482 * x5 - 1920 * x3 - 945 * x) / 92160
      return x + g1 / n + g2 / (n * n) + g3 / (n * n * n) + g4 / (n * n * n * n)
    }
  }
}

/// Correlation of ranks.
package enum RankCorrelation {
  /// Spearman's: the correlation of the ranks, equal values sharing the mean of theirs.
  ///
  /// - Returns: `nil` for fewer than three pairs, or where all values of a side are equal.
  package static func spearman(_ first: [Double], _ second: [Double]) -> Double? {
    guard first.count == second.count, first.count > 2 else { return nil }
    let left = ranks(first)
    let right = ranks(second)
    let mean = Double(first.count + 1) / 2
    var product = 0.0
    var leftSquares = 0.0
    var rightSquares = 0.0
    for (a, b) in zip(left, right) {
      product += (a - mean) * (b - mean)
      leftSquares += (a - mean) * (a - mean)
      rightSquares += (b - mean) * (b - mean)
    }
    guard leftSquares > 0, rightSquares > 0 else { return nil }
    return product / (leftSquares * rightSquares).squareRoot()
  }

  /// The ranks from 1 on, ascending.
  package static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }
}
