import ModelIR

/// Whether a model fits.
extension TargetChecker {
  /// Adds what is known not to fit.
  ///
  /// - Parameters:
  ///   - fileBytes: The model's file.
  ///   - leastActivationBytes: What no planner can do without; `nil` where it is unknown.
  ///   - report: Where findings are added.
  package func checkMemory(
    fileBytes: Int,
    atLeast leastActivationBytes: Int?,
    _ report: inout TargetReport
  ) {
    guard let memory = target.memory else { return }
    let source = target.source(memory.source)?.citation
    if let flash = memory.flashBytes, fileBytes > flash {
      report.verdict = .unsupported
      report.findings.insert(
        TargetFinding(
          rule: "flash",
          severity: .error,
          detail: "the model takes \(fileBytes) bytes; \(target.name) has \(flash) bytes of flash,"
            + " for the program, too",
          fix: "fewer or narrower weights; analyze report shows which layers have the most",
          source: source
        ),
        at: 0
      )
    }
    if let ram = memory.ramBytes, let least = leastActivationBytes, least > ram {
      report.verdict = .unsupported
      report.findings.insert(
        TargetFinding(
          rule: "ram",
          severity: .error,
          detail: "at least \(least) bytes of activations are alive at once; \(target.name) has"
            + " \(ram) bytes of RAM",
          fix: "int8 activations, smaller inputs, or fewer channels where the memory peaks",
          source: source
        ),
        at: 0
      )
    }
  }
}
