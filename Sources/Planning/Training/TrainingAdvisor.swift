import Profiling

/// Says which steps could win back what a plan loses.
///
/// A pure function of measurements and scenario: nothing is advised for a plan that was made without
/// samples, and nothing without a figure that misses its limit. In the order in which steps are worth
/// trying: what needs no training comes first.
package struct TrainingAdvisor {
  /// The share of right answers that may be lost where no budget says, and the share of samples whose
  /// answer may change: one point, the resolution at which the field's tables state accuracy.
  package static let defaultLoss = 0.01
  /// Epochs below which a schedule has no effect that stays: the least that the pruning guide of
  /// TensorFlow Model Optimization and the articles use is between 2 and 5.
  package static let leastEpochs = 5
  /// How much of a plan's divergence the sites that are named make up.
  private static let namedShare = 0.8

  private let scenario: Scenario?

  package init(scenario: Scenario? = nil) {
    self.scenario = scenario
  }

  /// The advice for a plan, from the measurements that it was made from.
  package func advice(_ plan: Plan, _ table: SensitivityTable) -> [TrainingAdvice] {
    guard case .measured(let samples) = table.origin else { return [] }
    var result = moreSamples(table, samples)
    guard let evidence = Self.excess(plan) else { return result }
    result += perChannel(plan, table)
    let steps: [(Scenario.Training, TrainingAdvice?)] = [
      (.gradualPruning, gradualPruning(plan, table, evidence)),
      (.quantizationAware, quantizationAware(plan, table, evidence)),
      (.binary, binary(plan, table, evidence)),
      (.distillation, distillation(plan, table, evidence)),
    ]
    for (kind, advice) in steps where scenario.map({ $0.training.contains(kind) }) ?? true {
      if let advice { result.append(advice) }
    }
    return result
  }

  // MARK: - What was lost

  /// The figure that misses its floor; `nil` where none does.
  ///
  /// Measured on unseen samples where the plan was verified, predicted otherwise; what a repair had to take
  /// back counts as lost, and so does a floor that no plan keeps.
  static func excess(_ plan: Plan) -> TrainingAdvice.Evidence? {
    if let infeasible = excessOfInfeasible(plan) { return infeasible }
    guard
      plan.layers.contains(where: { $0.action != nil }) || plan.verified?.repairs.isEmpty == false
    else { return nil }
    let origin: TrainingAdvice.Evidence.Origin = plan.verified == nil ? .predicted : .verified
    let figures = plan.verified?.figures ?? plan.predicted
    let divergence = plan.verified?.divergence ?? plan.divergence
    func evidence(_ figure: String, _ value: Double, _ limit: Double, _ isBudget: Bool)
      -> TrainingAdvice.Evidence
    {
      .init(origin: origin, figure: figure, value: value, limit: limit, isBudget: isBudget)
    }
    let floor = plan.budgets.limit(.accuracy)
    if let floor, let value = figures[.accuracy], value < floor {
      return evidence("accuracy", value, floor, true)
    }
    let ceiling = plan.budgets.limit(.divergence)
    if let ceiling, let divergence {
      let before = plan.verified?.divergenceBefore.mean ?? divergence.mean
      let worst = plan.verified?.excess == .floor ? max(before, divergence.mean) : divergence.mean
      if worst > ceiling { return evidence("divergence", worst, ceiling, true) }
    }
    guard floor == nil, ceiling == nil else { return nil }
    let original = plan.verified?.originalAccuracy ?? plan.originals[.accuracy]
    if let original, let value = figures[.accuracy] {
      let limit = original - defaultLoss
      return value < limit ? evidence("accuracy", value, limit, false) : nil
    }
    if let agreement = plan.verified?.top1Agreement ?? plan.predictedAgreement,
      agreement < 1 - defaultLoss
    {
      return evidence("top1Agreement", agreement, 1 - defaultLoss, false)
    }
    return nil
  }

  /// A floor that no plan within the other budgets keeps.
  private static func excessOfInfeasible(_ plan: Plan) -> TrainingAdvice.Evidence? {
    for figure in plan.infeasibility?.figures ?? [] {
      guard figure.figure == .accuracy || figure.figure == .divergence,
        let nearest = figure.nearest
      else { continue }
      let misses = figure.figure.isFloor ? nearest < figure.limit : nearest > figure.limit
      if misses {
        return .init(
          origin: .predicted,
          figure: figure.figure.rawValue,
          value: nearest,
          limit: figure.limit,
          isBudget: true
        )
      }
    }
    return nil
  }

  // MARK: - What needs no training

  private func moreSamples(_ table: SensitivityTable, _ samples: Int) -> [TrainingAdvice] {
    guard let adequacy = table.adequacy, !adequacy.isEnough else { return [] }
    guard let reliability = adequacy.reliability else { return [] }
    let needed = adequacy.samplesNeeded.map { " about \($0) would be enough" } ?? ""
    return [
      TrainingAdvice(
        .moreSamples,
        evidence: .init(
          origin: .adequacy,
          figure: "reliability",
          value: reliability,
          limit: SensitivityTable.Adequacy.enough,
          isBudget: false
        ),
        reason: "two halves of the \(samples) samples rank the layers differently (reliability"
          + " \(Quantity.significant(reliability)), 0.95 is enough);"
          + (needed.isEmpty ? " more samples are needed to tell layers apart" : needed),
        settings: adequacy.samplesNeeded.map { [.init("samples", .whole($0))] } ?? []
      )
    ]
  }

  /// Sites with one scale where scales by channel were measured to lose less than half.
  private func perChannel(_ plan: Plan, _ table: SensitivityTable) -> [TrainingAdvice] {
    var found: [(site: String, ratio: Double, whole: Double, channels: Double)] = []
    for layer in plan.weightLayers {
      guard let action = layer.action, let place = Self.place(of: layer.site, table) else {
        continue
      }
      let other = action.replacing("-tensor", with: "-channel")
      guard other != action else { continue }
      let measured = table.measurements.filter { $0.site == place }
      guard let whole = measured.first(where: { $0.action == action })?.divergence,
        let channels = measured.first(where: { $0.action == other })?.divergence,
        channels.mean * 2 <= whole.mean, channels.high < whole.low
      else { continue }
      found.append((layer.site, whole.mean / max(channels.mean, 1e-12), whole.mean, channels.mean))
    }
    found.sort { ($1.whole - $1.channels, $0.site) < ($0.whole - $0.channels, $1.site) }
    guard let worst = found.first else { return [] }
    return [
      TrainingAdvice(
        .perChannelScales,
        evidence: .init(
          origin: .sensitivity,
          figure: "divergence",
          value: worst.whole,
          limit: worst.channels,
          isBudget: false,
          site: worst.site
        ),
        reason: "one scale for all of \(worst.site) costs \(Quantity.significant(worst.whole)),"
          + " a scale for each channel \(Quantity.significant(worst.channels))",
        sites: found.map(\.site)
      )
    ]
  }

  // MARK: - Training

  private func quantizationAware(
    _ plan: Plan,
    _ table: SensitivityTable,
    _ evidence: TrainingAdvice.Evidence
  ) -> TrainingAdvice? {
    let sites = costly(plan, table) { $0.hasPrefix("int") || $0.hasPrefix("kmeans") }
    guard let worst = sites.first else { return nil }
    let bits = sites.compactMap { Self.bits($0.action) }.min()
    return TrainingAdvice(
      .quantizationAware,
      evidence: evidence,
      reason: Self.sentence(evidence) + "; of the quantized layers \(worst.site) (\(worst.action))"
        + " loses most alone, \(Quantity.significant(worst.cost))",
      sites: sites.map(\.site),
      settings: [
        .init("epochs", .whole(Self.leastEpochs)),
        // A tenth of the rate that the model was trained with: the guide of the tool's authors.
        .init("learningRateShare", .number(0.1)),
      ] + (bits.map { [.init("bits", .whole($0))] } ?? [])
    )
  }

  private func gradualPruning(
    _ plan: Plan,
    _ table: SensitivityTable,
    _ evidence: TrainingAdvice.Evidence
  ) -> TrainingAdvice? {
    let sites = costly(plan, table) { $0.hasPrefix("prune-") }
    guard let worst = sites.first else { return nil }
    let final = sites.compactMap { Self.sparsity($0.action) }.max() ?? 0.5
    let isPattern = sites.contains { $0.action.contains(":") }
    let initial = 0.3
    let schedule = isPattern || final <= initial ? "constant" : "polynomial"
    var settings: [TrainingAdvice.Setting] = [.init("schedule", .text(schedule))]
    if schedule == "polynomial" {
      settings += [.init("initialSparsity", .number(initial)), .init("power", .number(3))]
    }
    // Steps are a share of all: how many there are only the training data tells. The last fifth of the
    // steps lets the remaining weights settle.
    settings += [
      .init("finalSparsity", .number(final)), .init("beginShare", .number(0)),
      .init("endShare", .number(0.8)), .init("frequency", .whole(100)),
      .init("epochs", .whole(Self.leastEpochs)),
    ]
    return TrainingAdvice(
      .gradualPruning,
      evidence: evidence,
      reason: Self.sentence(evidence) + "; of the pruned layers \(worst.site) (\(worst.action))"
        + " loses most alone, \(Quantity.significant(worst.cost))",
      sites: sites.map(\.site),
      settings: settings
    )
  }

  private func binary(
    _ plan: Plan,
    _ table: SensitivityTable,
    _ evidence: TrainingAdvice.Evidence
  ) -> TrainingAdvice? {
    let sites = costly(plan, table) { $0.hasPrefix("binary") || $0.hasPrefix("ternary") }
    guard let worst = sites.first else { return nil }
    return TrainingAdvice(
      .binary,
      evidence: evidence,
      reason: Self.sentence(evidence) + "; \(worst.site) as \(worst.action) loses"
        + " \(Quantity.significant(worst.cost)) alone, and signs only come right by training",
      sites: sites.map(\.site),
      settings: [
        // Gradients pass the sign where |w| ≤ 1 (Hubara et al. 2016, equation 4).
        .init("gradient", .text("straight-through")), .init("clip", .number(1)),
        .init("epochs", .whole(2 * Self.leastEpochs)),
      ]
    )
  }

  private func distillation(
    _ plan: Plan,
    _ table: SensitivityTable,
    _ evidence: TrainingAdvice.Evidence
  ) -> TrainingAdvice? {
    let smaller = costly(plan, table) { $0.hasPrefix("channels-") }
    let sites = costly(plan, table) { _ in true }
    guard let worst = smaller.first ?? sites.first else { return nil }
    let hasLabels = table.baselineAccuracy != nil
    // Quantization and pruning alone train well on labels: a teacher helps where the network is another
    // one, where much is lost, or where there is nothing else to learn from.
    let lost = Self.lossRatio(evidence, plan)
    guard !smaller.isEmpty || !hasLabels || lost >= 2 else { return nil }
    let why =
      !smaller.isEmpty
      ? "\(worst.site) has fewer channels and loses \(Quantity.significant(worst.cost)) alone"
      : hasLabels
        ? "that is \(Quantity.significant(lost)) times what may be lost"
        : "the samples have no labels, and the original's answers need none"
    var settings: [TrainingAdvice.Setting] = []
    if plan.metric == "kl" {
      // Within the range of Hinton et al. 2015 (2.5 … 20); small students want the lower end.
      settings.append(.init("temperature", .number(4)))
    }
    settings += [
      .init("softWeight", .number(hasLabels ? 0.7 : 1)),
      .init("match", .texts(sites.prefix(3).map { Self.name(of: $0.site, plan) })),
      .init("epochs", .whole(Self.leastEpochs)),
    ]
    return TrainingAdvice(
      .distillation,
      evidence: evidence,
      reason: Self.sentence(evidence) + "; " + why,
      sites: (smaller.isEmpty ? sites : smaller).map(\.site),
      settings: settings
    )
  }

  // MARK: - Sites

  private struct Costly {
    var site: String
    var action: String
    var cost: Double
  }

  /// The changed sites that make up most of what such actions cost, the most costly first.
  ///
  /// For a plan that does not exist: each site's action of the kind that costs most.
  private func costly(_ plan: Plan, _ table: SensitivityTable, _ isMeant: (String) -> Bool)
    -> [Costly]
  {
    var all: [Costly] = []
    if plan.infeasibility != nil {
      for (place, site) in table.sites.enumerated() {
        let worst = table.measurements.filter { $0.site == place && isMeant($0.action) }
          .compactMap { measurement in
            measurement.divergence.map { (measurement.action, $0.mean) }
          }.max { $0.1 < $1.1 }
        if let worst { all.append(Costly(site: site.id, action: worst.0, cost: worst.1)) }
      }
    } else {
      for layer in plan.layers {
        guard let action = layer.action, isMeant(action) else { continue }
        all.append(Costly(site: layer.site, action: action, cost: layer.predictedDivergence))
      }
      for repair in plan.verified?.repairs ?? [] where isMeant(repair.action) {
        guard !all.contains(where: { $0.site == repair.site }) else { continue }
        let cost = max(0, repair.divergenceBefore - repair.divergenceAfter)
        all.append(Costly(site: repair.site, action: repair.action, cost: cost))
      }
    }
    all.sort { ($1.cost, $0.site) < ($0.cost, $1.site) }
    let total = all.reduce(0) { $0 + $1.cost }
    var sum = 0.0
    var result: [Costly] = []
    for site in all {
      if !result.isEmpty, sum >= Self.namedShare * total { break }
      sum += site.cost
      result.append(site)
    }
    return result
  }

  private static func place(of site: String, _ table: SensitivityTable) -> Int? {
    table.sites.firstIndex { $0.id == site }
  }

  /// The name in the user's own model where it is known.
  private static func name(of site: String, _ plan: Plan) -> String {
    let layer = plan.layers.first { $0.site == site }
    return layer?.layer ?? layer?.tensor ?? site
  }

  // MARK: - Words and numbers

  private static func sentence(_ evidence: TrainingAdvice.Evidence) -> String {
    let isShare = evidence.figure != "divergence"
    func text(_ value: Double) -> String {
      isShare ? Quantity.percent(value) : Quantity.significant(value)
    }
    let name = evidence.figure == "top1Agreement" ? "agreement with the original" : evidence.figure
    return "\(evidence.origin.rawValue) \(name) \(text(evidence.value)),"
      + " \(evidence.isBudget ? "asked" : "the default floor is") \(text(evidence.limit))"
  }

  /// What is lost as a multiple of what may be.
  private static func lossRatio(_ evidence: TrainingAdvice.Evidence, _ plan: Plan) -> Double {
    if evidence.figure == "divergence" { return evidence.value / max(evidence.limit, 1e-12) }
    let original =
      evidence.figure == "top1Agreement"
      ? 1 : plan.verified?.originalAccuracy ?? plan.originals[.accuracy] ?? 1
    return (original - evidence.value) / max(original - evidence.limit, 1e-12)
  }

  /// The bits of `int4-channel`.
  private static func bits(_ action: String) -> Int? {
    guard action.hasPrefix("int") else { return nil }
    return Int(action.dropFirst(3).prefix { $0.isNumber })
  }

  /// The share of zeros of `prune-50` and `prune-2:4`.
  private static func sparsity(_ action: String) -> Double? {
    let rest = action.dropFirst(6).prefix { $0.isNumber || $0 == ":" }.split(separator: ":")
    let numbers = rest.compactMap { Double($0) }
    guard let first = numbers.first else { return nil }
    return numbers.count == 2 ? 1 - first / max(numbers[1], 1) : first / 100
  }
}
