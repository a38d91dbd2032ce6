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

  /// Searches with cuts before it gives up, and how long they may take together.
  package static let mostRounds = 400
  static let mostTime = Duration.seconds(60)

  package var solver: ChoiceSolver

  package init(_ solver: ChoiceSolver = ChoiceSolver()) { self.solver = solver }

  /// Solves; figures that are no sums are computed for each answer, and those over their limit are
  /// cut off, until an answer keeps all.
  ///
  /// As each cut removes only plans that miss the budget, the answer is the best of those that keep it.
  package func solve(_ problem: PlanProblem, evaluator: (any FigureEvaluator)? = nil)
    throws(PlanningError) -> Outcome
  {
    let checked = problem.nonAdditive
    var expanded =
      checked.isEmpty && problem.goal == .accuracy
      ? bounded(problem) { problem.expanded(allows: $0) } : problem.expanded()
    guard checked.isEmpty || evaluator != nil else {
      let names = checked.map(\.budget.figure.rawValue).joined(separator: " and ")
      throw PlanningError(.usage, "nothing here changes the \(names): only weights are planned")
    }
    let started = ContinuousClock.now
    for round in 1...Self.mostRounds {
      if ContinuousClock.now - started > Self.mostTime { break }
      let solution = expanded.decisions(solver.solve(expanded.problem))
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
        for cut in evaluator.cuts(figure, of: solution.chosen, limit: entry.limit) {
          expanded.problem.cuts.append(expanded.cut(cut))
        }
      }
      if isKept { return Outcome(solution: solution, rounds: round, exact: exact) }
    }
    return Outcome(solution: .none(.unknown), rounds: Self.mostRounds, exact: [:])
  }

  /// A problem of the least divergence without the choices that alone cost more than a plan that is
  /// known: one that leaves the channels as they are, which is quickly found.
  private func bounded(
    _ problem: PlanProblem,
    _ expanded: (_ allows: (Int, Int) -> Bool) -> PlanProblem.Expanded
  ) -> PlanProblem.Expanded {
    guard !problem.couplings.isEmpty else { return expanded { _, _ in true } }
    let known = solver.solve(expanded(problem.keepsChannels).problem)
    guard !known.chosen.isEmpty else { return expanded { _, _ in true } }
    return expanded { problem.divergence($0, $1) <= known.cost * (1 + 1e-9) }
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
  ///
  /// Of a figure that is no sum the least is what the plan with the smallest numbers and the fewest
  /// channels reaches; the nearest limit is the least of a few that were tried, all others kept.
  package func explain(_ problem: PlanProblem, evaluator: (any FigureEvaluator)? = nil)
    throws(PlanningError) -> Infeasibility
  {
    let expanded = problem.expanded()
    let entries = problem.additive
    let closest = solver.nearest(expanded.problem, elastic: Array(entries.indices))
      .map(expanded.decisions)
    let figures = entries.map { entry in
      let figure = entry.budget.figure
      let best = least(problem, figure) ?? problem.groups.map { _ in 0 }
      let reached = closest.flatMap { problem.predicted(figure, $0.chosen) }
      return Infeasibility.Figure(
        figure: figure,
        limit: entry.limit,
        reachable: problem.predicted(figure, best) ?? .nan,
        nearest: reached.map { figure.isFloor ? min($0, entry.limit) : max($0, entry.limit) }
      )
    }
    var all = figures
    for (index, entry) in problem.budgets.entries.enumerated()
    where entry.budget.figure == .arena || entry.budget.figure == .latency {
      guard let evaluator, let smallest = evaluator.least(problem),
        let reachable = try evaluator.figure(entry.budget.figure, of: smallest)
      else { continue }
      all.append(
        Infeasibility.Figure(
          figure: entry.budget.figure,
          limit: entry.limit,
          reachable: reachable,
          nearest: try nearest(problem, index, from: reachable, evaluator)
        )
      )
    }
    return Infeasibility(figures: all)
  }

  /// The least limit of a figure that is no sum with which a plan exists, within a few steps.
  private func nearest(
    _ problem: PlanProblem,
    _ index: Int,
    from least: Double,
    _ evaluator: any FigureEvaluator
  ) throws(PlanningError) -> Double? {
    let entry = problem.budgets.entries[index]
    func reached(_ limit: Double) throws(PlanningError) -> Double? {
      var looser = problem
      looser.budgets.entries[index].limit = limit
      let chosen = try solve(looser, evaluator: evaluator).solution.chosen
      return chosen.isEmpty ? nil : try evaluator.figure(entry.budget.figure, of: chosen)
    }
    guard var best = try reached(max(entry.original ?? .infinity, entry.limit)) else { return nil }
    var low = max(entry.limit, least)
    for _ in 0..<6 where best > low * 1.01 {
      let middle = (low + best) / 2
      if let found = try reached(middle) { best = found } else { low = middle }
    }
    return max(best, entry.limit)
  }

  /// The plan that takes least of a figure, whatever the budgets.
  func least(_ problem: PlanProblem, _ figure: BudgetFigure) -> [Int]? {
    let expanded = problem.expanded(
      limits: [],
      cost: { problem.use(figure, $0, $1, $2, $3) },
      uses: { _, _, _, _ in [] }
    )
    let found = expanded.decisions(solver.solve(expanded.problem))
    return found.chosen.isEmpty ? nil : found.chosen
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

  /// The gain from one percent more of each budget: a finite difference, as costs of choices are steps
  /// and have no derivative.
  package func marginals(
    _ problem: PlanProblem,
    _ solution: ChoiceSolution,
    evaluator: (any FigureEvaluator)? = nil
  ) throws(PlanningError) -> [Marginal] {
    guard !solution.chosen.isEmpty else { return [] }
    var marginals: [Marginal] = []
    for (index, entry) in problem.budgets.entries.enumerated() {
      let figure = entry.budget.figure
      let step = max(entry.limit.magnitude * 0.01, figure == .divergence ? 0 : 1e-9)
      var looser = problem
      looser.budgets.entries[index].limit += figure.isFloor ? -step : step
      let other = try solve(looser, evaluator: evaluator).solution
      let gain = other.chosen.isEmpty ? 0 : max(0, solution.cost - other.cost)
      // What the solver's own gap could explain is no gain.
      let isReal = gain > 2 * solver.gap * solution.cost.magnitude
      marginals.append(Marginal(figure: figure, step: step, gain: isReal ? gain : 0))
    }
    return marginals
  }

  /// A plan that no other one beats in both size and divergence.
  package struct Point: Sendable, Equatable {
    package var bytes: Int
    package var divergence: Double
    package var chosen: [Int]
    /// What is done to each site that is changed, by its place in the table.
    package var actions: [Int: String] = [:]
  }

  /// Points of a front below which gaps are looked into.
  private static let leastPoints = 16

  /// The trade between size and divergence, without the budgets: `count` sizes evenly spaced from the
  /// smallest to the original's, each with its least divergence; where that gives few points, all that
  /// lie between them.
  ///
  /// - Returns: The points by size; few where a model has few answers.
  package func front(_ problem: PlanProblem, count: Int = 16) -> [Point] {
    // A picture needs no proof to the last digit.
    var quick = self
    quick.solver.gap = max(solver.gap, 1e-3)
    func weights(_ chosen: [Int]) -> Double {
      problem.groups.indices.reduce(0.0) { $0 + Double(problem.bytes($1, chosen)) }
    }
    func point(within limit: Double) -> Point? {
      let expanded = quick.bounded(problem) { allows in
        problem.expanded(
          limits: [limit],
          cost: { group, choice, _, _ in problem.divergence(group, choice) },
          uses: { _, _, bytes, _ in [Double(bytes)] },
          allows: allows
        )
      }
      let solution = expanded.decisions(quick.solver.solve(expanded.problem))
      guard !solution.chosen.isEmpty, let size = problem.predicted(.size, solution.chosen) else {
        return nil
      }
      return Point(
        bytes: Int(size),
        divergence: solution.cost,
        chosen: solution.chosen,
        actions: Self.actions(problem, solution.chosen)
      )
    }
    let smallest = self.least(problem, .weights) ?? []
    guard !smallest.isEmpty else { return [] }
    let least = weights(smallest)
    let most = problem.groups.reduce(0.0) { $0 + Double($1.choices[0].bytes) }
    var points: [Point] = []
    // Square spacing: the trade is steepest at the small end.
    for index in 0..<max(count, 2) {
      let share = Double(index) / Double(max(count, 2) - 1)
      guard let point = point(within: (least + share * share * (most - least)).rounded()) else {
        continue
      }
      if let last = points.last, last.divergence <= point.divergence { continue }
      points.append(point)
    }
    // A byte less than a point's size gives the next one below it.
    var closed: Set<Int> = []
    while points.count < Self.leastPoints {
      let gaps = points.indices.dropFirst().filter { !closed.contains(points[$0].bytes) }
      guard
        let place = gaps.max(by: { left, right in
          points[left].bytes - points[left - 1].bytes < points[right].bytes
            - points[right - 1].bytes
        })
      else { break }
      guard let found = point(within: weights(points[place].chosen) - 1),
        found.bytes > points[place - 1].bytes, found.bytes < points[place].bytes,
        found.divergence < points[place - 1].divergence
      else {
        closed.insert(points[place].bytes)
        continue
      }
      points.insert(found, at: place)
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
