import Calibration
import Testing

@Suite struct RangeTests {
  struct Distribution: Decodable {
    var name: String
    /// Values in 1/1024.
    var units: [Int]
    var values: [Float] { units.map { Float($0) / 1024 } }
    var width: Double
    var base: Int
    var counts: [UInt64]
    var entropy: Double?
    var percentile: [String: [Double]]
    var mse: [Double]
    var sqnr: [Double]
    var octav: Double
  }

  private static func distributions() throws -> [Distribution] {
    try CalibrationFixtures.decode("ranges.json", as: [Distribution].self)
  }

  private func histogram(_ values: [Float], bins: Int = 512) -> RangeHistogram {
    var histogram = RangeHistogram(binCount: bins)
    for start in stride(from: 0, to: values.count, by: 17) {
      histogram.add(values[start..<min(start + 17, values.count)])
    }
    return histogram
  }

  @Test func `bins are those of all values at once`() throws {
    for test in try Self.distributions() {
      let found = histogram(test.values)
      #expect(found.width == test.width && found.base == test.base)
      #expect(found.counts == test.counts)
    }
  }

  @Test func `the order of values and their parts do not matter`() throws {
    for test in try Self.distributions() {
      let forward = histogram(test.values)
      #expect(histogram(test.values.reversed()) == forward)
      var joined = histogram(Array(test.values.suffix(300)))
      joined.add(histogram(Array(test.values.dropLast(300))))
      #expect(joined == forward)
    }
  }

  /// The value at which the empirical distribution reaches the share (NumPy's `inverted_cdf`); where it
  /// reaches it exactly, the next value is as good.
  @Test func `percentiles equal NumPy's quantiles`() throws {
    let grid = IntegerGrid(bits: 8, isSymmetric: false)
    for test in try Self.distributions() {
      let found = histogram(test.values, bins: 2048)
      for (share, ends) in test.percentile {
        let percent = try #require(Double(share))
        let range = try #require(found.range(.percentile(percent), grid: grid))
        let slack = 0.01 * (Double(found.maximum) - Double(found.minimum))
        #expect(abs(range.lowerBound - ends[0]) < slack && abs(range.upperBound - ends[1]) < slack)
      }
    }
  }

  @Test func `the threshold of least divergence equals the plain search's`() throws {
    for test in try Self.distributions() {
      let found = histogram(test.values)
      let range = try #require(
        found.range(.entropy, grid: IntegerGrid(bits: 8, isSymmetric: false))
      )
      let bound = test.entropy ?? .infinity
      #expect(range.upperBound == min(bound, Double(found.maximum)))
      #expect(range.lowerBound == max(-bound, Double(found.minimum)))
    }
  }

  /// The oracle takes the values themselves: the best share may be a neighbouring one.
  @Test func `clipping equals the search over all values`() throws {
    let grid = IntegerGrid(bits: 4, isSymmetric: false)
    for test in try Self.distributions() {
      let found = histogram(test.values, bins: 2048)
      for (method, ends) in [(RangeMethod.meanSquare, test.mse), (.noise, test.sqnr)] {
        let range = try #require(found.range(method, grid: grid))
        let whole = Double(max(found.maximum, 0)) - Double(min(found.minimum, 0))
        #expect(abs(range.upperBound - ends[1]) < 0.021 * whole, "\(test.name) \(method.text)")
        // A distribution's own least value is kept where clipping does not reach it.
        #expect(range.lowerBound >= ends[0] - 0.021 * whole)
      }
      let octav = try #require(found.range(.octav, grid: grid))
      let bound = min(test.octav, Double(found.maximum))
      #expect(abs(octav.upperBound - bound) < 0.01 * bound, "\(test.name)")
    }
  }

  @Test func `values that are not finite are counted and left out`() {
    var found = RangeHistogram()
    found.add([1, .nan, -2, .infinity, 0])
    #expect(found.nonFinite == 2 && found.total == 3 && found.zeros == 1)
    #expect(found.minimum == -2 && found.maximum == 1)
    var none = RangeHistogram()
    none.add([Float.nan])
    #expect(none.isEmpty && none.nonFinite == 1)
    #expect(none.range(.minMax, grid: IntegerGrid(bits: 8, isSymmetric: false)) == nil)
  }

  @Test(arguments: [
    [Float(0)], [1], [-3.5, -3.5], [1e30, -1e-30], [.leastNonzeroMagnitude, 0],
    [Float.greatestFiniteMagnitude, -Float.greatestFiniteMagnitude], [1000, 1000.0001],
  ])
  func `every method takes every range`(values: [Float]) throws {
    var found = RangeHistogram(binCount: 64)
    found.add(values)
    #expect(found.total == UInt64(values.count))
    for method in RangeMethod.all {
      if case .movingAverage = method { continue }
      for grid in [IntegerGrid(bits: 8, isSymmetric: false), .init(bits: 16, isSymmetric: true)] {
        let range = try #require(found.range(method, grid: grid))
        #expect(range.lowerBound >= Double(found.minimum) - 1e-9 || grid.isSymmetric)
        #expect(range.upperBound.isFinite && range.lowerBound.isFinite)
      }
    }
  }

  @Test func `methods are written as they are read`() {
    for method in RangeMethod.all { #expect(RangeMethod(method.text) == method) }
    for text in ["", "percentile-", "percentile-101", "moving-average-2", "maximum"] {
      #expect(RangeMethod(text) == nil)
    }
  }
}
