import ByteIO

/// Why an operator cannot be applied to its operands.
package struct OperatorError: Error, Equatable, Sendable {
  /// What kind of refusal it is.
  package enum Kind: Equatable, Sendable {
    /// Operands or attributes contradict the operator's definition.
    case invalid
    /// The definition allows it; this tool does not do it.
    case unsupported
    /// A limit would be exceeded.
    case limit
  }

  package var kind: Kind
  /// What is wrong: lower case, no full stop, with the values seen and the values allowed.
  package var message: String

  package init(_ kind: Kind = .invalid, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// Operands or attributes contradict the operator's definition.
  package static func invalid(_ message: String) -> OperatorError { .init(.invalid, message) }

  /// The definition allows it; this tool does not do it.
  package static func unsupported(_ message: String) -> OperatorError {
    .init(.unsupported, message)
  }

  /// The code of the error line that this becomes.
  package var code: ErrorCode {
    switch kind {
    case .invalid: .modelInvalid
    case .unsupported: .modelUnsupported
    case .limit: .limitExceeded
    }
  }
}
