/// Takes actions back until a simulated plan keeps its floor.
package struct PlanRepair {
  /// An action that was taken back.
  package struct Step: Sendable, Equatable {
    package var group: Int
    /// The choice before and the one that takes its place; 0 leaves the sites as they are.
    package var from: Int
    package var to: Int
    /// Bytes that it adds again; below 0 where it pays for another group's.
    package var bytes: Int
    package var divergenceBefore: Double
    package var divergenceAfter: Double
  }

  /// The end.
  package struct Outcome: Sendable, Equatable {
    package var chosen: [Int]
    package var figures: SimulatedFigures
    package var steps: [Step]
    /// Whether the floor is kept; `false` where nothing within the budgets loses less.
    package var isRepaired: Bool
  }

  /// The most actions that are taken back.
  package var mostSteps: Int
  /// The groups that are tried in a step, those with the greatest predicted divergence.
  package var mostTrials: Int

  package init(mostSteps: Int = 64, mostTrials: Int = 64) {
    self.mostSteps = mostSteps
    self.mostTrials = mostTrials
  }

  /// Reverts the action that gives most divergence back for a byte, as often as needed.
  ///
  /// Where a group cannot be left as it is under the other budgets, its next gentler action is tried.
  /// Where the budgets leave no room for that, another group is made harsher in exchange.
  ///
  /// - Parameters:
  ///   - chosen: The plan.
  ///   - problem: Its budgets.
  ///   - simulator: Runs plans.
  ///   - evaluator: Knows the figures that are no sums.
  ///   - accepts: Whether simulated figures are good.
  /// - Returns: The plan as it then is, with every step.
  /// - Throws: where a simulation fails.
  package func run(
    _ chosen: [Int],
    _ problem: PlanProblem,
    simulator: any PlanSimulator,
    evaluator: (any FigureEvaluator)? = nil,
    accepts: (SimulatedFigures) -> Bool
  ) throws(PlanningError) -> Outcome {
    var chosen = chosen
    var figures = try simulator.simulate(chosen)
    var steps: [Step] = []
    let exchange = PlanExchange(problem: problem, evaluator: evaluator)
    while !accepts(figures) {
      var best: (step: Step, chosen: [Int], gain: Double, figures: SimulatedFigures)?
      if steps.count < mostSteps {
        for group in candidates(chosen, problem) {
          guard let found = try gentler(group, chosen, exchange) else { continue }
          let result = try simulator.simulate(found)
          let bytes = size(problem, found) - size(problem, chosen)
          let back = figures.divergence.mean - result.divergence.mean
          let gain = back / Double(max(bytes, 1))
          guard back > 0, best.map({ gain > $0.gain }) ?? true else { continue }
          let step = Step(
            group: group,
            from: chosen[group],
            to: found[group],
            bytes: bytes,
            divergenceBefore: figures.divergence.mean,
            divergenceAfter: result.divergence.mean
          )
          best = (step, found, gain, result)
        }
      }
      guard let best else {
        let exchanged =
          steps.count < mostSteps
          ? try swapped(chosen, figures, exchange, simulator) : nil
        if let exchanged {
          chosen = exchanged.chosen
          steps += exchanged.steps
          figures = exchanged.figures
          continue
        }
        return Outcome(chosen: chosen, figures: figures, steps: steps, isRepaired: false)
      }
      chosen = best.chosen
      steps.append(best.step)
      figures = best.figures
    }
    return Outcome(chosen: chosen, figures: figures, steps: steps, isRepaired: true)
  }

  /// The best of the plans that differ in a group or two and keep the budgets; `nil` where none loses
  /// less.
  ///
  /// Where a group pays for another one, both steps have the divergences of the exchange.
  private func swapped(
    _ chosen: [Int],
    _ figures: SimulatedFigures,
    _ exchange: PlanExchange,
    _ simulator: any PlanSimulator
  ) throws(PlanningError) -> (chosen: [Int], figures: SimulatedFigures, steps: [Step])? {
    var best: (chosen: [Int], figures: SimulatedFigures)?
    let near = try exchange.neighbours(of: chosen, except: [chosen], count: mostTrials)
    for plan in near {
      let result = try simulator.simulate(plan)
      let least = best?.figures.divergence.mean ?? figures.divergence.mean
      if result.divergence.mean < least { best = (plan, result) }
    }
    guard let best else { return nil }
    var plan = chosen
    var steps: [Step] = []
    for group in chosen.indices where best.chosen[group] != chosen[group] {
      let before = size(exchange.problem, plan)
      plan[group] = best.chosen[group]
      steps.append(
        Step(
          group: group,
          from: chosen[group],
          to: plan[group],
          bytes: size(exchange.problem, plan) - before,
          divergenceBefore: figures.divergence.mean,
          divergenceAfter: best.figures.divergence.mean
        )
      )
    }
    return (best.chosen, best.figures, steps)
  }

  /// The groups with an action, the most expensive first.
  private func candidates(_ chosen: [Int], _ problem: PlanProblem) -> [Int] {
    chosen.indices.filter { chosen[$0] != 0 }.sorted { left, right in
      let costs = (
        problem.divergence(left, chosen[left]), problem.divergence(right, chosen[right])
      )
      return costs.0 == costs.1 ? left < right : costs.0 > costs.1
    }.prefix(mostTrials).map { $0 }
  }

  /// The plan with a group as it is in the model, or else with the gentlest action that the budgets
  /// allow; `nil` where none costs less than now.
  private func gentler(
    _ group: Int,
    _ chosen: [Int],
    _ exchange: PlanExchange
  ) throws(PlanningError) -> [Int]? {
    let problem = exchange.problem
    let now = problem.divergence(group, chosen[group])
    let order = problem.groups[group].choices.indices
      .filter { $0 == 0 || problem.divergence(group, $0) < now }
      .sorted { left, right in
        let costs = (problem.divergence(group, left), problem.divergence(group, right))
        return costs.0 == costs.1 ? left < right : costs.0 < costs.1
      }
    for choice in order where choice != chosen[group] {
      var candidate = chosen
      candidate[group] = choice
      if try exchange.keeps(candidate) { return candidate }
    }
    return nil
  }

  private func size(_ problem: PlanProblem, _ chosen: [Int]) -> Int {
    problem.groups.indices.reduce(0) { $0 + problem.bytes($1, chosen) }
  }
}
