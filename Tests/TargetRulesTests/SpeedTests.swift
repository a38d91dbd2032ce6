import Foundation
import ModelIR
import TargetRules
import Testing

/// How long a large model takes to check; by hand, as time is no test: `ANALYZE_TIMING=1`.
@Suite struct SpeedTests {
  private static let isWanted = ProcessInfo.processInfo.environment["ANALYZE_TIMING"] != nil

  /// 2,000 int8 operators of eight kinds, as networks for microcontrollers have them.
  private func model() -> Model {
    var checked = CheckedModel()
    let perTensor = Quantization(granularity: .perTensor, scales: [0.1], zeroPoints: [0])
    let perAxis = Quantization(
      granularity: .perAxis(0),
      scales: Array(repeating: 0.1, count: 4),
      zeroPoints: Array(repeating: 0, count: 4)
    )
    var current = checked.value(quantization: perTensor)
    checked.graph.inputs = [current]
    let window: Attributes = [
      "strides": .ints([1, 1]), "dilations": .ints([1, 1]), "padding": .string("same"),
      "kernel": .ints([3, 3]), "activation": .string("relu"),
    ]
    for index in 0..<2_000 {
      let filter = checked.value(.int8, [4, 3, 3, 4], constant: true, quantization: perAxis)
      let bias = checked.value(.int32, [4], constant: true, quantization: perAxis)
      switch index % 8 {
      case 0, 4:
        current = checked.add("CONV_2D", [current, filter, bias], attributes: window)
      case 1, 5:
        current = checked.add("DEPTHWISE_CONV_2D", [current, filter, bias], attributes: window)
      case 2: current = checked.add("ADD", [current, current])
      case 3: current = checked.add("MAX_POOL_2D", [current], attributes: window)
      case 6: current = checked.add("MUL", [current, current])
      default: current = checked.add("RELU", [current])
      }
      checked.graph[current].quantization = perTensor
    }
    checked.graph.outputs = [current]
    return Model(
      format: .tflite,
      path: "m",
      graphs: [checked.graph],
      ledger: ByteLedger.Builder().finish()
    )
  }

  @Test(.enabled(if: isWanted))
  func `two thousand operators against every target`() throws {
    let model = model()
    let library = TargetLibrary()
    let clock = ContinuousClock()
    for name in library.names {
      let checker = try TargetChecker(
        try library.target(named: name),
        format: .tflite,
        vocabulary: Vocabulary.formats,
        library: library
      )
      let times = (0..<15).map { _ in clock.measure { _ = checker.check(model) } }.sorted()
      print("TIMING \(name): median \(times[7]), least \(times[0])")
    }
  }
}
