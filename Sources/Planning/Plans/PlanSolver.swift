/// Finds the best plan by prediction.
package struct PlanSolver {
  /// The result of one search.
  package struct Outcome: Sendable, Equatable {
    package var solution: ChoiceSolution
    /// Searches until the exact figures met the budgets.
    package var rounds: Int
    /// Exact figures that are no sums, by figure.
    package var exact: [BudgetFigure: Double]
  }

  /// Searches with cuts before it gives up.
  package static let mostRounds = 200

  package var solver: ChoiceSolver

  package init(_ solver: ChoiceSolver = ChoiceSolver()) { self.solver = solver }

  /// Solves; figures that are no sums are computed for each answer, and those over their limit are
  /// cut off, until an answer keeps all.
  ///
  /// As each cut removes only plans that miss the budget, the answer is the best of those that keep it.
  package func solve(_ problem: PlanProblem, evaluator: (any FigureEvaluator)? = nil)
    throws(PlanningError) -> Outcome
  {
    var choices = problem.choiceProblem()
    let checked = problem.nonAdditive
    guard checked.isEmpty || evaluator != nil else {
      let names = checked.map(\.budget.figure.rawValue).joined(separator: " and ")
      throw PlanningError(.usage, "nothing here changes the \(names): only weights are planned")
    }
    for round in 1...Self.mostRounds {
      let solution = solver.solve(choices)
      guard !solution.chosen.isEmpty, let evaluator, !checked.isEmpty else {
        return Outcome(solution: solution, rounds: round, exact: [:])
      }
      var exact: [BudgetFigure: Double] = [:]
      var isKept = true
      for entry in checked {
        let figure = entry.budget.figure
        guard let value = try evaluator.figure(figure, of: solution.chosen) else {
          throw PlanningError(.usage, "the planned model's \(figure.rawValue) is unknown")
        }
        exact[figure] = value
        guard value > entry.limit else { continue }
        isKept = false
        let members = evaluator.culprits(figure, of: solution.chosen)
        choices.cuts.append(.init(members: members, most: members.count - 1))
      }
      if isKept { return Outcome(solution: solution, rounds: round, exact: exact) }
    }
    return Outcome(solution: .none(.unknown), rounds: Self.mostRounds, exact: [:])
  }

  /// Why no plan keeps the budgets.
  package struct Infeasibility: Sendable, Equatable {
    /// A budget, the least (for accuracy: the most) that any plan reaches, and the nearest limit with
    /// which all budgets can be kept together.
    package struct Figure: Sendable, Equatable {
      package var figure: BudgetFigure
      package var limit: Double
      package var reachable: Double
      package var nearest: Double?
      /// Whether it alone cannot be kept.
      package var isBinding: Bool { figure.isFloor ? reachable < limit : reachable > limit }
    }

    package var figures: [Figure]
  }

  /// Explains why the additive budgets cannot be kept: the nearest limits are those with the least
  /// greatest excess, as a share of each limit.
  package func explain(_ problem: PlanProblem) -> Infeasibility {
    let choices = problem.choiceProblem()
    let entries = problem.additive
    let nearest = solver.nearest(choices, elastic: Array(entries.indices))
    let figures = entries.enumerated().map { index, entry in
      let best = choices.groups.map { group in
        group.indices.min { group[$0].uses[index] < group[$1].uses[index] } ?? 0
      }
      let figure = entry.budget.figure
      let reached = nearest.flatMap { problem.predicted(figure, $0.chosen) }
      return Infeasibility.Figure(
        figure: figure,
        limit: entry.limit,
        reachable: problem.predicted(figure, best) ?? .nan,
        nearest: reached.map { figure.isFloor ? min($0, entry.limit) : max($0, entry.limit) }
      )
    }
    return Infeasibility(figures: figures)
  }

  /// What a little more of a budget is worth.
  package struct Marginal: Sendable, Equatable {
    package var figure: BudgetFigure
    /// How much more was given: one percent of the limit, at least one unit.
    package var step: Double
    /// How much lower the cost then is.
    package var gain: Double
    /// Whether it is worth anything: the budget binds.
    package var binds: Bool { gain > 0 }
  }

  /// The gain from one percent more of each additive budget: a finite difference, as costs of choices
  /// are steps and have no derivative.
  package func marginals(_ problem: PlanProblem, _ solution: ChoiceSolution) -> [Marginal] {
    guard !solution.chosen.isEmpty else { return [] }
    return problem.additive.enumerated().map { index, entry in
      var choices = problem.choiceProblem()
      let step = max(entry.limit.magnitude * 0.01, entry.budget.figure == .divergence ? 0 : 1e-9)
      choices.limits[index] += step
      let other = solver.solve(choices)
      let gain = other.chosen.isEmpty ? 0 : max(0, solution.cost - other.cost)
      // What the solver's own gap could explain is no gain.
      let isReal = gain > 2 * solver.gap * solution.cost.magnitude
      return Marginal(figure: entry.budget.figure, step: step, gain: isReal ? gain : 0)
    }
  }

  /// A plan that no other one beats in both size and divergence.
  package struct Point: Sendable, Equatable {
    package var bytes: Int
    package var divergence: Double
    package var chosen: [Int]
    /// What is done to each site that is changed, by its place in the table.
    package var actions: [Int: String] = [:]
  }

  /// The trade between size and divergence, without the budgets: `count` sizes evenly spaced from the
  /// smallest to the original's, each with its least divergence.
  ///
  /// - Returns: The points by size; fewer where several sizes have one answer.
  package func front(_ problem: PlanProblem, count: Int = 16) -> [Point] {
    var choices = ChoiceProblem(
      groups: problem.groups.indices.map { group in
        problem.groups[group].choices.indices.map { index in
          .init(
            cost: problem.divergence(group, index),
            uses: [Double(problem.groups[group].choices[index].bytes)]
          )
        }
      },
      limits: [0]
    )
    let least = choices.least(0)
    let most = problem.groups.reduce(0.0) { $0 + Double($1.choices[0].bytes) }
    var points: [Point] = []
    // Square spacing: the trade is steepest at the small end.
    for index in 0..<max(count, 2) {
      let share = Double(index) / Double(max(count, 2) - 1)
      choices.limits[0] = (least + share * share * (most - least)).rounded()
      let solution = solver.solve(choices)
      guard !solution.chosen.isEmpty, let size = problem.predicted(.size, solution.chosen) else {
        continue
      }
      let point = Point(
        bytes: Int(size),
        divergence: solution.cost,
        chosen: solution.chosen,
        actions: Self.actions(problem, solution.chosen)
      )
      if let last = points.last, last.divergence <= point.divergence { continue }
      points.append(point)
    }
    return points
  }

  private static func actions(_ problem: PlanProblem, _ chosen: [Int]) -> [Int: String] {
    var actions: [Int: String] = [:]
    for (group, choice) in zip(problem.groups, chosen) {
      guard let action = group.choices[choice].action else { continue }
      for site in group.sites { actions[site] = action }
    }
    return actions
  }
}
