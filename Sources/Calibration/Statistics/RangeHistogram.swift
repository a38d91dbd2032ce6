/// A histogram of fixed size over whatever range its values turn out to have.
///
/// Bins are `2^exponent` wide and begin at multiples of that. The exponent is the least for which
/// all values fit `binCount` bins; where a value does not, neighbouring bins are joined, which is
/// exact because `⌊⌊x / w⌋ / 2⌋ = ⌊x / 2w⌋`. The result therefore depends on the set of values alone,
/// not on their order.
package struct RangeHistogram: Equatable, Sendable {
  /// The greatest number of bins.
  package let binCount: Int
  /// The logarithm of the width of a bin.
  package private(set) var exponent = 0
  /// The first bin begins at `base · width`.
  package private(set) var base = 0
  /// The values in each bin.
  package private(set) var counts: [UInt64]
  /// The least finite value; above `maximum` where there is none.
  package private(set) var minimum = Float.infinity
  /// The greatest finite value.
  package private(set) var maximum = -Float.infinity
  /// The values that are exactly 0: they are exact in every quantization.
  package private(set) var zeros: UInt64 = 0
  /// Values that are NaN or infinite; they are in no bin.
  package private(set) var nonFinite: UInt64 = 0

  package init(binCount: Int = 2048) {
    precondition(binCount >= 2, "a histogram needs two bins")
    self.binCount = binCount
    counts = []
  }

  /// Whether no finite value was added.
  package var isEmpty: Bool { minimum > maximum }

  /// The finite values.
  package var total: UInt64 { counts.reduce(0, +) }

  /// The width of a bin.
  package var width: Double { Self.power(exponent) }

  /// The lower end of a bin.
  package func edge(_ bin: Int) -> Double { Double(base + bin) * width }

  /// The middle of a bin.
  package func center(_ bin: Int) -> Double { (Double(base + bin) + 0.5) * width }

  /// Adds values.
  package mutating func add(_ values: some Sequence<Float>) {
    let values = Array(values)
    values.withUnsafeBufferPointer { add($0, from: 0, stride: 1) }
  }

  /// Adds every `stride`-th value from `start` on.
  mutating func add(_ values: UnsafeBufferPointer<Float>, from start: Int, stride: Int) {
    var least = minimum
    var greatest = maximum
    var index = start
    while index < values.count {
      let value = values[index]
      if value.isFinite {
        if value < least { least = value }
        if value > greatest { greatest = value }
      }
      index += stride
    }
    guard least <= greatest else {
      nonFinite += UInt64((max(values.count - start, 0) + stride - 1) / stride)
      return
    }
    grow(to: least, greatest)
    let scale = Self.power(-exponent)
    let base = base
    var zeros: UInt64 = 0
    var nonFinite: UInt64 = 0
    counts.withUnsafeMutableBufferPointer { counts in
      index = start
      while index < values.count {
        let value = values[index]
        if value.isFinite {
          if value == 0 { zeros += 1 }
          counts[Int((Double(value) * scale).rounded(.down)) - base] += 1
        } else {
          nonFinite += 1
        }
        index += stride
      }
    }
    self.zeros += zeros
    self.nonFinite += nonFinite
  }

  /// Adds what another histogram of the same size holds.
  package mutating func add(_ other: RangeHistogram) {
    precondition(other.binCount == binCount, "histograms of different sizes")
    nonFinite += other.nonFinite
    zeros += other.zeros
    guard !other.isEmpty else { return }
    grow(to: min(minimum, other.minimum), max(maximum, other.maximum))
    let shift = exponent - other.exponent
    for (bin, count) in other.counts.enumerated() where count > 0 {
      counts[((other.base + bin) >> shift) - base] += count
    }
  }

  private mutating func grow(to least: Float, _ greatest: Float) {
    guard isEmpty || least < minimum || greatest > maximum else { return }
    let newExponent = Self.exponent(least, greatest, binCount: binCount)
    let newBase = Int((Double(least) * Self.power(-newExponent)).rounded(.down))
    var moved = [UInt64](repeating: 0, count: binCount)
    let shift = newExponent - exponent
    for (bin, count) in counts.enumerated() where count > 0 {
      moved[((base + bin) >> shift) - newBase] += count
    }
    counts = moved
    exponent = newExponent
    base = newBase
    minimum = least
    maximum = greatest
  }

  /// The least exponent for which the range fits the bins; 40 below that of the values at least, so
  /// that bins have numbers that an `Int` holds.
  private static func exponent(_ least: Float, _ greatest: Float, binCount: Int) -> Int {
    let magnitude = max(least.magnitude, greatest.magnitude)
    // Below the least positive float32 (2^−149) nothing needs telling apart.
    guard magnitude > 0 else { return -189 }
    var exponent = Int(magnitude.exponent) - 40
    while true {
      let scale = power(-exponent)
      let first = (Double(least) * scale).rounded(.down)
      let last = (Double(greatest) * scale).rounded(.down)
      if last - first < Double(binCount) { return exponent }
      exponent += 1
    }
  }

  private static func power(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }

  /// The histogram of magnitudes: bin `i` holds the values with `i · width ≤ |x| < (i + 1) · width`,
  /// negative ones at a bin's far edge included.
  package var magnitudes: [UInt64] {
    guard !isEmpty else { return [] }
    var result: [UInt64] = []
    for (bin, count) in counts.enumerated() where count > 0 {
      let place = base + bin
      // Values far from 0 in a narrow range would need more bins than there are: see `Clipping`.
      let index = place >= 0 ? place : -place - 1
      guard index < 1 << 20 else { return [] }
      if index >= result.count {
        result.append(contentsOf: repeatElement(0, count: index + 1 - result.count))
      }
      result[index] += count
    }
    return result
  }
}
