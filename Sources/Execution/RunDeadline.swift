import ModelIR

/// When a run has to end: looked at after each operator, which itself is not interrupted.
struct RunDeadline {
  private let end: ContinuousClock.Instant?
  private let seconds: Int

  /// - Parameter seconds: How long from now; `nil` for as long as it takes.
  init(seconds: Int?) {
    self.seconds = seconds ?? 0
    end = seconds.map { ContinuousClock.now + .seconds($0) }
  }

  /// - Throws: `LIMIT_EXCEEDED` where the time is over.
  func check(after node: Node) throws(ExecutionError) {
    guard let end, ContinuousClock.now > end else { return }
    throw ExecutionError(
      .limitExceeded,
      "the run takes longer than \(seconds) s, it has come to operator \"\(node.name)\""
        + " (\(node.origin.sourceType)); --limit kernel-time=SECONDS allows more",
      path: node.origin.path
    )
  }
}
