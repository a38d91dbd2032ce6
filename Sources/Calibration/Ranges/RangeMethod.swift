/// How a range is chosen for the integers of a tensor.
package enum RangeMethod: Hashable, Sendable {
  case minMax
  /// The moving average of the samples' ranges with this decay.
  case movingAverage(Double)
  /// What holds this share of all values, in percent.
  case percentile(Double)
  /// The least Kullback-Leibler divergence of the quantized distribution.
  case entropy
  /// The least mean square error.
  case meanSquare
  /// The least noise, clipping counted three times.
  case noise
  /// The least mean square error by Newton's iteration.
  case octav

  /// The name that is written and read.
  package var text: String {
    switch self {
    case .minMax: "min-max"
    case .movingAverage(let decay): "moving-average-\(decay)"
    case .percentile(let share): "percentile-\(share)"
    case .entropy: "entropy"
    case .meanSquare: "mse"
    case .noise: "sqnr"
    case .octav: "octav"
    }
  }

  /// The method of a name; `nil` for none.
  package init?(_ text: String) {
    switch text {
    case "min-max": self = .minMax
    case "entropy": self = .entropy
    case "mse": self = .meanSquare
    case "sqnr": self = .noise
    case "octav": self = .octav
    default:
      func number(after prefix: String) -> Double? {
        text.hasPrefix(prefix) ? Double(text.dropFirst(prefix.count)) : nil
      }
      if let decay = number(after: "moving-average-"), decay > 0, decay < 1 {
        self = .movingAverage(decay)
      } else if let share = number(after: "percentile-"), share > 0, share <= 100 {
        self = .percentile(share)
      } else {
        return nil
      }
    }
  }

  /// The methods that are offered, with the parameters that peers use.
  package static let all: [RangeMethod] = [
    .minMax, .movingAverage(0.95), .movingAverage(0.999), .percentile(99.9), .percentile(99.99),
    .percentile(99.999), .entropy, .meanSquare, .noise, .octav,
  ]
}

/// The integers that a range is chosen for.
package struct IntegerGrid: Equatable, Sendable {
  package var bits: Int
  /// Whether 0 is in the middle, and the least integer is left out.
  package var isSymmetric: Bool

  package init(bits: Int, isSymmetric: Bool) {
    self.bits = bits
    self.isSymmetric = isSymmetric
  }

  /// The distance between neighbours for a range.
  func step(_ range: ClosedRange<Double>) -> Double {
    if isSymmetric {
      let bound = max(-range.lowerBound, range.upperBound)
      return bound / (Double(sign: .plus, exponent: bits - 1, significand: 1) - 1)
    }
    return (range.upperBound - range.lowerBound)
      / (Double(sign: .plus, exponent: bits, significand: 1) - 1)
  }
}

extension TensorStatistics {
  /// The range that a method chooses; `nil` where there are no finite values.
  ///
  /// The range always lies inside that of the values. Whoever quantizes by it stretches it to 0.
  package func range(_ method: RangeMethod, grid: IntegerGrid) -> ClosedRange<Double>? {
    if case .movingAverage(let decay) = method {
      guard let moving = movingRanges.first(where: { $0.decay == decay }) else { return nil }
      return moving.minimum...moving.maximum
    }
    return histogram.range(method, grid: grid)
  }
}

extension RangeHistogram {
  /// The range that a method chooses from the distribution alone.
  package func range(_ method: RangeMethod, grid: IntegerGrid) -> ClosedRange<Double>? {
    guard !isEmpty else { return nil }
    let whole = Double(minimum)...Double(maximum)
    let chosen: ClosedRange<Double>
    switch method {
    case .minMax: return whole
    case .movingAverage: return nil
    case .percentile(let share): chosen = percentile(share, grid)
    case .entropy: chosen = leastDivergence(grid)
    case .meanSquare: chosen = leastNoise(grid, clippingWeight: 1)
    case .noise: chosen = leastNoise(grid, clippingWeight: 3)
    case .octav: chosen = newton(grid)
    }
    let lower = min(max(chosen.lowerBound, whole.lowerBound), whole.upperBound)
    return lower...max(min(chosen.upperBound, whole.upperBound), lower)
  }
}
