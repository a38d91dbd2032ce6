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
  /// - Returns: The plan; an infeasible one explains itself.
  /// - Throws: for budgets that cannot be judged.
  package func plan(
    _ request: Request,
    _ table: SensitivityTable,
    model: Model,
    originals: [BudgetFigure: Double]
  ) throws(PlanningError) -> Plan {
    var originals = originals
    originals[.accuracy] = table.baselineAccuracy
    let budgets = try BudgetSet(request.budgets, originals: originals)
    if request.goal == .accuracy { try budgets.requireWork() }
    let groups = PlanGroup.all(
      in: table,
      originalMultiplyAdds: originals[.macs].map { Int($0) },
      allows: request.allows
    )
    // Changed weights do not make these figures a sum; where the model keeps them they are noted.
    let kept = budgets.entries.filter { entry in
      (entry.budget.figure == .arena || entry.budget.figure == .latency) && entry.isMet
    }
    var planned = budgets
    planned.entries.removeAll(where: kept.contains)
    let problem = try PlanProblem(
      groups: groups,
      budgets: planned,
      goal: request.goal,
      originals: originals
    )
    let outcome = try solver.solve(problem)
    let solution = outcome.solution
    let isSolved = !solution.chosen.isEmpty
    guard isSolved || solution.status == .infeasible else {
      throw PlanningError(
        .limitExceeded,
        "no plan was found in \(Int(solver.solver.seconds)) seconds",
        hint: "loosen a budget"
      )
    }
    var predicted: [BudgetFigure: Double] = [:]
    if isSolved {
      for figure in BudgetFigure.allCases {
        predicted[figure] = problem.predicted(figure, solution.chosen)
      }
    }
    return Plan(
      goal: request.goal,
      target: request.target,
      scenario: request.scenario,
      preset: request.preset,
      budgets: budgets,
      status: !isSolved ? .infeasible : solution.status == .optimal ? .optimal : .feasible,
      gap: isSolved ? solution.gap : 0,
      origin: table.origin,
      metric: table.metric,
      layers: isSolved ? layers(problem, solution.chosen, table, model) : [],
      originals: originals,
      predicted: predicted,
      divergence: isSolved ? problem.divergence(solution.chosen) : nil,
      predictedAgreement: nil,
      search: nil,
      verified: nil,
      marginals: solver.marginals(problem, solution),
      infeasibility: isSolved ? nil : solver.explain(problem),
      front: solver.front(problem, count: frontPoints),
      notes: notes(table)
        + kept.map { entry in
          "\(entry.budget.text): the original keeps it; the planned model's"
            + " \(entry.budget.figure.rawValue) is not computed"
        }
    )
  }

  private func layers(
    _ problem: PlanProblem,
    _ chosen: [Int],
    _ table: SensitivityTable,
    _ model: Model
  ) -> [Plan.Layer] {
    let graph = model.main
    var result: [(place: Int, layer: Plan.Layer)] = []
    for (index, group) in problem.groups.enumerated() {
      let choice = group.choices[chosen[index]]
      for place in group.sites {
        let site = table.sites[place]
        let node = site.operatorIndex.flatMap { index in
          graph.nodes.indices.contains(index) ? graph.nodes[index] : nil
        }
        let measured = table.measurements.first {
          $0.site == place && $0.action == choice.action
        }
        let output = node?.outputs.first ?? nil
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
          bytesAfter: (choice.action == nil ? site.bytes : measured?.bytes) ?? site.bytes ?? 0,
          multiplyAddsBefore: nil,
          multiplyAddsAfter: nil,
          predictedDivergence: choice.action == nil ? 0 : measured?.divergence?.mean ?? 0
        )
        result.append((place, layer))
      }
    }
    return result.sorted { $0.place < $1.place }.map(\.layer)
  }

  private func notes(_ table: SensitivityTable) -> [String] {
    let isWider = table.sites.contains { $0.kind != "weights" }
    let scope =
      isWider
      ? ["only weights are planned: what was measured of activations and channels is not used"] : []
    return scope + basis(table)
  }

  private func basis(_ table: SensitivityTable) -> [String] {
    switch table.origin {
    case .weightsAlone:
      [
        "unverified: made from the error of the weights alone, nothing was run; with samples"
          + " (analyze sensitivity MODEL --calibration DATA -o FILE.json, then --sensitivity"
          + " FILE.json) layers are weighed by what the output loses, and accuracy can be budgeted"
      ]
    case .measured(let samples):
      [
        "predicted as the sum of what each action cost alone on \(samples) samples; the plan as a"
          + " whole has not been run"
      ]
    }
  }
}
