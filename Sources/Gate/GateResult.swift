import Differences

/// What the gate found: every check with its verdict.
package struct GateResult: Sendable, Equatable {
  /// The answer to a check and of the whole gate.
  package enum Verdict: String, Sendable {
    case pass, fail, undecidable
  }

  /// What is compared with what.
  package enum Kind: String, Sendable {
    /// A value and its greatest or least.
    case maximum, minimum
    /// A value and the baseline's.
    case growth, drop
    /// A value and the pinned baseline's.
    case drift
    /// A file that is suspiciously smaller than the baseline's.
    case shrink
    /// Whether there is something to judge at all.
    case readable
  }

  /// One comparison.
  package struct Check: Sendable, Equatable {
    /// The model's path, or the patterns of a sum.
    package var model: String
    /// Where the limit stands in the policy: `budgets[0].fileBytes`; `nil` where it is none of its.
    package var budget: String?
    package var figure: Figure?
    package var scope: FigureScope
    package var kind: Kind
    /// The limit as a value of the figure: what is allowed after growth is worked out.
    package var limit: Int?
    /// What the policy allows against a baseline.
    package var allowance: Policy.Allowance?
    package var value: Int?
    package var baseline: Int?
    package var verdict: Verdict
    /// Whether the policy only warns.
    package var isAdvisory: Bool
    /// Whether sizes are shown in powers of 1,024, as the policy writes them.
    package var usesBinaryUnits = true
    /// Why it is undecidable.
    package var reason: String?
    package var code: String?
  }

  /// An operator's part in a change, or in a value where there is nothing to compare with.
  package struct Cause: Sendable, Equatable {
    package var title: String
    package var status: ModelDifference.Status?
    package var changes: [ModelDifference.Change]
    package var amount: Int
    package var unit: Figure.Unit
  }

  /// Why the checks of a model fail.
  package struct Explanation: Sendable, Equatable {
    package var model: String
    package var figure: Figure
    /// Whether the amounts are changes against a baseline.
    package var isChange: Bool
    package var causes: [Cause]
    /// The part that no operator explains.
    package var rest: Int
    /// The cheapest way back under the lowest limit; `nil` where none is known.
    package var wayBack: WayBack?
  }

  package var checks: [Check]
  package var explanations: [Explanation]
  package var models: [String]
  package var verdict: Verdict
  /// Whether the verdict decides the exit code.
  package var isEnforced: Bool

  /// 0, 1 or 2.
  package var exitCode: Int {
    switch verdict {
    case .pass: 0
    case .fail: isEnforced ? 1 : 0
    case .undecidable: 2
    }
  }
}
