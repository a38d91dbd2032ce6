import ModelIR
import Operators
import Techniques

/// The search for a plan on a model's samples, and its verification.
final class PlanRun {
  private let subject: PlanSubject
  private let sites: PlanSites
  private let solver: PlanSolver
  private let models: PlannedModels?
  let figures: ModelFigures
  let simulator: ModelSimulator?

  init(
    _ subject: PlanSubject,
    _ sites: PlanSites,
    _ originals: [BudgetFigure: Double],
    solver: PlanSolver
  ) throws(PlanningError) {
    self.subject = subject
    self.sites = sites
    self.solver = solver
    let models = PlannedModels(subject.context, sites: sites, data: subject.data)
    self.models = models
    figures = ModelFigures(models, originals: originals, target: subject.target)
    guard let data = subject.data else {
      simulator = nil
      return
    }
    simulator = try ModelSimulator(
      models,
      compiled: data.compiled,
      measure: data.measure,
      samples: data.search
    )
  }

  /// The multiply-adds of the layers with a group's weights, before and after; `nil` for other kinds.
  func multiplyAdds(_ group: Int, _ chosen: [Int]) throws(PlanningError) -> (
    before: Int, after: Int
  )? {
    guard let site = sites.weights[group], let models else { return nil }
    let before = try models.context(chosen.map { _ in 0 }, calibrates: false)
    let after = try models.context(chosen, calibrates: false)
    return (before.multiplyAdds(of: site), after.multiplyAdds(of: site))
  }

  /// Alternates between solving and simulating.
  func search(_ problem: PlanProblem) throws(PlanningError) -> PlanLoop.Outcome {
    guard let simulator, let data = subject.data else {
      throw PlanningError(.internal, "there are no samples to search on")
    }
    var loop = PlanLoop(
      solver,
      mostRounds: data.mostRounds,
      mostTrials: data.mostTrials
    )
    loop.mostVariants = min(data.mostTrials, 24)
    loop.mostExchanges = 4 * data.mostTrials
    loop.triesUniform = true
    return try loop.run(
      problem,
      simulator: simulator,
      evaluator: figures,
      isOver: data.isOver,
      progress: { data.progress("searching, round \($0 + 1), \(simulator.runs) plans run") }
    )
  }

  /// Says how the search went, runs the plan on the samples held out, and repairs it.
  func verify(
    _ plan: inout Plan,
    _ chosen: inout [Int],
    _ outcome: PlanLoop.Outcome,
    _ table: SensitivityTable
  ) throws(PlanningError) {
    guard let data = subject.data, let models, let found = outcome.figures else { return }
    let problem = outcome.problem
    plan.search = search(outcome, table, samples: data.search.count)
    plan.predictedAgreement = found.top1Agreement
    plan.predicted[.accuracy] = found.accuracy
    let promise = Self.expected(found, samples: data.holdout?.count)
    plan.divergence = promise
    guard let holdout = data.holdout else {
      plan.notes.append("--holdout 0%: no samples were held out, the plan is not verified")
      return
    }
    data.progress("verifying on \(holdout.count) samples")
    let simulator = try ModelSimulator(
      models,
      compiled: data.compiled,
      measure: data.measure,
      samples: holdout
    )
    let first = try simulator.simulate(chosen)
    let original = simulator.baseline.accuracy
    let floor = plan.budgets.entries.first { $0.budget.figure == .accuracy }
      .flatMap { $0.budget.resolved(original: original) }
    let ceiling = problem.askedDivergence
    func excess(_ figures: SimulatedFigures) -> PlanVerification.Excess? {
      if let floor, let accuracy = figures.accuracy, accuracy < floor { return .floor }
      if let ceiling, figures.divergence.mean > ceiling { return .floor }
      return figures.divergence.mean > promise.high ? .interval : nil
    }
    var last = first
    var repairs: [PlanVerification.Repair] = []
    if excess(first) != nil {
      data.progress("repairing")
      let repaired = try PlanRepair(mostTrials: data.mostTrials).run(
        chosen,
        problem,
        simulator: simulator,
        evaluator: figures,
        accepts: { excess($0) == nil }
      )
      // What does not reach the floor in the end has cost bytes for nothing.
      if repaired.isRepaired {
        chosen = repaired.chosen
        last = repaired.figures
        repairs = repaired.steps.map { step in repair(step, problem, table) }
      }
    }
    var verified: [BudgetFigure: Double] = [:]
    for figure in BudgetFigure.allCases {
      verified[figure] = try figures.figure(figure, of: chosen)
    }
    verified[.divergence] = last.divergence.mean
    verified[.accuracy] = last.accuracy
    plan.verified = PlanVerification(
      samples: holdout.count,
      figures: verified,
      divergence: last.divergence,
      top1Agreement: last.top1Agreement,
      originalAccuracy: original,
      accuracyMargin: last.accuracy.map { Self.margin($0, holdout.count) },
      excess: excess(first),
      divergenceBefore: first.divergence,
      repairs: repairs,
      isKept: excess(last) == nil
    )
  }

