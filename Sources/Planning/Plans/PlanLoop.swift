import Calibration

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Alternates between solving by prediction and simulating the whole plan, because divergences do not
/// add up.
///
/// After each simulation that differs from the prediction, the changed groups are tried one by one: the
/// plan without a group says what the group costs *in the plan*. Those costs, brought to the sum that
/// was simulated, correct the prediction of the group's choices; groups without a trial take the common
/// factor. Where the least size is looked for under a floor for accuracy, a ceiling for the divergence
/// stands in for it, which moves with each simulation. The search ends where prediction and simulation
/// agree, where a plan comes again, or after the last round, with the best plan that was simulated.
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
    /// Groups that were tried in the plan, with the choice that was tried.
    package var tried: [Int: Int] = [:]
    /// Whether it was told to stop.
    package var isCutShort = false
    /// The action that is best everywhere, where that is better than every solution.
    package var uniform: String?
  }

  package var solver: PlanSolver
  /// Prediction and simulation agree where they differ by less than this share of the simulation.
  package var tolerance: Double
  package var mostRounds: Int
  /// The most trials of a round; the groups with the greatest predicted divergence come first.
  package var mostTrials: Int
  /// Plans near the best one that are simulated beside it.
  package var mostVariants = 0
  /// Simulations of plans that differ from the best one in a group or two.
  package var mostExchanges = 0
  /// Whether plans of one action everywhere are simulated too.
  package var triesUniform = false

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

  private struct Candidate {
    var solution: ChoiceSolution
    var figures: SimulatedFigures
    var keeps: Bool
    var value: Double

    func isBetter(than other: Candidate?) -> Bool {
      guard let other else { return true }
      return keeps && !other.keeps || keeps == other.keeps && value < other.value
    }
  }

  /// Runs the search.
  ///
  /// - Parameters:
  ///   - start: What may be done.
  ///   - simulator: Runs plans.
  ///   - evaluator: Knows the figures that are no sums.
  ///   - isOver: Asked between simulations whether to stop.
  ///   - progress: Told of each simulation.
  /// - Returns: The best plan that was simulated.
  /// - Throws: where a simulation fails.
  package func run(
    _ start: PlanProblem,
    simulator: any PlanSimulator,
    evaluator: (any FigureEvaluator)? = nil,
    isOver: () -> Bool = { false },
    progress: (_ round: Int) -> Void = { _ in }
  ) throws(PlanningError) -> Outcome {
    var problem = start
    var outcome = Outcome(problem: start, solution: .none(.unknown), rounds: [], agrees: false)
    var best: Candidate?
    var last = ChoiceSolution.none(.unknown)
    var ceiling = ImpliedCeiling(start)
    for index in 0..<max(mostRounds, 1) {
      progress(index)
      if let limit = ceiling?.limit { problem.imply(divergence: limit) }
      last = try solver.solve(problem, evaluator: evaluator).solution
      guard !last.chosen.isEmpty else { break }
      let candidate = try candidate(last, problem, simulator)
      if candidate.isBetter(than: best) { best = candidate }
      let predicted = problem.divergence(last.chosen).mean
      let simulated = candidate.figures.divergence.mean
      outcome.agrees = abs(predicted - simulated) <= tolerance * max(simulated, 1e-12)
      let cameAgain = outcome.rounds.contains { $0.chosen == last.chosen }
      var round = Round(
        chosen: last.chosen,
        predicted: predicted,
        simulated: simulated,
        trials: 0,
        keepsBudgets: candidate.keeps
      )
      let isSettled = ceiling?.learn(simulated, keeps: candidate.keeps) ?? true
      let isLast = index == max(mostRounds, 1) - 1
      if (outcome.agrees || cameAgain) && isSettled || isLast {
        outcome.rounds.append(round)
        break
      }
      if isOver() {
        outcome.isCutShort = true
        outcome.rounds.append(round)
        break
      }
      if !outcome.agrees, !cameAgain {
        round.trials = try correct(
          &problem,
          last.chosen,
          simulated,
          simulator,
          &outcome.tried,
          isOver
        )
      }
      outcome.rounds.append(round)
    }
    if let found = best, found.keeps || ceiling == nil {
      try explore(start, problem, simulator, evaluator, isOver, &best)
      try exchange(start, problem, simulator, evaluator, isOver, &best)
    }
    if triesUniform, best != nil {
      for (action, chosen) in uniformPlans(problem) where !isOver() {
        guard start.allows(chosen), try keeps(evaluator, start, chosen) else { continue }
        let cost = start.goal == .size ? Double(size(start, chosen)) : 0
        let solution = ChoiceSolution(
          status: .feasible,
          chosen: chosen,
          cost: cost,
          bound: best?.solution.bound ?? 0
        )
        let candidate = try candidate(solution, start, simulator)
        if candidate.isBetter(than: best) {
          best = candidate
          outcome.uniform = action
        }
      }
    }
    outcome.problem = problem
    outcome.problem.budgets = start.budgets
    outcome.solution = best?.solution ?? last
    outcome.figures = best?.figures
    return outcome
  }

  /// Simulates the answers to predictions that are a little off, as predictions are: plans near the
  /// best one by prediction are often better in truth.
  private func explore(
    _ start: PlanProblem,
    _ problem: PlanProblem,
    _ simulator: any PlanSimulator,
    _ evaluator: (any FigureEvaluator)?,
    _ isOver: () -> Bool,
    _ best: inout Candidate?
  ) throws(PlanningError) {
    guard mostVariants > 0, isWorthMore(problem, best) else { return }
    var generator = SeededGenerator(seed: 0x5EED)
    var quick = solver
    quick.solver.gap = max(solver.solver.gap, 0.01)
    quick.solver.seconds = min(solver.solver.seconds, 3)
    var seen: Set<[Int]> = []
    for _ in 0..<mostVariants {
      if isOver() { return }
      var varied = problem
      for group in varied.groups.indices {
        for choice in varied.corrections[group].indices {
          // Between 0.5 and 2, evenly in the logarithm.
          let exponent = Double(generator.next() >> 11) / Double(1 << 53) * 2 - 1
          varied.corrections[group][choice] *= exp2(exponent)
        }
      }
      let solution = try quick.solve(varied, evaluator: evaluator).solution
      guard !solution.chosen.isEmpty, seen.insert(solution.chosen).inserted else { continue }
      var candidate = try candidate(solution, start, simulator)
      candidate.solution.status = .feasible
      candidate.solution.cost = problem.divergence(solution.chosen).mean
      candidate.solution.bound = best?.solution.bound ?? 0
      if candidate.isBetter(than: best) { best = candidate }
    }
  }

  /// Where little is lost there is little to win.
  private func isWorthMore(_ problem: PlanProblem, _ best: Candidate?) -> Bool {
    problem.goal == .accuracy && (best?.figures.divergence.mean ?? 0) > 1e-3
  }

  /// Simulates plans that give one group more and another one less than the best plan does, and goes
  /// on from each that is better, until none is or enough were run.
  private func exchange(
    _ start: PlanProblem,
    _ problem: PlanProblem,
    _ simulator: any PlanSimulator,
    _ evaluator: (any FigureEvaluator)?,
    _ isOver: () -> Bool,
    _ best: inout Candidate?
  ) throws(PlanningError) {
    // What joint trials taught orders the plans; the limits are those that were asked for.
    var near = problem
    near.budgets = start.budgets
    let exchange = PlanExchange(problem: near, evaluator: evaluator)
    var known: Set<[Int]> = []
    while known.count < mostExchanges, isWorthMore(start, best), let now = best {
      known.insert(now.solution.chosen)
      let count = min(Self.exchangesAtOnce, mostExchanges - known.count)
      let plans = try exchange.neighbours(of: now.solution.chosen, except: known, count: count)
      if plans.isEmpty { return }
      for plan in plans where !isOver() {
        known.insert(plan)
        let solution = ChoiceSolution(
          status: .feasible,
          chosen: plan,
          cost: problem.divergence(plan).mean,
          bound: now.solution.bound
        )
        let candidate = try candidate(solution, start, simulator)
        guard candidate.isBetter(than: best) else { continue }
        // Less than a percent is more likely chance than a better plan.
        if candidate.value < 0.99 * now.value || !now.keeps { best = candidate }
      }
      if isOver() { return }
    }
  }

  /// Plans around one that are simulated before the best of them is gone on from.
  private static let exchangesAtOnce = 8

  private func candidate(
    _ solution: ChoiceSolution,
    _ problem: PlanProblem,
    _ simulator: any PlanSimulator
  ) throws(PlanningError) -> Candidate {
    let figures = try simulator.simulate(solution.chosen)
    return Candidate(
      solution: solution,
      figures: figures,
      keeps: Self.keeps(problem, figures),
      value: problem.goal == .size
        ? Double(size(problem, solution.chosen)) : figures.divergence.mean
    )
  }

  private func size(_ problem: PlanProblem, _ chosen: [Int]) -> Int {
    problem.groups.indices.reduce(0) { $0 + problem.bytes($1, chosen) }
  }

  /// Whether simulated figures keep the budgets that they are about.
  package static func keeps(_ problem: PlanProblem, _ figures: SimulatedFigures) -> Bool {
    if let most = problem.askedDivergence, figures.divergence.mean > most { return false }
    guard let floor = problem.budgets.limit(.accuracy), let accuracy = figures.accuracy else {
      return true
    }
    return accuracy >= floor
  }

  private func keeps(
    _ evaluator: (any FigureEvaluator)?,
    _ problem: PlanProblem,
    _ chosen: [Int]
  ) throws(PlanningError) -> Bool {
    for entry in problem.nonAdditive {
      guard let value = try evaluator?.figure(entry.budget.figure, of: chosen),
        value <= entry.limit
      else { return false }
    }
    return true
  }

  /// Plans that take one action on all weights that have it and leave everything else.
  private func uniformPlans(_ problem: PlanProblem) -> [(action: String, chosen: [Int])] {
    var names: [String] = []
    let weights = problem.groups.filter { $0.kind == .weights }
    for choice in weights.first?.choices ?? [] {
      guard let action = choice.action,
        weights.allSatisfy({ group in group.choices.contains { $0.action == action } })
      else { continue }
      names.append(action)
    }
    return names.map { name in
      let chosen = problem.groups.map { group in
        group.kind == .weights ? group.choices.firstIndex { $0.action == name } ?? 0 : 0
      }
      return (name, chosen)
    }
  }

  /// - Returns: How many trials it took.
  private func correct(
    _ problem: inout PlanProblem,
    _ chosen: [Int],
    _ simulated: Double,
    _ simulator: any PlanSimulator,
    _ known: inout [Int: Int],
    _ isOver: () -> Bool
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
    var tried: [Int] = []
    var marginals: [Int: Double] = [:]
    for group in changed.prefix(mostTrials) {
      if isOver() { break }
      var without = chosen
      without[group] = 0
      marginals[group] = max(0, simulated - (try simulator.simulate(without)).divergence.mean)
      tried.append(group)
      known[group] = chosen[group]
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

/// A ceiling for the divergence that stands in for a floor of accuracy.
private struct ImpliedCeiling {
  private(set) var limit: Double
  /// The greatest that kept the floor, and the least that did not.
  private var kept: Double?
  private var missed: Double?

  /// `nil` where no size is looked for, or the accuracy is a sum.
  init?(_ problem: PlanProblem) {
    guard problem.goal == .size, problem.simulatesAccuracy, problem.budgets.limit(.accuracy) != nil
    else { return nil }
    let lost = (problem.originals[.accuracy] ?? 1) - (problem.budgets.limit(.accuracy) ?? 1)
    let all = problem.groups.flatMap(\.choices).filter { $0.accuracyDrop != nil }
    // What single actions cost where they lose as much as may be lost.
    let fine = all.filter { ($0.accuracyDrop ?? 0) <= lost }.map(\.divergence.mean).max()
    let bad = all.filter { ($0.accuracyDrop ?? 0) > lost }.map(\.divergence.mean).min()
    limit = min(fine ?? 0.05, bad ?? .infinity, problem.askedDivergence ?? .infinity)
    if !(limit > 0) { limit = 0.01 }
  }

  /// Takes in what a plan at the ceiling showed.
  ///
  /// - Returns: Whether the ceiling is known closely enough.
  mutating func learn(_ simulated: Double, keeps: Bool) -> Bool {
    if keeps { kept = max(kept ?? 0, limit) } else { missed = min(missed ?? .infinity, limit) }
    switch (kept, missed) {
    case (let kept?, let missed?):
      if missed <= kept * 1.1 { return true }
      limit = (kept * missed).squareRoot()
    case (let kept?, nil): limit = kept * 2
    case (nil, let missed?): limit = min(missed, max(simulated, 1e-9)) / 2
    default: break
    }
    return false
  }
}
