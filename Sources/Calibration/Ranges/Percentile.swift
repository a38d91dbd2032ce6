extension RangeHistogram {
  /// The range that holds `share` percent of the values.
  ///
  /// Asymmetric: as much is cut off at either end, `(1 − share / 100) / 2`. Symmetric: the magnitudes
  /// are cut. The ends are edges of bins.
  /// Source: ONNX Runtime `quantization/calibrate.py` (percentile).
  func percentile(_ share: Double, _ grid: IntegerGrid) -> ClosedRange<Double> {
    let all = Double(total)
    if grid.isSymmetric {
      let magnitudes = magnitudes
      guard !magnitudes.isEmpty else { return Double(minimum)...Double(maximum) }
      var seen = 0.0
      for (bin, count) in magnitudes.enumerated() {
        seen += Double(count)
        if seen / all >= share / 100 {
          let bound = Double(bin + 1) * width
          return -bound...bound
        }
      }
      return Double(minimum)...Double(maximum)
    }
    let cut = (1 - share / 100) / 2
    var seen = 0.0
    var lower: Double?
    for (bin, count) in counts.enumerated() {
      seen += Double(count)
      if lower == nil, seen / all > cut { lower = edge(bin) }
      if seen / all >= 1 - cut {
        return min(lower ?? edge(bin), edge(bin + 1))...edge(bin + 1)
      }
    }
    return Double(minimum)...Double(maximum)
  }
}
