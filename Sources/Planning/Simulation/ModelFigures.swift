import ByteIO
import Calibration
import ModelIR
import Operators
import Profiling
import TargetRules
import Techniques

/// The figures of whole plans of a real model that are no sums: the arena by the runtime's planner and
/// the time on a target; and all others exactly.
package final class ModelFigures: FigureEvaluator {
  private let models: PlannedModels
  private let target: DeploymentTarget?
  private let originals: [BudgetFigure: Double]
  private let planner: MemoryPlan.Planner
  private var known: [[Int]: ChangedModel] = [:]

  /// - Parameters:
  ///   - models: Makes the plans' models.
  ///   - originals: The model's figures.
  ///   - target: Where it is to run.
  package init(
    _ models: PlannedModels,
    originals: [BudgetFigure: Double],
    target: DeploymentTarget?
  ) {
    self.models = models
    self.originals = originals
    self.target = target
    planner = ChangedModel.planner(models.original.model, target)
  }

  package func figure(_ figure: BudgetFigure, of chosen: [Int]) throws(PlanningError) -> Double? {
    switch figure {
    case .arena: return try changed(chosen).arenaBytes().map(Double.init)
    case .latency:
      guard let target else { return nil }
      return try changed(chosen).nanoseconds(on: target)
    case .size, .weights:
      guard let original = originals[figure] else { return nil }
      return original - Double(try savedBytes(chosen))
    case .macs:
      guard let original = originals[.macs] else { return nil }
      let whole = PlannedContext.costs(models.original.model, models.original.types)
      let planned = try models.context(chosen, calibrates: false).costs
      // Only the main graph loses channels.
      return original - Double(Self.multiplyAdds(whole) - Self.multiplyAdds(planned))
    case .accuracy, .divergence: return nil
    }
  }

  private static func multiplyAdds(_ costs: [OperatorCost]) -> Int {
    costs.reduce(0) { $0 + $1.multiplyAdds }
  }

  /// The bytes that the constants of the planned model take less, with the scales of activations.
  private func savedBytes(_ chosen: [Int]) throws(PlanningError) -> Int {
    let planned = try models.context(chosen, calibrates: false)
    var saved = Self.constantBytes(models.original.model.main)
    saved -= Self.constantBytes(planned.context.model.main)
    for (group, site) in models.sites.weights {
      let action = models.sites.groups[group].choices[chosen[group]].action
      for member in [site] + models.sites.others(group, in: models.original) {
        guard let here = planned.site(member) else { continue }
        saved += (here.bytes ?? 0) - (try planned.bytes(of: member, action))
      }
    }
    for (group, values) in models.sites.activations {
      guard let bits = bits(group, chosen) else { continue }
      saved -= PlanSites.fileBytes(of: values, bits: bits, planned.context)
    }
    return saved
  }

  /// Constants that operators read.
  private static func constantBytes(_ graph: Graph) -> Int {
    Set(graph.nodes.flatMap { $0.inputs.compactMap { $0 } })
      .reduce(0) { $0 + (graph[$1].isConstant ? graph[$1].byteCount ?? 0 : 0) }
  }

  private func bits(_ group: Int, _ chosen: [Int]) -> Int? {
    models.sites.groups[group].choices[chosen[group]].action
      .flatMap { try? Action($0) }?.integerActivations?.bits
  }

  // MARK: - Types

  private func changed(_ chosen: [Int]) throws(PlanningError) -> ChangedModel {
    // Only what kernels see of weights matters here.
    let key = chosen.indices.map { form($0, chosen[$0]) }
    if let model = known[key] { return model }
    let planned = try models.context(chosen, calibrates: false)
    var activations: [ValueID: ElementType] = [:]
    for (group, values) in models.sites.activations {
      guard let bits = bits(group, chosen) else { continue }
      for value in values { activations[value] = bits == 8 ? .int8 : .int16 }
    }
    var weights: [ValueID: ChangedModel.Weights] = [:]
    for (group, site) in models.sites.weights {
      let action = models.sites.groups[group].choices[chosen[group]].action
      guard let type = IntegerForm.type(action) else { continue }
      for member in [site] + models.sites.others(group, in: models.original) {
        guard let here = planned.site(member), let node = here.node,
          let layer = WeightLayer(node, in: planned.context.model.main)
        else { continue }
        weights[layer.weights] = ChangedModel.Weights(
          type: type,
          channels: action?.contains("-channel") == true ? layer.outputs : 1,
          axis: layer.outputAxis
        )
      }
    }
    let model = ChangedModel(
      planned.context.model,
      types: planned.types,
      activations: activations,
      weights: weights,
      planner: planner
    )
    known[key] = model
    return model
  }

  /// A choice that stands for all that kernels see alike.
  private func form(_ group: Int, _ choice: Int) -> Int {
    guard models.sites.groups[group].kind == .weights else { return choice }
    let choices = models.sites.groups[group].choices
    let own = Self.form(choices[choice].action)
    return choices.firstIndex { Self.form($0.action) == own } ?? choice
  }

  private static func form(_ action: String?) -> String {
    guard let type = IntegerForm.type(action), let action else { return "float32" }
    return type.rawValue + (action.contains("-channel") ? " by channel" : "")
  }

  // MARK: - Cuts

  /// Whether a cut was made that rests on more than what is alive at once: then the answer keeps the
  /// limit, and that no other one is better is not proven.
  package private(set) var hasUnprovenCuts = false

  /// What a plan within the limit does not do.
  ///
  /// An arena is at least what is alive at a step, which the choices of few groups decide: none of
  /// those that make these values as large or larger fits. Where more than that makes the arena, or
  /// the figure is a time, the choices are looked for that alone keep the figure above the limit
  /// while all other groups take the least.
  package func cuts(_ figure: BudgetFigure, of chosen: [Int], limit: Double)
    -> [ChoiceProblem.Cut]
  {
    if figure == .arena, let steps = try? changed(chosen).steps(above: limit), !steps.isEmpty {
      var seen: Set<[ChoiceProblem.Member]> = []
      return steps.compactMap { step in
        let members = models.sites.groups.indices.map { larger($0, chosen[$0], step.values) }
        let all = members.enumerated().flatMap { group, choices in
          choices.map { ChoiceProblem.Member(group: group, choice: $0) }
        }
        guard seen.insert(all).inserted else { return nil }
        return .init(members: all, most: members.count { !$0.isEmpty } - 1)
      }
    }
    hasUnprovenCuts = true
    let guilty = explanation(figure, of: chosen, limit: limit)
    return [
      .init(
        members: guilty.flatMap { group in
          slower(group, chosen[group]).map { .init(group: group, choice: $0) }
        },
        most: guilty.count - 1
      )
    ]
  }

  package func least(_ problem: PlanProblem) -> [Int]? {
    let chosen = models.sites.groups.indices.map(leastChoice)
    return problem.isConsistent(chosen) ? chosen : nil
  }

  /// The groups whose choices keep the figure above the limit whatever the others do, as far as their
  /// least choices tell.
  private func explanation(_ figure: BudgetFigure, of chosen: [Int], limit: Double) -> [Int] {
    var relaxed = chosen
    func relax(_ groups: ArraySlice<Int>) {
      guard !groups.isEmpty else { return }
      var candidate = relaxed
      for group in groups { candidate[group] = leastChoice(group) }
      if let value = try? self.figure(figure, of: candidate), value > limit {
        relaxed = candidate
      } else if groups.count > 1 {
        let middle = groups.startIndex + groups.count / 2
        relax(groups[..<middle])
        relax(groups[middle...])
      }
    }
    let open = chosen.indices.filter { form($0, chosen[$0]) != form($0, leastChoice($0)) }
    relax(open[...])
    let guilty = open.filter { relaxed[$0] == chosen[$0] }
    return guilty.isEmpty ? Array(chosen.indices) : guilty
  }

  /// The choice of a group with the narrowest numbers or the fewest channels.
  private func leastChoice(_ group: Int) -> Int {
    let choices = models.sites.groups[group].choices
    func rank(_ choice: Int) -> Int {
      switch models.sites.groups[group].kind {
      case .activations: Self.width(choices[choice].action)
      case .weights: IntegerForm.type(choices[choice].action)?.bitWidth ?? 32
      case .channels: 100 - Self.percent(choices[choice].action)
      }
    }
    return choices.indices.min { (rank($0), $0) < (rank($1), $1) } ?? 0
  }

  private static func percent(_ action: String?) -> Int {
    action.flatMap { Int($0.split(separator: "-").dropFirst().first ?? "") } ?? 0
  }

  /// A choice and those that surely take no less.
  private func slower(_ group: Int, _ choice: Int) -> [Int] {
    let choices = models.sites.groups[group].choices
    switch models.sites.groups[group].kind {
    case .activations:
      let own = Self.width(choices[choice].action)
      return choices.indices.filter { Self.width(choices[$0].action) >= own }
    case .channels:
      let own = Self.percent(choices[choice].action)
      return choices.indices.filter { Self.percent(choices[$0].action) <= own }
    case .weights: return choices.indices.filter { form(group, $0) == form(group, choice) }
    }
  }

  /// The choices of a group with which these values are no smaller; empty where it does not decide
  /// them.
  private func larger(_ group: Int, _ choice: Int, _ values: Set<ValueID>) -> [Int] {
    let choices = models.sites.groups[group].choices
    switch models.sites.groups[group].kind {
    case .activations:
      guard (models.sites.activations[group] ?? []).contains(where: values.contains) else {
        return []
      }
      let own = Self.width(choices[choice].action)
      return choices.indices.filter { Self.width(choices[$0].action) >= own }
    case .channels:
      guard models.sites.shapes(group, values, in: models.original) else { return [] }
      let own = Self.percent(choices[choice].action)
      return choices.indices.filter { Self.percent(choices[$0].action) <= own }
    case .weights:
      guard let site = models.sites.weights[group], values.contains(site.value) else { return [] }
      return choices.indices.filter { form(group, $0) == form(group, choice) }
    }
  }

  private static func width(_ action: String?) -> Int {
    action.flatMap { try? Action($0) }?.integerActivations?.bits ?? 32
  }
}
