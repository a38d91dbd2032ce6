extension RangeHistogram {
  /// The clipping of the range with the least expected noise, of 100 shares of the whole.
  ///
  /// Rounding adds `Δ² / 12` for each value inside that is not exactly 0, clipping `(x − bound)²` for
  /// each value outside, weighted. With weight 1 that is the mean square error, and the greatest
  /// signal-to-noise ratio; with weight 3 it is the cost of AIMET's "TF-enhanced" encodings.
  /// Source: AIMET `TfEnhancedEncodingAnalyzer` (γ = 3); uniform noise: Bennett 1948.
  func leastNoise(_ grid: IntegerGrid, clippingWeight: Double) -> ClosedRange<Double> {
    let lower = min(Double(minimum), 0)
    let upper = max(Double(maximum), 0)
    var best = (cost: Double.infinity, range: lower...upper)
    let filled = counts.indices.filter { counts[$0] > 0 }
    for share in (1...100).reversed() {
      let factor = Double(share) / 100
      let range = lower * factor...upper * factor
      let step = grid.step(range)
      var inside = 0.0
      var clipped = 0.0
      for bin in filled {
        let value = min(max(center(bin), Double(minimum)), Double(maximum))
        let count = Double(counts[bin])
        if value < range.lowerBound {
          clipped += count * (range.lowerBound - value) * (range.lowerBound - value)
        } else if value > range.upperBound {
          clipped += count * (value - range.upperBound) * (value - range.upperBound)
        } else {
          inside += count
        }
      }
      let rounded = max(inside - Double(zeros), 0) * step * step / 12
      let cost = rounded + clippingWeight * clipped
      if cost < best.cost { best = (cost, range) }
    }
    return best.range
  }

  /// The clipping with the least mean square error, by Newton's iteration.
  ///
  /// `s ← Σ |x|·[|x| > s] / (f · Σ [0 < |x| ≤ s] + Σ [|x| > s])`, `f = 4^−B / 3` for values of both
  /// signs and `4^−B / 12` for one: there all steps are on one side.
  /// Source: Sakr et al. 2022, "Optimal Clipping and Magnitude-aware Differentiation for Improved
  /// Quantization-aware Training" (OCTAV), equation 6.
  func newton(_ grid: IntegerGrid) -> ClosedRange<Double> {
    let isOneSided = minimum >= 0 || maximum <= 0
    let power = Double(sign: .plus, exponent: -2 * grid.bits, significand: 1)
    let factor = power / (isOneSided && !grid.isSymmetric ? 12 : 3)
    var values: [(magnitude: Double, count: Double)] = []
    for bin in counts.indices where counts[bin] > 0 {
      let value = min(max(center(bin), Double(minimum)), Double(maximum))
      // Exact zeros lie in the bin that begins at 0.
      let isZero = base + bin == 0
      let count = Double(counts[bin]) - (isZero ? Double(zeros) : 0)
      if count > 0 { values.append((value.magnitude, count)) }
    }
    let number = values.reduce(0) { $0 + $1.count }
    guard number > 0 else { return Double(minimum)...Double(maximum) }
    var bound = values.reduce(0) { $0 + $1.magnitude * $1.count } / number
    for _ in 0..<100 {
      var outside = (sum: 0.0, count: 0.0)
      for value in values where value.magnitude > bound {
        outside.sum += value.magnitude * value.count
        outside.count += value.count
      }
      let next = outside.sum / (factor * (number - outside.count) + outside.count)
      guard next.isFinite, next > 0 else { break }
      let isSettled = (next - bound).magnitude <= 1e-9 * bound
      bound = next
      if isSettled { break }
    }
    return -bound...bound
  }
}
