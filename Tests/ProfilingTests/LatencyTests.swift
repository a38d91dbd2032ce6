import ModelIR
import TargetRules
import Testing

@testable import Profiling

@Suite struct LatencyFitTests {
  /// Times from known rates: the fit has to find them again.
  @Test(arguments: [
    (2e-6, 1e-9, 1e-10), (0.0, 1e-9, 0.0), (5e-6, 0.0, 2e-10), (1e-6, 3e-10, 0.0),
  ])
  func `known rates are found again`(overhead: Double, arithmetic: Double, bytes: Double) throws {
    let shapes = [(10, 500_000), (1_000_000, 20_000), (50_000, 4_000), (300, 90), (7_000_000, 64)]
    let samples = shapes.map {
      LatencyFit.Sample(
        multiplyAdds: $0.0,
        bytes: $0.1,
        seconds: overhead + Double($0.0) * arithmetic + Double($0.1) * bytes
      )
    }
    let fit = try #require(LatencyFit(samples))
    #expect(abs(fit.secondsPerOperator - overhead) <= 1e-6 * 1e-6)
    #expect(abs(fit.secondsPerMultiplyAdd - arithmetic) <= 1e-6 * 1e-9)
    #expect(abs(fit.secondsPerByte - bytes) <= 1e-6 * 1e-10)
    #expect(fit.medianRelativeError < 1e-6)
  }

  @Test func `no part is negative`() throws {
    // More work takes less time here: only an overhead can explain it.
    let fit = try #require(
      LatencyFit([
        .init(multiplyAdds: 100, bytes: 100, seconds: 3e-6),
        .init(multiplyAdds: 1_000, bytes: 1_000, seconds: 2e-6),
        .init(multiplyAdds: 10_000, bytes: 10_000, seconds: 1e-6),
      ])
    )
    #expect(fit.secondsPerMultiplyAdd >= 0)
    #expect(fit.secondsPerByte >= 0)
    #expect(fit.secondsPerOperator > 0)
    #expect(fit.medianRelativeError > 0.1)
  }

  @Test func `two samples are too few`() {
    let sample = LatencyFit.Sample(multiplyAdds: 1, bytes: 1, seconds: 1)
    #expect(LatencyFit([sample, sample]) == nil)
    #expect(LatencyFit([sample, sample, .init(multiplyAdds: 1, bytes: 1, seconds: 0)]) == nil)
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
