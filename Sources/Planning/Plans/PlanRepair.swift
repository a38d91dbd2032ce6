/// Takes actions back until a simulated plan keeps its floor.
package struct PlanRepair {
  /// An action that was taken back.
  package struct Step: Sendable, Equatable {
    package var group: Int
    /// Bytes that it adds again.
    package var bytes: Int
    package var divergenceBefore: Double
    package var divergenceAfter: Double
  }

  /// The end.
  package struct Outcome: Sendable, Equatable {
    package var chosen: [Int]
    package var figures: SimulatedFigures
    package var steps: [Step]
    /// Whether the floor is kept; `false` where taking more back would break another budget.
    package var isRepaired: Bool
  }

  package init() {}

  /// Reverts the action that gives most divergence back for a byte, as often as needed.
  ///
  /// - Parameters:
  ///   - chosen: The plan.
  ///   - problem: Its budgets.
  ///   - simulator: Runs plans.
  ///   - accepts: Whether simulated figures are good.
  /// - Returns: The plan as it then is, with every step.
  /// - Throws: where a simulation fails.
  package func run(
    _ chosen: [Int],
    _ problem: PlanProblem,
    simulator: any PlanSimulator,
    accepts: (SimulatedFigures) -> Bool
  ) throws(PlanningError) -> Outcome {
    var chosen = chosen
    var figures = try simulator.simulate(chosen)
    var steps: [Step] = []
    while !accepts(figures) {
      var best: (group: Int, gain: Double, bytes: Int, figures: SimulatedFigures)?
      for group in chosen.indices where chosen[group] != 0 {
        var candidate = chosen
        candidate[group] = 0
        guard keepsSizes(problem, candidate) else { continue }
        let choices = problem.groups[group].choices
        let bytes = choices[0].bytes - choices[chosen[group]].bytes
        let result = try simulator.simulate(candidate)
        let back = figures.divergence.mean - result.divergence.mean
        let gain = back / Double(max(bytes, 1))
        if back > 0, best.map({ gain > $0.gain }) ?? true { best = (group, gain, bytes, result) }
      }
      guard let best else {
        return Outcome(chosen: chosen, figures: figures, steps: steps, isRepaired: false)
      }
      chosen[best.group] = 0
      steps.append(
        Step(
          group: best.group,
          bytes: best.bytes,
          divergenceBefore: figures.divergence.mean,
          divergenceAfter: best.figures.divergence.mean
        )
      )
      figures = best.figures
    }
    return Outcome(chosen: chosen, figures: figures, steps: steps, isRepaired: true)
  }

  private func keepsSizes(_ problem: PlanProblem, _ chosen: [Int]) -> Bool {
    problem.additive.allSatisfy { entry in
      switch entry.budget.figure {
      case .size, .weights, .macs:
        problem.predicted(entry.budget.figure, chosen).map { $0 <= entry.limit } ?? false
      default: true
      }
    }
  }
}
