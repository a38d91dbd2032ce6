import Differences

/// What a merge may not exceed: `analyze.policy/1`.
package struct Policy: Sendable, Equatable {
  /// The schema's name.
  package static let schema = "analyze.policy/1"

  /// The baseline that slow drift is measured against, from the policy's folder.
  package var pinned: String?
  package var budgets: [Budget]

  /// Limits for the models that fit a pattern.
  package struct Budget: Sendable, Equatable {
    /// Its place in the list.
    package var index: Int
    /// Paths or patterns, from the policy's folder.
    package var patterns: [String]
    package var constraints: [Constraint]
    /// Limits for the sum over all models that fit.
    package var totals: [Constraint]
    /// A sensitivity or plan file of the model, for the way back under a limit.
    package var advice: String?
  }

  /// Limits for one figure.
  package struct Constraint: Sendable, Equatable {
    package var figure: Figure
    package var scope: FigureScope
    /// Where it stands in the policy: `budgets[0].fileBytes`.
    package var path: String
    /// Inclusive.
    package var maximum: Int?
    /// Inclusive.
    package var minimum: Int?
    /// Against the baseline: how much more is allowed.
    package var growth: Allowance?
    /// Against the baseline: how much less is allowed.
    package var drop: Allowance?
    /// Against the pinned baseline: how much more is allowed.
    package var drift: Allowance?
    /// Changes of at most this much are noise.
    package var minimumDelta: Int
    /// Values of at most this much are not judged against a baseline.
    package var floor: Int
    package var level: Level
    package var onUnknown: UnknownPolicy
    /// Whether its sizes are written in powers of 1,024; the reader gets the units of the policy.
    package var usesBinaryUnits: Bool

    /// Whether it compares with another model.
    package var needsBaseline: Bool { growth != nil || drop != nil }
  }

  /// How much a value may change.
  package enum Allowance: Sendable, Equatable {
    /// Hundredths of a percent of the baseline's value.
    case relative(Int)
    /// In the figure's unit.
    case absolute(Int)
  }

  /// What a broken limit does.
  package enum Level: String, Sendable, CaseIterable {
    case off, warn, error
  }

  /// What an unknown value does.
  package enum UnknownPolicy: String, Sendable, CaseIterable {
    case fail, warn
  }

  /// The targets that its figures need.
  package var targets: [String] { names(\.scope.target) }
  /// The planners that its figures need.
  package var planners: [String] { names(\.scope.planner) }
  /// The sensitivity and plan files that its figures need.
  package var files: [String] { names(\.scope.file) }
  /// Whether some figure is the size after gzip.
  package var needsGzip: Bool { constraints.contains { $0.figure == .gzipBytes } }
  /// Whether some figure is the size after zstd.
  package var needsZstd: Bool { constraints.contains { $0.figure == .zstdBytes } }
  /// Whether some figure is compared with a baseline.
  package var needsBaseline: Bool { constraints.contains(where: \.needsBaseline) }

  private var constraints: [Constraint] {
    budgets.flatMap { $0.constraints + $0.totals }.filter { $0.level != .off }
  }

  private func names(_ key: KeyPath<Constraint, String?>) -> [String] {
    Set(constraints.compactMap { $0[keyPath: key] }).sorted()
  }
}
