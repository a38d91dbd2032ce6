import ModelIR
import Planning
import WireFormats

/// The plan for programs: `analyze.plan/1`.
package struct PlanJSON {
  /// The model as the document names it.
  package struct ModelFacts: Sendable {
    package var model: Model
    package var byteCount: Int
    package var sha256: String

    package init(model: Model, byteCount: Int, sha256: String) {
      self.model = model
      self.byteCount = byteCount
      self.sha256 = sha256
    }
  }

  private let plan: Plan
  private let facts: ModelFacts
  private let recipes: [Recipe]
  private let sites: [String]
  private let tool: ToolIdentity

  /// - Parameters:
  ///   - plan: What to write.
  ///   - facts: The model.
  ///   - recipes: The scripts beside the document.
  ///   - sites: The names of the table's sites, for the actions of other plans.
  ///   - tool: What the document says it was written by.
  package init(
    _ plan: Plan,
    of facts: ModelFacts,
    recipes: [Recipe],
    sites: [String] = [],
    tool: ToolIdentity
  ) {
    self.sites = sites
    self.plan = plan
    self.facts = facts
    self.recipes = recipes
    self.tool = tool
  }

  /// The document.
  package func value() -> JSONValue {
    [
      "schema": "analyze.plan/1",
      "tool": tool.json,
      "model": model(),
      "goal": .string(plan.goal.rawValue),
      "target": JSONValue(plan.target),
      "scenario": JSONValue(plan.scenario),
      "preset": JSONValue(plan.preset),
      "budgets": .array(plan.budgets.entries.map(budget)),
      "status": .string(plan.status.rawValue),
      "gap": plan.status == .infeasible ? nil : JSONValue(plan.gap),
      "binding": JSONValue(plan.binding.map(\.rawValue)),
      "marginals": .array(plan.marginals.map(marginal)),
      "nearest": nearest(),
      "metric": .string(plan.metric),
      "basis": .string(basis),
      "layers": .array(plan.layers.map(layer)),
      "original": figures(plan.originals, nil, nil),
      "predicted": plan.predicted.isEmpty
        ? nil : figures(plan.predicted, plan.divergence, plan.predictedAgreement),
      "verified": plan.verified.map(verified) ?? nil,
      "search": plan.search.map(search) ?? nil,
      "alternatives": .array(plan.front.map(point)),
      "training": .array(plan.training.map(PlanTraining.json)),
      "recipes": JSONValue(recipes.map { "recipes/" + $0.name }),
      "recipeFiles": .array(recipes.flatMap(expected)),
      "notes": JSONValue(plan.notes),
    ]
  }

  private var basis: String {
    switch plan.origin {
    case .weightsAlone: "weights-alone"
    case .measured: "measured"
    }
  }

  private func model() -> JSONValue {
    let graph = facts.model.main
    return [
      "path": .string(facts.model.path), "format": .string(facts.model.format.rawValue),
      "bytes": .int(facts.byteCount), "sha256": .string(facts.sha256),
      "inputs": .array(graph.inputs.filter { !graph[$0].isConstant }.map { boundary($0, graph) }),
      "outputs": .array(graph.outputs.map { boundary($0, graph) }),
    ]
  }

  /// Unknown extents are −1; an unknown rank is null.
  private func boundary(_ value: ValueID, _ graph: Graph) -> JSONValue {
    let sizes = graph[value].shape.dimensions?.map { $0.size ?? -1 }
    return [
      "name": .string(graph[value].name), "shape": sizes.map { JSONValue($0) } ?? nil,
      "type": .string(graph[value].type.rawValue),
    ]
  }

  private func budget(_ entry: BudgetSet.Entry) -> JSONValue {
    [
      "figure": .string(entry.budget.figure.rawValue), "text": .string(entry.budget.text),
      "limit": JSONValue(entry.limit), "original": JSONValue(entry.original),
      "met": .bool(entry.isMet),
    ]
  }

  private func marginal(_ marginal: PlanSolver.Marginal) -> JSONValue {
    [
      "figure": .string(marginal.figure.rawValue), "step": JSONValue(marginal.step),
      "gain": JSONValue(marginal.gain),
    ]
  }

  private func nearest() -> JSONValue {
    guard let infeasibility = plan.infeasibility else { return nil }
    return .array(
      infeasibility.figures.map { figure in
        [
          "figure": .string(figure.figure.rawValue), "limit": JSONValue(figure.limit),
          "reachable": JSONValue(figure.reachable), "nearest": JSONValue(figure.nearest),
        ]
      }
    )
  }

  private func layer(_ layer: Plan.Layer) -> JSONValue {
    [
      "site": .string(layer.site), "kind": .string(layer.kind.rawValue),
      "layer": JSONValue(layer.layer),
      "tensor": .string(layer.tensor), "output": JSONValue(layer.output),
      "name": .string(layer.operatorName), "sourceType": .string(layer.sourceType),
      "action": .string(layer.action ?? "keep"),
      "before": ["bytes": .int(layer.bytesBefore), "macs": JSONValue(layer.multiplyAddsBefore)],
      "after": ["bytes": .int(layer.bytesAfter), "macs": JSONValue(layer.multiplyAddsAfter)],
      "predictedDivergence": JSONValue(layer.predictedDivergence),
    ]
  }

  private func figures(
    _ figures: [BudgetFigure: Double],
    _ divergence: SensitivityTable.Interval?,
    _ agreement: Double?
  ) -> JSONValue {
    func whole(_ figure: BudgetFigure) -> JSONValue {
      JSONValue(figures[figure].map { Int($0.rounded()) })
    }
    return [
      "fileBytes": whole(.size), "weightBytes": whole(.weights), "macs": whole(.macs),
      "peakActivationBytes": whole(.arena),
      "estimatedMilliseconds": JSONValue(figures[.latency].map { $0 / 1e6 }),
      "divergence": interval(divergence), "top1Agreement": JSONValue(agreement),
      "accuracy": JSONValue(figures[.accuracy]),
    ]
  }

  private func interval(_ interval: SensitivityTable.Interval?) -> JSONValue {
    guard let interval else { return nil }
    return [
      "mean": JSONValue(interval.mean), "low": JSONValue(interval.low),
      "high": JSONValue(interval.high),
    ]
  }

  /// The figures, then what only a verification has.
  private func verified(_ verification: PlanVerification) -> JSONValue {
    let measured = figures(
      verification.figures,
      verification.divergence,
      verification.top1Agreement
    )
    guard case .object(let members) = measured else { return measured }
    return .object(
      members + [
        .init("samples", .int(verification.samples)),
        .init("originalAccuracy", JSONValue(verification.originalAccuracy)),
        .init("accuracyMargin", JSONValue(verification.accuracyMargin)),
        .init("excess", JSONValue(verification.excess?.rawValue)),
        .init("divergenceBeforeRepair", interval(verification.divergenceBefore)),
        .init("isKept", .bool(verification.isKept)),
        .init("repairs", .array(verification.repairs.map(repair))),
      ]
    )
  }

  private func repair(_ repair: PlanVerification.Repair) -> JSONValue {
    [
      "site": .string(repair.site), "action": .string(repair.action),
      "replacement": .string(repair.replacement ?? "keep"), "bytes": .int(repair.bytes),
      "divergenceBefore": JSONValue(repair.divergenceBefore),
      "divergenceAfter": JSONValue(repair.divergenceAfter),
    ]
  }

  private func search(_ search: PlanSearch) -> JSONValue {
    [
      "samples": .int(search.samples), "agrees": .bool(search.agrees),
      "cutShort": .bool(search.isCutShort), "uniform": JSONValue(search.uniform),
      "rounds": .array(
        search.rounds.map { round in
          [
            "predicted": JSONValue(round.predicted), "simulated": JSONValue(round.simulated),
            "trials": .int(round.trials), "changed": .int(round.changed),
            "keepsBudgets": .bool(round.keepsBudgets),
          ]
        }
      ),
      "corrections": .array(
        search.corrections.map { correction in
          [
            "site": .string(correction.site), "action": .string(correction.action),
            "factor": JSONValue(correction.factor),
          ]
        }
      ),
    ]
  }

  private func expected(_ recipe: Recipe) -> [JSONValue] {
    recipe.expected.map { expectation in
      [
        "recipe": .string("recipes/" + recipe.name), "variant": .string(expectation.variant),
        "fileBytes": .int(expectation.fileBytes),
      ]
    }
  }

  private func point(_ point: PlanSolver.Point) -> JSONValue {
    [
      "fileBytes": .int(point.bytes), "divergence": JSONValue(point.divergence),
      "actions": .array(
        point.actions.sorted { $0.key < $1.key }.compactMap { place, action in
          guard sites.indices.contains(place) else { return nil }
          return ["site": .string(sites[place]), "action": .string(action)]
        }
      ),
    ]
  }
}
