import Profiling

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The range of an axis, never empty, with round numbers to mark it.
struct ChartAxis {
  /// How numbers become places.
  enum Scale: Sendable {
    case linear
    /// By decades; what is not positive stands at the lower end.
    case logarithmic
  }

  /// What numbers are.
  enum Unit: Sendable {
    case number, bytes, percent
    /// Written as the power of two that it is the logarithm of.
    case binaryLogarithm
  }

  let scale: Scale
  let unit: Unit
  let least: Double
  let most: Double
  let ticks: [Double]

  /// - Parameters:
  ///   - values: What has to fit.
  ///   - scale: A logarithmic one needs a positive value; it is linear otherwise.
  ///   - unit: What marks are written as.
  ///   - ticks: The marks, where they are given; round numbers otherwise.
  init?(_ values: [Double], scale: Scale = .linear, unit: Unit = .number, ticks: [Double]? = nil) {
    let finite = values.filter(\.isFinite)
    guard let smallest = finite.min(), let greatest = finite.max() else { return nil }
    self.unit = unit
    let positive = finite.filter { $0 >= Double.leastNormalMagnitude }
    if scale == .logarithmic, let low = positive.min(), let high = positive.max() {
      self.scale = .logarithmic
      // Zeros get a decade of their own below the least.
      let from = min(max(floor(log10(low)) - (smallest < low ? 1 : 0), -307), 307)
      let to = min(max(ceil(log10(high)), from + 1), 308)
      least = pow(10, from)
      most = pow(10, to)
      self.ticks = ticks ?? Self.decades(from, to)
      return
    }
    self.scale = .linear
    if let ticks, let first = ticks.min(), let last = ticks.max(), first < last {
      least = min(first, smallest)
      most = max(last, greatest)
      self.ticks = ticks
      return
    }
    // Axes of what cannot be negative begin at 0 where that costs little room.
    var low = smallest
    if low > 0, greatest.isFinite, low < 0.4 * greatest { low = 0 }
    let high = greatest > low ? greatest : low + max(abs(low), 1)
    guard (high - low).isFinite else {
      // Numbers at the end of what can be written: from zero to them.
      (least, most) = (min(low, 0), max(greatest, 0))
      self.ticks = [least, most]
      return
    }
    let step = Self.step((high - low) / 4, unit)
    let from = floor(low / step) * step
    let to = max(ceil(high / step) * step, from + step)
    (least, most) = (from, to)
    self.ticks = (0...8).map { from + Double($0) * step }.filter { $0 <= to + step / 1000 }
  }

  /// Where a number stands, from 0 to 1.
  func share(_ value: Double) -> Double {
    switch scale {
    case .linear:
      // One by one: the difference may be more than a number can be.
      value / (most - least) - least / (most - least)
    case .logarithmic:
      value <= least ? 0 : (log10(value) - log10(least)) / (log10(most) - log10(least))
    }
  }

  /// A mark's text.
  func text(_ value: Double) -> String {
    switch unit {
    case .number: power(value) ?? Self.trimmed(Quantity.significant(value))
    case .binaryLogarithm: Self.trimmed(Quantity.significant(exp2(value)))
    case .percent: Quantity.fixed(100 * value, digits: 0) + " %"
    case .bytes: value.magnitude < 1e18 ? Quantity.bytes(Int(value.rounded())) : "–"
    }
  }

  /// A power of ten of a logarithmic axis, where it has many zeros: a double is not quite one.
  private func power(_ value: Double) -> String? {
    guard scale == .logarithmic, value > 0 else { return nil }
    let exponent = log10(value).rounded()
    guard abs(value / pow(10, exponent) - 1) < 1e-6, abs(exponent) >= 4 else { return nil }
    return "1e\(Int(exponent))"
  }

  /// Without zeros that say nothing: `0.0100` is `0.01`, `1.00e-6` is `1e-6`.
  private static func trimmed(_ text: String) -> String {
    let parts = text.split(separator: "e", maxSplits: 1)
    guard var digits = parts.first.map(String.init), digits.contains(".") else { return text }
    while digits.hasSuffix("0") { digits.removeLast() }
    if digits.hasSuffix(".") { digits.removeLast() }
    return parts.count == 2 ? digits + "e" + parts[1] : digits
  }

  private static func decades(_ from: Double, _ to: Double) -> [Double] {
    let every = max(1, ((to - from) / 6).rounded(.up))
    let powers = stride(from: from, through: to, by: every).map { pow(10, $0) }
    guard to - from <= 2 else { return powers }
    return powers.flatMap { [$0, 2 * $0, 5 * $0] }.filter { $0 <= pow(10, to) * 1.001 }
  }

  /// The next of 1, 2, 5, 10 … times a unit: bytes count in powers of 1,024.
  private static func step(_ wanted: Double, _ unit: Unit) -> Double {
    var base = 1.0
    if unit == .bytes {
      while wanted >= 1024 * base { base *= 1024 }
    }
    let power = pow(10, floor(log10(wanted / base)))
    let digit = wanted / base / power
    let step = (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10) * power * base
    return step.isFinite && step > 0 ? step : max(wanted, 1e-300)
  }
}
