import Differences

/// What a new policy allows that the old one did not.
package struct PolicyComparison {
  private let old: Policy
  private let models: [(path: String, report: ReportSnapshot)]
  private let draft: PolicyDraft

  package init(
    old: Policy,
    models: [(path: String, report: ReportSnapshot)],
    draft: PolicyDraft
  ) {
    self.old = old
    self.models = models
    self.draft = draft
  }

  /// One line for each limit that rises or is gone.
  package var loosened: [String] {
    var lines: [String] = []
    for (path, report) in models {
      let limits = draft.limits(of: report)
      let budgets = old.budgets.filter { budget in
        budget.patterns.contains { PathPattern($0)?.matches(path) ?? false }
      }
      for constraint in budgets.flatMap(\.constraints) {
        guard let before = constraint.maximum else { continue }
        let now = limits.first { $0.figure == constraint.figure && $0.scope == constraint.scope }
        if let now {
          guard now.limit > before else { continue }
          lines.append("\(path): \(constraint.figure.rawValue) from \(before) to \(now.limit)")
        } else {
          lines.append("\(path): \(constraint.figure.rawValue) is no longer limited")
        }
      }
    }
    return lines
  }
}

/// What a new baseline takes for granted that the old one did not.
package struct BaselineComparison {
  private let old: [ReportSnapshot]
  private let new: [ReportSnapshot]

  package init(old: [ReportSnapshot], new: [ReportSnapshot]) {
    self.old = old
    self.new = new
  }

  /// One line for each figure that rises, and for each model that is gone.
  package var loosened: [String] {
    var lines: [String] = []
    for before in old {
      guard let after = new.first(where: { $0.path == before.path }) else {
        lines.append("\(before.path) is no longer in it")
        continue
      }
      for total in ModelDifference(before, after).totals {
        guard let delta = total.delta, delta > 0, let was = total.old, let now = total.new else {
          continue
        }
        lines.append("\(before.path): \(total.name) from \(was) to \(now)")
      }
    }
    return lines
  }
}
