/// What a plan may do, what it must keep, and what it is to make small.
package struct PlanProblem: Sendable {
  /// What is made small.
  package enum Goal: String, Sendable, CaseIterable {
    /// The least divergence under the budgets.
    case accuracy
    /// The least size with a floor for accuracy or a ceiling for divergence.
    case size
  }

  package var groups: [PlanGroup]
  package var budgets: BudgetSet
  package var goal: Goal
  /// Figures of the model as it is.
  package var originals: [BudgetFigure: Double]
  /// Factors on divergences by group and choice, from joint trials; 1 at first.
  package var corrections: [[Double]]

  package init(
    groups: [PlanGroup],
    budgets: BudgetSet,
    goal: Goal,
    originals: [BudgetFigure: Double]
  ) throws(PlanningError) {
    guard !groups.isEmpty else {
      throw PlanningError(.usage, "no action can be taken on the model's weights")
    }
    if goal == .size, budgets.limit(.accuracy) == nil, budgets.limit(.divergence) == nil {
      throw PlanningError(
        .usage,
        "the least size needs a floor",
        hint: "add --budget \"accuracy>=98%\" or --budget \"divergence<=0.05\""
      )
    }
    self.groups = groups
    self.budgets = budgets
    self.goal = goal
    self.originals = originals
    corrections = groups.map { $0.choices.map { _ in 1 } }
    if budgets.limit(.accuracy) != nil {
      for index in self.groups.indices {
        let known = self.groups[index].choices.filter { $0.accuracyDrop != nil }
        self.groups[index].choices = known
      }
      corrections = self.groups.map { $0.choices.map { _ in 1 } }
    }
  }

  /// The budgets whose figures are sums over the groups.
  package var additive: [BudgetSet.Entry] {
    budgets.entries.filter { $0.budget.figure != .arena && $0.budget.figure != .latency }
  }

  /// The budgets whose figures only the whole plan tells.
  package var nonAdditive: [BudgetSet.Entry] {
    budgets.entries.filter { $0.budget.figure == .arena || $0.budget.figure == .latency }
  }

  /// The divergence that is expected of a choice.
  package func divergence(_ group: Int, _ choice: Int) -> Double {
    groups[group].choices[choice].divergence.mean * corrections[group][choice]
  }

  /// The divergence that is expected of a plan: the sum, as corrected.
  package func divergence(_ chosen: [Int]) -> SensitivityTable.Interval {
    var result = SensitivityTable.Interval(mean: 0, low: 0, high: 0)
    for (group, choice) in chosen.enumerated() {
      let interval = groups[group].choices[choice].divergence
      result.mean += interval.mean * corrections[group][choice]
      result.low += interval.low * corrections[group][choice]
      result.high += interval.high * corrections[group][choice]
    }
    return result
  }

  /// What a plan's figure is expected to be; `nil` where it is unknown or no sum.
  package func predicted(_ figure: BudgetFigure, _ chosen: [Int]) -> Double? {
    let choices = zip(groups, chosen).map { $0.choices[$1] }
    switch figure {
    case .size, .weights:
      let saved = zip(groups, choices).reduce(0) { $0 + $1.0.choices[0].bytes - $1.1.bytes }
      return originals[figure].map { $0 - Double(saved) }
    case .macs:
      return originals[figure].map { $0 - Double(choices.reduce(0) { $0 + $1.savedMultiplyAdds }) }
    case .divergence: return divergence(chosen).mean
    case .accuracy:
      let drops = choices.compactMap(\.accuracyDrop)
      guard drops.count == choices.count else { return nil }
      return originals[figure].map { $0 - drops.reduce(0, +) }
    case .arena, .latency: return nil
    }
  }

  /// The same as a problem of choices.
  package func choiceProblem() -> ChoiceProblem {
    let entries = additive
    let all = groups.indices.map { group in
      groups[group].choices.indices.map { index in
        let choice = groups[group].choices[index]
        return ChoiceProblem.Choice(
          cost: goal == .size ? Double(choice.bytes) : divergence(group, index),
          uses: entries.map { entry in
            switch entry.budget.figure {
            case .size, .weights: Double(choice.bytes)
            case .macs: Double(-choice.savedMultiplyAdds)
            case .divergence: divergence(group, index)
            case .accuracy: choice.accuracyDrop ?? 0
            case .arena, .latency: 0
            }
          }
        )
      }
    }
    return ChoiceProblem(groups: all, limits: entries.map(limit))
  }

  /// A budget as a limit of the sum of what choices take.
  private func limit(_ entry: BudgetSet.Entry) -> Double {
    let original = originals[entry.budget.figure] ?? 0
    switch entry.budget.figure {
    case .size, .weights:
      let planned = groups.reduce(0) { $0 + $1.choices[0].bytes }
      return entry.limit - (original - Double(planned))
    case .macs: return entry.limit - original
    case .accuracy: return original - entry.limit
    case .divergence, .arena, .latency: return entry.limit
    }
  }
}

/// Computes figures that are no sums, for a whole plan.
package protocol FigureEvaluator {
  /// The exact figure; `nil` where it is unknown.
  func figure(_ figure: BudgetFigure, of chosen: [Int]) throws(PlanningError) -> Double?

  /// The choices that a plan over a limit must not all make.
  ///
  /// The figure of any plan that makes all of them is above the limit. All choices of the plan always
  /// are such a set; a smaller one saves rounds.
  func culprits(_ figure: BudgetFigure, of chosen: [Int]) -> [ChoiceProblem.Member]
}

extension FigureEvaluator {
  package func culprits(_ figure: BudgetFigure, of chosen: [Int]) -> [ChoiceProblem.Member] {
    chosen.enumerated().map { .init(group: $0.offset, choice: $0.element) }
  }
}
