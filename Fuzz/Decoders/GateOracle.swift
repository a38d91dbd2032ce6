import ByteIO
import Differences
import FuzzSupport
import Gate

/// A second, slower opinion on what the gate lets pass.
enum GateOracle {
  /// A model whose figures are known, and one that lacks what can be lacking.
  private static let models: [(path: String, report: ReportSnapshot)] = {
    var known = ReportSnapshot(path: "models/known.tflite", format: "tflite", sha256: nil)
    known.totals.operators = 12
    known.totals.fileBytes = 100_000
    known.totals.gzipBytes = 90_000
    known.totals.parameters = 20_000
    known.totals.weightBytes = 80_000
    known.totals.multiplyAdds = 1_000_000
    known.totals.flops = 2_000_000
    known.totals.uncounted = 0
    known.totals.activationBytes = 50_000
    known.totals.peakActivationBytes = 20_000
    known.totals.peakLowerBoundBytes = 18_000
    known.totals.sparsity = 0.25
    known.totals.quantizedShare = 1
    known.bytes = [
      .init(category: "weights", bytes: 80_000), .init(category: "rest", bytes: 20_000),
    ]
    var open = ReportSnapshot(path: "models/open.onnx", format: "onnx", sha256: nil)
    open.totals.operators = 3
    open.totals.fileBytes = 5_000
    return [(known.path, known), (open.path, open)]
  }()

  /// Judges the models by a policy; a pass must be one to the obvious reading, too.
  @Sendable static func judge(_ bytes: Bytes) throws {
    let policy = try Policy(bytes)
    try promise(!policy.budgets.isEmpty, "a policy without budgets")
    let result = GateEvaluation(
      policy: policy,
      models: models.map { GatedModel(path: $0.path, outcome: .success($0.report)) }
    ).result()
    try promise((0...2).contains(result.exitCode), "exit \(result.exitCode)")
    guard result.exitCode == 0 else { return }
    try promise(!policy.needsBaseline || isOff(policy), "a pass without its baseline")
    for (path, report) in models {
      let governing = policy.budgets.filter { budget in
        budget.patterns.contains { PathPattern($0)?.matches(path) ?? false }
      }
      try promise(!governing.isEmpty, "a pass for \(path), which nothing governs")
      for constraint in governing.flatMap(\.constraints) where constraint.level == .error {
        let value = constraint.figure.value(of: report, scope: constraint.scope).known
        guard let value else {
          try promise(
            constraint.onUnknown != .fail,
            "a pass for \(path): \(constraint.path) unknown"
          )
          continue
        }
        try promise(value <= constraint.maximum ?? .max, "a pass above \(constraint.path)")
        try promise(value >= constraint.minimum ?? .min, "a pass below \(constraint.path)")
      }
    }
  }

  private static func isOff(_ policy: Policy) -> Bool {
    policy.budgets.flatMap { $0.constraints + $0.totals }
      .allSatisfy { !$0.needsBaseline || $0.level != .error || $0.onUnknown != .fail }
  }
}
