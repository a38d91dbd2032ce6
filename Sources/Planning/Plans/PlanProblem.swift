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
  /// Weights whose extents channel groups decide; each group of weights once at most.
  package var couplings: [ChannelCoupling] = [] {
    didSet { couplingOf = Dictionary(uniqueKeysWithValues: couplings.map { ($0.group, $0) }) }
  }
  /// Choices that exclude each other, by groups and their choices.
  package var exclusions: [ChoiceProblem.Cut] = []
  /// Whether the accuracy is known only of simulated plans: it is no sum then.
  package let simulatesAccuracy: Bool
  private(set) var couplingOf: [Int: ChannelCoupling] = [:]

  package init(
    groups: [PlanGroup],
    budgets: BudgetSet,
    goal: Goal,
    originals: [BudgetFigure: Double],
    simulatesAccuracy: Bool = false
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
    self.simulatesAccuracy = simulatesAccuracy
    corrections = groups.map { $0.choices.map { _ in 1 } }
    if budgets.limit(.accuracy) != nil, !simulatesAccuracy {
      for index in self.groups.indices {
        let known = self.groups[index].choices.filter { $0.accuracyDrop != nil }
        self.groups[index].choices = known
      }
      corrections = self.groups.map { $0.choices.map { _ in 1 } }
    }
  }

  /// The budgets whose figures are sums over the groups.
  package var additive: [BudgetSet.Entry] {
    budgets.entries.filter { entry in
      switch entry.budget.figure {
      case .arena, .latency: false
      case .accuracy: !simulatesAccuracy
      case .size, .weights, .macs, .divergence: true
      }
    }
  }

  /// The budgets whose figures only the whole plan tells.
  package var nonAdditive: [BudgetSet.Entry] {
    budgets.entries.filter { $0.budget.figure == .arena || $0.budget.figure == .latency }
  }

  /// The bytes of a group in a plan.
  package func bytes(_ group: Int, _ chosen: [Int]) -> Int {
    guard let coupling = couplingOf[group] else {
      return groups[group].choices[chosen[group]].bytes
    }
    return coupling.bytes[chosen[group]][coupling.combination(chosen)]
  }

  /// The multiply-adds that a group takes off the model in a plan.
  package func savedMultiplyAdds(_ group: Int, _ chosen: [Int]) -> Int {
    guard let coupling = couplingOf[group] else {
      return groups[group].choices[chosen[group]].savedMultiplyAdds
    }
    return coupling.savedMultiplyAdds[coupling.combination(chosen)]
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
      let saved = groups.indices.reduce(0) {
        $0 + groups[$1].choices[0].bytes - bytes($1, chosen)
      }
      return originals[figure].map { $0 - Double(saved) }
    case .macs:
      let saved = groups.indices.reduce(0) { $0 + savedMultiplyAdds($1, chosen) }
      return originals[figure].map { $0 - Double(saved) }
    case .divergence: return divergence(chosen).mean
    case .accuracy:
      guard !simulatesAccuracy else { return nil }
      let drops = choices.compactMap(\.accuracyDrop)
      guard drops.count == choices.count else { return nil }
      return originals[figure].map { $0 - drops.reduce(0, +) }
    case .arena, .latency: return nil
    }
  }

  /// A budget as a limit of the sum of what choices take.
  func limit(_ entry: BudgetSet.Entry) -> Double {
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

  /// What no plan within the limit does, learnt from one that is over it.
  ///
  /// Each cut has to exclude this plan and none within the limit. That not all its choices are made
  /// again is always such a cut; one of fewer members saves rounds.
  func cuts(_ figure: BudgetFigure, of chosen: [Int], limit: Double) -> [ChoiceProblem.Cut]

  /// The plan that takes least of these figures; `nil` where nobody knows.
  func least(_ problem: PlanProblem) -> [Int]?
}

extension FigureEvaluator {
  package func least(_ problem: PlanProblem) -> [Int]? { nil }

  package func cuts(_ figure: BudgetFigure, of chosen: [Int], limit: Double)
    -> [ChoiceProblem.Cut]
  {
    let members = chosen.enumerated().map {
      ChoiceProblem.Member(group: $0.offset, choice: $0.element)
    }
    return [.init(members: members, most: members.count - 1)]
  }
}
