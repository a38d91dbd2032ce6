import ByteIO
import ModelIR
import Operators

/// Why a model cannot be run, and at which operator.
package struct ExecutionError: Error, Equatable, Sendable {
  package var code: ErrorCode
  /// What is wrong: lower case, no full stop.
  package var message: String
  /// The place in the model's structure: `subgraphs[0].operators[12]`.
  package var path: String?

  package init(_ code: ErrorCode, _ message: String, path: String? = nil) {
    self.code = code
    self.message = message
    self.path = path
  }

  /// An operator's refusal, with the node that it is about.
  init(_ error: OperatorError, node: Node) {
    self.init(
      error.code,
      "operator \"\(node.name)\" (\(node.origin.sourceType)): \(error.message)",
      path: node.origin.path
    )
  }
}
