import ModelIR
import Techniques

/// Makes plans from measurements.
package struct Planner {
  package var solver: PlanSolver
  /// Points of the front.
  package var frontPoints: Int

  package init(_ solver: PlanSolver = PlanSolver(), frontPoints: Int = 24) {
    self.solver = solver
    self.frontPoints = frontPoints
  }

  /// What is asked for.
  package struct Request: Sendable {
    package var budgets: [Budget]
    package var goal: PlanProblem.Goal
    package var target: String?
    package var scenario: String?
    package var preset: String?
    /// Whether an action may be used.
    package var allows: @Sendable (String) -> Bool

    package init(
      budgets: [Budget],
      goal: PlanProblem.Goal,
      target: String? = nil,
      scenario: String? = nil,
      preset: String? = nil,
      allows: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
      self.budgets = budgets
      self.goal = goal
      self.target = target
      self.scenario = scenario
      self.preset = preset
      self.allows = allows
    }
  }

  /// Makes a plan.
  ///
  /// - Parameters:
  ///   - request: What is asked for.
  ///   - table: What actions do.
  ///   - model: The model that the table is about.
  ///   - originals: Its figures; accuracy comes from the table.
  ///   - subject: The model's sites and, where there are, samples: without it only weights are planned
  ///     and nothing is simulated.
  /// - Returns: The plan; an infeasible one explains itself.
  /// - Throws: for budgets that cannot be judged.
  package func plan(
    _ request: Request,
    _ table: SensitivityTable,
    model: Model,
    originals: [BudgetFigure: Double],
    subject: PlanSubject? = nil
  ) throws(PlanningError) -> Plan {
    if let fault = ChoiceSolver.fault() { throw PlanningError(.ioRead, fault) }
    var originals = originals
    originals[.accuracy] = table.baselineAccuracy
    let budgets = try BudgetSet(request.budgets, originals: originals)
    if request.goal == .accuracy { try budgets.requireWork() }
    let multiplyAdds = originals[.macs].map { Int($0) }
    var sites: PlanSites?
    if let subject {
      sites = try PlanSites(
        table,
        in: subject.context,
        originalMultiplyAdds: multiplyAdds,
        target: subject.target,
        allows: request.allows
      )
    }
    let groups =
      sites?.groups
      ?? PlanGroup.all(in: table, originalMultiplyAdds: multiplyAdds, allows: request.allows)
    // Where nothing but weights is planned these figures are no sum; where the model keeps them they
    // are noted.
    let isWider = groups.contains { $0.kind != .weights }
    let kept = budgets.entries.filter { entry in
      !isWider && (entry.budget.figure == .arena || entry.budget.figure == .latency)
        && entry.isMet
    }
    var planned = budgets
    planned.entries.removeAll(where: kept.contains)
    var problem = try PlanProblem(
      groups: groups,
      budgets: planned,
      goal: request.goal,
      originals: originals,
      simulatesAccuracy: subject?.data != nil
    )
    problem.couplings = sites?.couplings ?? []
    problem.exclusions = sites?.exclusions ?? []
    var run: PlanRun?
    if let subject, let sites {
      run = try PlanRun(subject, sites, originals, solver: solver)
    }
    let evaluator = isWider || subject?.data != nil ? run?.figures : nil
    var found: (solution: ChoiceSolution, problem: PlanProblem)
    var search: PlanLoop.Outcome?
    if let run, run.simulator != nil {
      let outcome = try run.search(problem)
      search = outcome
      found = (outcome.solution, outcome.problem)
    } else {
      found = (try solver.solve(problem, evaluator: evaluator).solution, problem)
    }
    guard !found.solution.chosen.isEmpty || found.solution.status == .infeasible else {
      throw PlanningError(
        .limitExceeded,
        "no plan was found in the time that a search may take",
        hint: "loosen a budget, or name fewer --actions"
      )
    }
    let isSolved = !found.solution.chosen.isEmpty
    var plan = Plan(
      goal: request.goal,
      target: request.target,
      scenario: request.scenario,
      preset: request.preset,
      budgets: budgets,
      status: !isSolved
        ? .infeasible
        : found.solution.status == .optimal && evaluator?.hasUnprovenCuts != true
          ? .optimal : .feasible,
      gap: isSolved ? found.solution.gap : 0,
      origin: table.origin,
      metric: table.metric,
      layers: [],
      originals: originals,
      predicted: [:],
      divergence: nil,
      predictedAgreement: nil,
      search: nil,
      verified: nil,
      marginals: try solver.marginals(found.problem, found.solution, evaluator: evaluator),
      infeasibility: isSolved
        ? nil : try solver.explain(found.problem, evaluator: evaluator),
      front: solver.front(found.problem, count: frontPoints),
      notes: kept.map { entry in
        "\(entry.budget.text): the original keeps it; the planned model's"
          + " \(entry.budget.figure.rawValue) is not computed"
      }
    )
    guard isSolved else {
      plan.notes = notes(table, sites, isSimulated: false) + plan.notes
      return plan
    }
    var chosen = found.solution.chosen
    plan.divergence = found.problem.divergence(chosen)
    if let run, let search {
      try run.verify(&plan, &chosen, search, table)
    }
    for figure in BudgetFigure.allCases {
      plan.predicted[figure] =
        plan.predicted[figure] ?? found.problem.predicted(figure, chosen)
    }
    if let evaluator {
      for figure in [BudgetFigure.arena, .latency] {
        plan.predicted[figure] = try evaluator.figure(figure, of: chosen)
      }
    }
    if search != nil { plan.predicted[.divergence] = plan.divergence?.mean }
    plan.layers = try layers(found.problem, chosen, table, model, run)
    plan.notes = notes(table, sites, isSimulated: search != nil) + plan.notes
    return plan
  }

  private func layers(
    _ problem: PlanProblem,
    _ chosen: [Int],
    _ table: SensitivityTable,
    _ model: Model,
    _ run: PlanRun?
  ) throws(PlanningError) -> [Plan.Layer] {
    let graph = model.main
    var result: [(place: Int, layer: Plan.Layer)] = []
    for (index, group) in problem.groups.enumerated() {
      let choice = group.choices[chosen[index]]
      let counts = try run?.multiplyAdds(index, chosen)
      for place in group.sites {
        let site = table.sites[place]
        let node = site.operatorIndex.flatMap { index in
          graph.nodes.indices.contains(index) ? graph.nodes[index] : nil
        }
        let measured = table.measurements.first {
          $0.site == place && $0.action == choice.action
        }
        let output = node?.outputs.first ?? nil
        var after = (choice.action == nil ? site.bytes : measured?.bytes) ?? site.bytes ?? 0
        if group.kind == .weights, group.sites.count == 1 { after = problem.bytes(index, chosen) }
        let layer = Plan.Layer(
          site: site.id,
          kind: group.kind,
          layer: site.layer,
          tensor: site.tensor,
          output: output.map { graph[$0].name },
          operatorName: site.name,
          sourceType: node?.origin.sourceType ?? "",
          action: choice.action,
          bytesBefore: site.bytes ?? 0,
          bytesAfter: after,
          multiplyAddsBefore: counts?.before,
          multiplyAddsAfter: counts?.after,
          predictedDivergence: choice.action == nil
            ? 0 : (measured?.divergence?.mean ?? 0) * problem.corrections[index][chosen[index]]
        )
        result.append((place, layer))
      }
    }
    return result.sorted { $0.place < $1.place }.map(\.layer)
  }

  private func notes(_ table: SensitivityTable, _ sites: PlanSites?, isSimulated: Bool) -> [String]
  {
    let isWider = table.sites.contains { $0.kind != "weights" }
    let scope =
      isWider && sites == nil
      ? ["only weights are planned: what was measured of activations and channels is not used"] : []
    return scope + (sites?.notes ?? []) + (isSimulated ? [] : basis(table))
  }

  private func basis(_ table: SensitivityTable) -> [String] {
    switch table.origin {
    case .weightsAlone:
      [
        "unverified: made from the error of the weights alone, nothing was run; with samples"
          + " (--calibration DATA) layers are weighed by what the output loses, the plan is run as"
          + " a whole, and accuracy can be budgeted"
      ]
    case .measured(let samples):
      [
        "predicted as the sum of what each action cost alone on \(samples) samples; the plan as a"
          + " whole has not been run (--calibration DATA does)"
      ]
    }
  }
}
