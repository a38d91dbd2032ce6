/// How long a run takes on a target, from published peaks.
package struct LatencyEstimate: Sendable, Equatable {
  /// What an operator's time is made of.
  package enum Bound: String, Sendable {
    case arithmetic, memory, overhead
  }

  /// One operator's share.
  package struct OperatorTime: Sendable, Equatable {
    /// An index into the report's operators.
    package var index: Int
    package var milliseconds: Double
    /// The greatest part of it.
    package var bound: Bound
  }

  package var target: String
  package var milliseconds: Double
  package var operators: [OperatorTime]
  /// Whether a figure is missing, so that the time is only what nothing can do without.
  package var isLowerBound: Bool { lacksBandwidth || lacksOverhead || lacksRate }
  /// Whether the target states no bandwidth, so that bytes took no time.
  package var lacksBandwidth: Bool
  /// Whether the target states no overhead of an operator.
  package var lacksOverhead: Bool
  /// Whether the target states no rate for a type that some operators without multiply-adds have.
  package var lacksRate: Bool
  /// What was assumed: lower case, no full stop.
  package var assumptions: [String]
}
