/// Alternates between solving by prediction and simulating the whole plan, because divergences do not
/// add up.
///
/// After each simulation that differs from the prediction, the changed groups are tried one by one: the
/// plan without a group says what the group costs *in the plan*. Those costs, brought to the sum that
/// was simulated, correct the prediction of the group's choices; groups without a trial take the common
/// factor. The search ends where prediction and simulation agree, where a plan comes again, or after
/// the last round, with the best plan that was simulated.
package struct PlanLoop {
  /// One round.
  package struct Round: Sendable, Equatable {
    package var chosen: [Int]
    package var predicted: Double
    package var simulated: Double
    /// Simulations of the plan without one group.
    package var trials: Int
    /// Budgets of divergence and accuracy, as simulated.
    package var keepsBudgets: Bool
  }

  /// The end of the search.
  package struct Outcome: Sendable {
    package var problem: PlanProblem
    package var solution: ChoiceSolution
    package var figures: SimulatedFigures?
    package var rounds: [Round]
    /// Whether the last prediction was within the tolerance.
    package var agrees: Bool
  }

  package var solver: PlanSolver
  /// Prediction and simulation agree where they differ by less than this share of the simulation.
  package var tolerance: Double
  package var mostRounds: Int
  /// The most trials of a round; the groups with the greatest predicted divergence come first.
  package var mostTrials: Int

  package init(
    _ solver: PlanSolver = PlanSolver(),
    tolerance: Double = 0.1,
    mostRounds: Int = 8,
    mostTrials: Int = 64
  ) {
    self.solver = solver
    self.tolerance = tolerance
    self.mostRounds = mostRounds
    self.mostTrials = mostTrials
  }

  /// Runs the search.
  package func run(
    _ start: PlanProblem,
    simulator: any PlanSimulator,
    evaluator: (any FigureEvaluator)? = nil
  ) throws(PlanningError) -> Outcome {
    var problem = start
    var rounds: [Round] = []
    var best: (solution: ChoiceSolution, figures: SimulatedFigures, keeps: Bool, value: Double)?
    var agrees = false
    var last = ChoiceSolution.none(.unknown)
    for _ in 0..<max(mostRounds, 1) {
      last = try solver.solve(problem, evaluator: evaluator).solution
      guard !last.chosen.isEmpty else { break }
      let figures = try simulator.simulate(last.chosen)
      let predicted = problem.divergence(last.chosen).mean
      let simulated = figures.divergence.mean
      let keeps = Self.keeps(problem, figures)
      let value = problem.goal == .size ? last.cost : simulated
      if best.map({ keeps && !$0.keeps || keeps == $0.keeps && value < $0.value }) ?? true {
        best = (last, figures, keeps, value)
      }
      agrees = abs(predicted - simulated) <= tolerance * max(simulated, 1e-12)
      let cameAgain = rounds.contains { $0.chosen == last.chosen }
      var round = Round(
        chosen: last.chosen,
        predicted: predicted,
        simulated: simulated,
        trials: 0,
        keepsBudgets: keeps
      )
      if agrees || cameAgain {
        rounds.append(round)
        break
      }
      round.trials = try correct(&problem, last.chosen, simulated, simulator)
      rounds.append(round)
    }
    guard let best else {
      return Outcome(problem: problem, solution: last, figures: nil, rounds: rounds, agrees: false)
    }
    return Outcome(
      problem: problem,
      solution: best.solution,
      figures: best.figures,
      rounds: rounds,
      agrees: agrees
    )
  }

  /// Whether simulated figures keep the budgets that they are about.
  package static func keeps(_ problem: PlanProblem, _ figures: SimulatedFigures) -> Bool {
    if let most = problem.budgets.limit(.divergence), figures.divergence.mean > most {
      return false
    }
    guard let floor = problem.budgets.limit(.accuracy), let accuracy = figures.accuracy else {
      return true
    }
    return accuracy >= floor
  }

  /// - Returns: How many trials it took.
  private func correct(
    _ problem: inout PlanProblem,
    _ chosen: [Int],
    _ simulated: Double,
    _ simulator: any PlanSimulator
  ) throws(PlanningError) -> Int {
    let predicted = problem.divergence(chosen).mean
    guard predicted > 0, simulated > 0 else { return 0 }
    let common = simulated / predicted
    let changed = chosen.indices.filter { problem.groups[$0].choices[chosen[$0]].action != nil }
      .sorted { left, right in
        let costs = (
          problem.divergence(left, chosen[left]), problem.divergence(right, chosen[right])
        )
        return costs.0 == costs.1 ? left < right : costs.0 > costs.1
      }
    let tried = changed.prefix(mostTrials)
    var marginals: [Int: Double] = [:]
    for group in tried {
      var without = chosen
      without[group] = 0
      marginals[group] = max(0, simulated - (try simulator.simulate(without)).divergence.mean)
    }
    let expected = tried.reduce(0) { $0 + problem.divergence($1, chosen[$1]) }
    let sum = tried.reduce(0) { $0 + (marginals[$1] ?? 0) }
    // What untried groups are taken to cost is not the tried ones' to explain.
    let share = expected * common
    for group in problem.groups.indices {
      var factor = common
      if let marginal = marginals[group], sum > 0 {
        let mine = problem.divergence(group, chosen[group])
        factor = mine > 0 ? marginal * share / sum / mine : 1
      }
      // A group that seems free in this plan is not free in every other one.
      factor = min(max(factor, common / 10), common * 10)
      for choice in problem.corrections[group].indices {
        problem.corrections[group][choice] *= factor
      }
    }
    return tried.count
  }
}
