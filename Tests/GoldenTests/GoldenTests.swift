import Execution
import Foundation
import ModelIR
import Operators
import TestSupport
import Testing

/// Real models against the official runtimes.
@Suite struct GoldenTests {
  /// What each kind of model must reach; docs/running.md has what each model does reach.
  private func tolerance(_ golden: Golden) -> Golden.Tolerance {
    switch golden.name {
    // onnxruntime replaces the pairs around an operator by an integer kernel, which rounds elsewhere:
    // one step of the output, 1/255. Without its optimisations it gives what we give.
    case let name where name.hasSuffix("qdq_int8.onnx"): .absolute(1.0 / 255 + 1e-6)
    // Sums of real numbers in another order than onnxruntime's.
    case let name where name.hasSuffix(".onnx") && name.hasPrefix("onnx/yunet"): .ofRange(1e-4)
    case let name where name.hasSuffix(".onnx"): .ofRange(1e-5)
    // Integers inside, real numbers beside them: the weights' scales are applied in floats.
    case let name where name.hasSuffix("_dynamic.tflite"): .ofRange(1e-5)
    case let name where name.contains("int8") || name.contains("int16"): .equal
    default: .ofRange(1e-5)
    }
  }

  @Test(arguments: Golden.all)
  func `a model gives what the official runtime gives`(_ golden: Golden) throws {
    try check(golden, .reference)
  }

  /// What `analyze run` does unless `--reference` asks for the reference.
  @Test(arguments: Golden.all)
  func `the compiled graph gives what the official runtime gives`(_ golden: Golden) throws {
    try check(golden, .compiled(threads: 2))
  }

  private func check(_ golden: Golden, _ engine: ModelCall.Engine) throws {
    for (index, comparison) in try golden.compare(engine).enumerated() {
      let difference = try #require(
        comparison.greatestDifference,
        "\(comparison.result.tensorType) for \(comparison.official.tensorType)"
      )
      let share = comparison.range > 0 ? difference / comparison.range : difference
      print("golden \(engine) \(golden.name) out\(index): \(difference), \(share) of the range")
      switch tolerance(golden) {
      case .equal: #expect(comparison.result == comparison.official)
      case .ofRange(let limit): #expect(share <= limit)
      case .absolute(let limit): #expect(difference <= limit)
      }
    }
  }
}
