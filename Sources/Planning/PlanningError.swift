import ByteIO

/// Why there is no plan.
package struct PlanningError: Error, Equatable, Sendable {
  package var code: ErrorCode
  /// What is wrong: lower case, no full stop.
  package var message: String
  /// What to do about it.
  package var hint: String?

  package init(_ code: ErrorCode, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }
}
