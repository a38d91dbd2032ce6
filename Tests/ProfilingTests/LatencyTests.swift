import ByteIO
import ModelIR
import TargetRules
import Testing

@testable import Profiling

@Suite struct LatencyFitTests {
  private typealias Demand = LatencyFit.Demand
  private static let shapes: [(work: Double, bytes: Double)] = [
    (10, 500_000), (1_000_000, 20_000), (50_000, 4_000), (300, 90), (7_000_000, 64), (0, 80_000),
    (2_000_000, 900_000),
  ]

  /// The roofline written out: the longer of two parts, and an overhead.
  private static func seconds(
    _ demand: Demand,
    _ overhead: Double,
    _ arithmetic: [ElementType: Double],
    _ byte: Double
  ) -> Double {
    overhead + max(demand.work * (arithmetic[demand.type] ?? 0), demand.bytes * byte)
  }

  @Test(arguments: [(2e-6, 1e-9, 1e-10), (0.0, 1e-9, 2e-9), (5e-6, 2e-11, 2e-10)])
  func `known rates are found again`(overhead: Double, arithmetic: Double, byte: Double) throws {
    let rates: [ElementType: Double] = [.float32: arithmetic, .int8: arithmetic / 3]
    var samples: [LatencyFit.Sample] = []
    for type in [ElementType.float32, .int8] {
      for shape in Self.shapes {
        let demand = Demand(type: type, work: shape.work, bytes: shape.bytes)
        let seconds = Self.seconds(demand, overhead, rates, byte)
        samples.append(.init(demands: [demand], seconds: seconds))
      }
    }
    // A step that computes two operators.
    let pair = [
      Demand(type: .float32, work: 3_000_000, bytes: 5_000),
      Demand(type: .float32, work: 100, bytes: 40_000),
    ]
    samples.append(
      .init(demands: pair, seconds: pair.reduce(0) { $0 + Self.seconds($1, overhead, rates, byte) })
    )
    let fit = try #require(LatencyFit(samples))
    #expect(fit.sampleCount == 15)
    #expect(abs(fit.secondsPerOperator - overhead) <= 1e-6 * 1e-6)
    #expect(abs(fit.secondsPerByte - byte) <= 1e-6 * byte)
    #expect(fit.rates.map(\.type) == [.float32, .int8])
    for rate in fit.rates {
      let expected = try #require(rates[rate.type])
      #expect(abs(rate.secondsPerMultiplyAdd - expected) <= 1e-6 * expected)
    }
    #expect(fit.medianRelativeError < 1e-6)
    #expect(fit.ninthDecileError < 1e-6)
    #expect(abs(fit.seconds(pair) / samples[14].seconds - 1) < 1e-6)
  }

  private func sample(_ work: Double, _ bytes: Double, _ seconds: Double) -> LatencyFit.Sample {
    .init(demands: [Demand(type: .float32, work: work, bytes: bytes)], seconds: seconds)
  }

  @Test func `no part is negative`() throws {
    // More work takes less time here: only an overhead can explain it.
    let fit = try #require(
      LatencyFit([sample(100, 100, 3e-6), sample(1e3, 1e3, 2e-6), sample(1e4, 1e4, 1e-6)])
    )
    #expect(fit.rates.allSatisfy { $0.secondsPerMultiplyAdd >= 0 })
    #expect(fit.secondsPerByte >= 0)
    #expect(fit.secondsPerOperator > 0)
    #expect(fit.medianRelativeError > 0.1)
  }

  @Test func `as many samples as unknowns are too few`() {
    #expect(LatencyFit([sample(1, 1, 1), sample(1, 1, 1)]) == nil)
    #expect(LatencyFit([sample(1, 1, 1), sample(1, 1, 1), sample(1, 1, 0)]) == nil)
  }
}

@Suite struct MeasuredHostTests {
  @Test func `the rule file that calibration writes is read back`() throws {
    let host = MeasuredHost(
      rates: [(.float32, 51_234_567_890), (.int8, 204_000_000_400)],
      bytesPerSecond: 12_345_678_901.4,
      nanosecondsPerOperator: 812.3,
      threads: 2,
      method: "30 operators of \"a\"\n: half within 12 %"
    )
    let text = host.ruleFile(tool: "0.1.0", date: "2026-11-30")
    let bytes = ByteSource(Array(text.utf8), name: "host.json5").bytes
    let target = try TargetLibrary.decode(bytes, path: "host.json5")
    #expect(target.name == "host")
    let arithmetic = try #require(target.arithmetic)
    #expect(arithmetic.basis == .fitted)
    #expect(arithmetic.cores == 2)
    #expect(arithmetic.multiplyAddsPerSecond(.float32) == 51_234_568_000)
    #expect(arithmetic.multiplyAddsPerSecond(.int8) == 204_000_000_000)
    #expect(target.bandwidth?.bytesPerSecond == 12_345_678_901)
    #expect(target.overhead?.perOperatorNanoseconds == 812)
    #expect(target.source("measured")?.file == "30 operators of \"a\" : half within 12 %")
  }

  @Test func `a moment's measurement fills what the built-in file leaves open`() throws {
    let host = MeasuredHost(
      rates: [(.float32, 4e10)],
      bytesPerSecond: 1e10,
      threads: 1,
      method: "short loops"
    )
    let target = host.filling(try TargetLibrary().target(named: MeasuredHost.targetName))
    #expect(target.arithmetic?.multiplyAddsPerSecond(.float32) == 4e10)
    #expect(target.bandwidth?.bytesPerSecond == 10_000_000_000)
    #expect(target.overhead == nil)
  }
}

@Suite struct LatencyModelTests {
  /// 64 × 32 multiply-adds on a built-in target.
  private func estimate(_ target: String, _ type: ElementType) throws -> LatencyEstimate? {
    var sketch = GraphSketch()
    let input = sketch.input("x", [1, 64], type, scale: type == .int8 ? 0.5 : nil)
    let filter = sketch.constant("w", [32, 64], type)
    let result = sketch.value("y", [1, 32], type, scale: type == .int8 ? 0.5 : nil)
    sketch.node("FULLY_CONNECTED", "fullyConnected", [input, filter], [result])
    sketch.output(result)
    let model = sketch.model()
    var profile = Profiler(model, dimensions: try OpenDimensions(model.main)).profile(.init())
    let rules = try TargetLibrary().target(named: target)
    Profiler(model, dimensions: try OpenDimensions(model.main)).addTargets([rules], to: &profile)
    return profile.latency.first
  }

  /// By hand: a Cortex-M7 at 480 MHz, two int8 or one float32 multiply-adds a cycle.
  @Test(arguments: [(ElementType.int8, 2.0), (.float32, 1.0)])
  func `multiply-adds at the peak rate`(type: ElementType, perCycle: Double) throws {
    let found = try #require(try estimate("cortex-m7", type))
    let expected = 2_048 / (perCycle * 480e6) * 1_000
    // Other operations count half a multiply-add: a matrix product without bias has none.
    #expect(abs(found.milliseconds - expected) < 1e-9)
    #expect(found.isLowerBound)
  }

  @Test func `a target without rates has no time`() throws {
    #expect(try estimate("tflite-micro", .int8) == nil)
  }
}