  private func repair(
    _ step: PlanRepair.Step,
    _ problem: PlanProblem,
    _ table: SensitivityTable
  ) -> PlanVerification.Repair {
    let group = problem.groups[step.group]
    return PlanVerification.Repair(
      site: table.sites[group.sites[0]].id,
      action: group.choices[step.from].action ?? "keep",
      replacement: group.choices[step.to].action,
      bytes: step.bytes,
      divergenceBefore: step.divergenceBefore,
      divergenceAfter: step.divergenceAfter
    )
  }

  private func search(
    _ outcome: PlanLoop.Outcome,
    _ table: SensitivityTable,
    samples: Int
  ) -> PlanSearch {
    let groups = outcome.problem.groups
    return PlanSearch(
      samples: samples,
      rounds: outcome.rounds.map { round in
        PlanSearch.Round(
          predicted: round.predicted,
          simulated: round.simulated,
          trials: round.trials,
          changed: zip(groups, round.chosen).reduce(0) { sum, pair in
            sum + (pair.0.choices[pair.1].action == nil ? 0 : pair.0.sites.count)
          },
          keepsBudgets: round.keepsBudgets
        )
      },
      corrections: outcome.tried.sorted { $0.key < $1.key }.compactMap { group, choice in
        groups[group].choices[choice].action.map { action in
          PlanSearch.Correction(
            site: table.sites[groups[group].sites[0]].id,
            action: action,
            factor: outcome.problem.corrections[group][choice]
          )
        }
      },
      agrees: outcome.agrees,
      isCutShort: outcome.isCutShort,
      uniform: outcome.uniform
    )
  }

  /// Where the mean over other samples lies with 95 % confidence, from the mean and the spread over
  /// those that were seen: from `x̄ − z · e` to `x̄ + (z + a (1 + 2 z²)) · e`, not below 0, with
  /// `z = 1.96`, `e = s · √(1/n + 1/m)`, `a = γ / (6 √(n m / (n + m)))`, `γ` the skewness.
  ///
  /// The prediction interval of a mean (Hahn, Meeker 1991, "Statistical Intervals", section 4.7); the
  /// upper end is widened for a skewed distribution as in the adjusted central limit theorem (Chen
  /// 1995, "Testing the mean of skewed distributions"), as a few samples make most of a divergence.
  /// Without other samples it is the interval of the mean itself.
  static func expected(_ figures: SimulatedFigures, samples: Int?) -> SensitivityTable.Interval {
    guard let samples, samples > 0, let deviation = figures.deviation, figures.samples > 0 else {
      return figures.divergence
    }
    let z = 1.96
    let share = 1 / Double(figures.samples) + 1 / Double(samples)
    let error = deviation * share.squareRoot()
    let a = max(0, figures.skewness) / 6 * share.squareRoot()
    let upper = z + a * (1 + 2 * z * z)
    let mean = figures.divergence.mean
    return .init(mean: mean, low: max(0, mean - z * error), high: mean + upper * error)
  }

  /// Half the width of the 95 % interval of a share (Agresti, Coull 1998).
  static func margin(_ share: Double, _ count: Int) -> Double {
    let wider = Double(count) + 4
    let middle = (share * Double(count) + 2) / wider
    return 1.96 * (middle * (1 - middle) / wider).squareRoot()
  }
}
