/// Something that was understood but matters; it is listed in the report.
package struct Diagnostic: Equatable, Sendable {
  /// How much it matters.
  package enum Severity: String, Sendable, Comparable {
    case error, warning, note

    private var rank: Int {
      switch self {
      case .error: 0
      case .warning: 1
      case .note: 2
      }
    }

    /// The graver one comes first.
    package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
  }

  /// The stable code: a letter for the area, two digits, and words: `B02 duplicate-weights`.
  package var code: String
  package var severity: Severity
  /// What was seen: lower case, no full stop.
  package var message: String
  /// What to do about it; `nil` where there is nothing to do.
  package var fix: String?
  package var graph: GraphID
  package var node: NodeID?

  package init(
    _ code: String,
    _ severity: Severity,
    _ message: String,
    fix: String? = nil,
    graph: GraphID = GraphID(0),
    node: NodeID? = nil
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.fix = fix
    self.graph = graph
    self.node = node
  }
}
