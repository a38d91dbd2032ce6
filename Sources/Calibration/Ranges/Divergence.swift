#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension RangeHistogram {
  /// The threshold of magnitudes with the least Kullback-Leibler divergence.
  ///
  /// For each number of bins `i` from `2^(bits − 1)` on: P is the histogram of magnitudes up to bin
  /// `i`, what is beyond put into its last bin; Q is the same without what is beyond, its bins joined
  /// to `2^(bits − 1)` levels and each level spread evenly over its bins that are not empty. The
  /// divergence is `Σ p · ln(p / q)`; where Q is 0, q counts as 10⁻⁹.
  /// Source: Migacz 2017, "8-bit Inference with TensorRT"; ONNX Runtime `quantization/calibrate.py`.
  func leastDivergence(_ grid: IntegerGrid) -> ClosedRange<Double> {
    let whole = Double(minimum)...Double(maximum)
    let bins = magnitudes.map { Double($0) }
    let levels = 1 << (min(grid.bits, 12) - 1)
    guard bins.count > levels else { return whole }
    var best = Double.infinity
    var bound = bins.count
    var beyond = bins[levels...].reduce(0, +)
    for count in levels...bins.count {
      if count > levels { beyond -= bins[count - 1] }
      let found = Self.divergence(bins[..<count], beyond: max(beyond, 0), levels: levels)
      if found < best {
        best = found
        bound = count
      }
    }
    let threshold = Double(bound) * width
    return -threshold...threshold
  }

  private static func divergence(
    _ bins: ArraySlice<Double>,
    beyond: Double,
    levels: Int
  ) -> Double {
    let count = bins.count
    let inside = bins.reduce(0, +)
    guard inside > 0 else { return .infinity }
    let all = inside + beyond
    var sum = 0.0
    for level in 0..<levels {
      let range = level * count / levels..<(level + 1) * count / levels
      var mass = 0.0
      var filled = 0
      for bin in range where bins[bin] > 0 {
        mass += bins[bin]
        filled += 1
      }
      for bin in range {
        let p = (bins[bin] + (bin == count - 1 ? beyond : 0)) / all
        guard p > 0 else { continue }
        let q = bins[bin] > 0 ? mass / Double(filled) / inside : 0
        sum += p * log(p / max(q, 1e-9))
      }
    }
    return sum
  }
}
