import ModelIR

/// What a target makes of a model: computed once, written by every writer.
///
/// What is not known is `nil`, with a finding that says why.
package struct TargetReport: Sendable {
  /// The three answers.
  package enum Verdict: String, Sendable {
    case supported, unsupported, unknown
  }

  package var name: String
  package var title: String
  package var version: String
  package var runtime: String
  package var verdict: Verdict
  /// The format whose rules were used, where it is not the model's.
  package var checkedAs: ModelFormat?
  /// Where operators run that the target does not; `nil` where the model is refused.
  package var fallback: String?
  /// How many operators there are of each answer.
  package var supported = 0
  package var unsupported = 0
  package var unknown = 0
  /// The graver first, then by operator.
  package var findings: [TargetFinding] = []
  /// Groups of operators that run in one place, one after the other; `nil` where an operator is
  /// unknown or the model is refused.
  package var partitions: Int?
  /// The operators that run on the fallback; `nil` as above.
  package var fallbackOperators: [Int]?
  /// Bytes that go from one place to another in a run; `nil` where a size is open.
  package var boundaryBytes: Int?
  /// Each tensor that crosses, in the order of its producer.
  package var crossings: [Crossing] = []
  /// The estimated time of a run; `nil` where the target has no figures for it.
  package var estimatedMilliseconds: Double?

  /// A tensor that is computed in one place and read in another.
  package struct Crossing: Sendable, Equatable {
    package var tensor: String
    /// The operator that computes it.
    package var from: Int
    /// The first operator elsewhere that reads it.
    package var to: Int
    package var bytes: Int?
  }
}

/// One thing that a target says about a model or one of its operators.
package struct TargetFinding: Sendable, Equatable {
  /// The position in execution order over all graphs; `nil` for the whole model.
  package var operatorIndex: Int?
  /// The operator as the format spells it.
  package var sourceType: String?
  package var sourceVersion: Int?
  /// The user's layer, or the operator's own name.
  package var layer: String?
  /// The target's operator that it was checked as, where the model's format is another one.
  package var checkedAs: String?
  /// What is broken, such as `type`, `version` or `attribute strides`.
  package var rule: String
  package var severity: Diagnostic.Severity
  /// What was seen and what is allowed, without the place: equal texts are one finding for a person.
  package var detail: String
  package var fix: String?
  /// Where the rule was read: `project, file (version, date)`.
  package var source: String?

  /// The finding in a sentence, with its place.
  package var message: String {
    guard let operatorIndex, let sourceType else { return detail }
    var place = sourceType
    if let sourceVersion { place += " version \(sourceVersion)" }
    if let layer, !layer.isEmpty { place += ", \(layer)" }
    return "operator \(operatorIndex) (\(place)): "
      + (checkedAs.map { "as \($0): " } ?? "") + detail
  }
}
