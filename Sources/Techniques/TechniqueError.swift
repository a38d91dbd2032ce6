import ByteIO

/// Why an action cannot be taken.
package struct TechniqueError: Error, Equatable, Sendable {
  package var code: ErrorCode
  /// What is wrong: lower case, no full stop.
  package var message: String

  package init(_ code: ErrorCode, _ message: String) {
    self.code = code
    self.message = message
  }
}
