import ModelIR
import TestSupport
import Testing

@testable import Profiling

/// Verdicts on a machine of one multiply-add and one byte a nanosecond.
@Suite struct RooflineTests {
  private let machine = ModelProfile.Measurement(
    runs: 1,
    warmUps: 0,
    threads: 1,
    input: "random",
    instructionSet: "portable",
    peakMultiplyAddsPerSecond: 1e9,
    peakBytesPerSecond: 1e9,
    totalMicroseconds: 1
  )

  private func time(macs: Int?, bytes: Int?) -> ModelProfile.OperatorTime {
    ModelProfile.OperatorTime(
      microseconds: 1000,
      share: 1,
      usesKernel: true,
      multiplyAdds: macs,
      movedBytes: bytes,
      peaks: machine
    )
  }

  @Test(arguments: [
    (900_000, 100_000, ModelProfile.OperatorTime.Bound.compute), (100_000, 900_000, .memory),
    (190_000, 190_000, .overhead), (0, 250_000, .memory), (0, 0, .overhead),
    // Both roofs are as near: arithmetic is what cannot be had elsewhere.
    (500_000, 500_000, .compute),
  ])
  func `the nearer roof bounds, and neither where both are far`(
    macs: Int,
    bytes: Int,
    bound: ModelProfile.OperatorTime.Bound
  ) {
    #expect(time(macs: macs, bytes: bytes).bound == bound)
  }

  @Test func `what is not known has no verdict`() {
    #expect(time(macs: nil, bytes: 100).bound == nil)
    #expect(time(macs: 100, bytes: nil).bound == nil)
  }

  @Test func `rates follow from the time`() {
    let time = time(macs: 500_000, bytes: 250_000)
    #expect(time.multiplyAddsPerSecond == 5e8)
    #expect(time.shareOfPeak == 0.5)
    #expect(time.shareOfBandwidth == 0.25)
    #expect(time.intensity == 2)
  }

  @Test func `fused operators count where their time stands`() throws {
    var profile = try profile([
      ONNX.node("MatMul", ["x", "x"], ["a"]), ONNX.node("Neg", ["a"], ["b"]),
      ONNX.node("MatMul", ["b", "x"], ["c"]), ONNX.node("Neg", ["c"], ["y"]),
      ONNX.input("x", [.size(2), .size(2)]), ONNX.output("y"),
    ])
    let macs = profile.operators.map { $0.multiplyAdds ?? 0 }
    #expect(macs == [8, 0, 8, 0])
    let samples: [ModelProfile.NodeSample] = profile.operators.indices.map { index in
      switch index {
      case 0: .within(NodeID(2))
      case 1: .beforehand
      default: .timed(microseconds: 10, movedBytes: 100, usesKernel: true)
      }
    }
    profile.add(machine, samples: samples)
    #expect(profile.operators[0].time?.place == .within(2))
    #expect(profile.operators[0].time?.medianMicroseconds == nil)
    #expect(profile.operators[1].time?.place == .beforehand)
    #expect(profile.operators[2].time?.multiplyAdds == macs[0] + macs[2])
    #expect(profile.measurement?.sumMicroseconds == Double(10 * (macs.count - 2)))
  }
}
