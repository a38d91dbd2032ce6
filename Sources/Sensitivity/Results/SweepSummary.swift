import Calibration
import Techniques

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension Sweep {
  /// What the journal's records come to.
  ///
  /// - Parameters:
  ///   - records: All that was measured.
  ///   - digest: The SHA-256 of the samples.
  /// - Returns: The figures that reports say.
  package func result(_ records: SweepRecords, digest: String) -> SensitivityResult {
    let summary = SweepSummary(self, records)
    let baseline = summary.effect(records.baseline)
    let measurements = summary.measurements()
    let sites = plan.sites.map(SensitivityResult.SiteFacts.init)
    return SensitivityResult(
      calibration: SensitivityResult.Calibration(
        samples: samples.count,
        sha256: digest,
        preprocessing: samples.preprocessing,
        preprocessingOrigin: samples.preprocessingOrigin.rawValue,
        seed: samples.seed,
        hasLabels: samples.labels != nil
      ),
      metric: measure.metric,
      metricReason: measure.reason,
      measuredAt: measure.targets.map(\.name),
      effort: options.effort,
      isComplete: missing(records).isEmpty,
      baselineAccuracy: baseline.accuracy,
      baselineTop5: baseline.top5Accuracy,
      ownMetric: options.ownMetric.map { ($0.command, records.ownBaseline?.number) },
      baselineNotFinite: baseline.notFinite,
      sites: sites,
      unreachable: plan.unreachable.map(SensitivityResult.SiteFacts.init),
      measurements: measurements,
      modes: summary.modes(),
      ranking: SiteRanking.ranks(measurements, sites),
      adequacy: SampleAdequacy.judge(measurements, sites, sampleCount: samples.count),
      interactions: summary.interactions(),
      screening: summary.screeningQuality(measurements),
      failures: summary.failures(),
      missing: missing(records).count
    )
  }
}

/// Sums over samples, always in their order.
private struct SweepSummary {
  private let sweep: Sweep
  private let records: SweepRecords
  private let screening: Screening?

  init(_ sweep: Sweep, _ records: SweepRecords) {
    self.sweep = sweep
    self.records = records
    screening =
      sweep.options.effort == .exact
      ? nil : Screening(sweep, records)
  }

  func effect(_ figures: [SampleFigures?]) -> SensitivityResult.Effect {
    let known = figures.compactMap { $0 }
    let finite = known.filter(\.divergence.isFinite)
    var effect = SensitivityResult.Effect(
      divergence: Interval(finite.map(\.divergence)),
      samples: known.count,
      notFinite: known.count - finite.count
    )
    guard !finite.isEmpty else { return effect }
    let count = Double(finite.count)
    let errors = finite.reduce(0) { $0 + $1.errorSquares }
    let squares = finite.reduce(0) { $0 + $1.referenceSquares }
    if errors > 0, squares > 0 { effect.sqnrDecibels = 10 * log10(squares / errors) }
    effect.cosine = finite.reduce(0) { $0 + $1.cosine } / count
    let agreements = finite.map(\.agreement).filter { !$0.isNaN }
    if agreements.count == finite.count {
      effect.top1Agreement = agreements.reduce(0, +) / count
    }
    // An output that is no number is a wrong answer.
    func share(_ flag: (SampleFigures) -> Bool?) -> Double? {
      let flags = finite.compactMap(flag)
      guard flags.count == finite.count else { return nil }
      return Double(flags.count { $0 }) / Double(known.count)
    }
    effect.accuracy = share(\.isCorrect)
    effect.top5Accuracy = share(\.isAmongFive)
    return effect
  }

  func measurements() -> [SensitivityResult.Measurement] {
    var result: [SensitivityResult.Measurement] = []
    for (trial, content) in sweep.plan.trials.enumerated() {
      guard case .action(let site, let action) = content.subject, records.failures[trial] == nil
      else { continue }
      let cost = records.costs[trial] ?? SweepRecords.Cost()
      let estimate = screening?.estimate(trial)
      var measurement = SensitivityResult.Measurement(
        site: site,
        action: action.name,
        bytes: cost.bytes,
        sparseBytes: cost.sparseBytes,
        multiplyAdds: cost.multiplyAdds,
        effect: SensitivityResult.Effect(samples: 0, notFinite: 0),
        method: .exact,
        estimate: estimate,
        perSample: []
      )
      if let figures = records.figures[trial] {
        measurement.effect = effect(figures)
        measurement.effect.own = records.ownFigures[trial]?.number
        measurement.perSample = figures.compactMap { $0?.divergence }
      }
      if measurement.effect.samples < sweep.samples.count, let estimate,
        screening?.hasDerivative(trial) == true
      {
        measurement.method = .screened
        measurement.effect.divergence = Interval(estimate: estimate)
        measurement.perSample = []
      } else if measurement.effect.samples == 0 {
        continue
      }
      result.append(measurement)
    }
    return result
  }

  func modes() -> [SensitivityResult.Mode] {
    sweep.plan.trials.enumerated().compactMap { trial, content in
      guard case .mode(let mode) = content.subject, let figures = records.figures[trial] else {
        return nil
      }
      var effect = effect(figures)
      effect.own = records.ownFigures[trial]?.number
      return SensitivityResult.Mode(
        mode: mode.rawValue,
        weightBytes: records.costs[trial]?.bytes,
        effect: effect
      )
    }
  }

  func failures() -> [SensitivityResult.Failure] {
    let silent = records.ownFigures.compactMapValues { value -> String? in
      if case .trouble(let reason) = value { "the metric's command: " + reason } else { nil }
    }
    let reasons = records.failures.merging(silent) { $1 }
    return reasons.keys.sorted().map { trial in
      let content = sweep.plan.trials[trial]
      var site: Int?
      if case .action(let place, _) = content.subject { site = place }
      return SensitivityResult.Failure(
        site: site,
        name: content.name,
        reason: reasons[trial] ?? ""
      )
    }
  }

  func interactions() -> [SensitivityResult.Interaction] {
    var single: [Int: [String: Int]] = [:]
    for (trial, content) in sweep.plan.trials.enumerated() {
      if case .action(let site, let action) = content.subject {
        single[site, default: [:]][action.name] = trial
      }
    }
    return sweep.plan.trials.enumerated().compactMap { trial, content in
      guard case .pair(let first, let second, let action) = content.subject,
        let left = single[first]?[action.name].flatMap({ records.figures[$0] }),
        let right = single[second]?[action.name].flatMap({ records.figures[$0] }),
        let both = records.figures[trial]
      else { return nil }
      var sum = 0.0
      var together = 0.0
      var count = 0
      for ((a, b), c) in zip(zip(left, right), both) {
        guard let a, let b, let c, (a.divergence + b.divergence + c.divergence).isFinite else {
          continue
        }
        sum += a.divergence + b.divergence
        together += c.divergence
        count += 1
      }
      guard count > 0 else { return nil }
      return SensitivityResult.Interaction(
        first: first,
        second: second,
        action: action.name,
        sum: sum / Double(count),
        together: together / Double(count),
        ratio: sum > 0 ? together / sum : nil
      )
    }
  }

  /// Estimates beside what was measured on all samples, action by action.
  func screeningQuality(
    _ measurements: [SensitivityResult.Measurement]
  ) -> [SensitivityResult.ScreeningQuality] {
    guard let screening, sweep.options.effort == .balanced else { return [] }
    var runs: Set<String> = []
    for (trial, content) in sweep.plan.trials.enumerated() {
      if case .action(_, let action) = content.subject, screening.isRun(trial) {
        runs.insert(action.name)
      }
    }
    return sweep.options.actions.compactMap { action in
      let both = measurements.filter {
        $0.action == action.name && $0.estimate != nil && $0.effect.divergence != nil
          && $0.effect.samples == sweep.samples.count
      }
      guard !both.isEmpty else { return nil }
      return SensitivityResult.ScreeningQuality(
        action: action.name,
        sites: both.count,
        correlation: RankCorrelation.spearman(
          both.map { $0.estimate ?? 0 },
          both.map { $0.effect.divergence?.mean ?? 0 }
        ),
        isRun: runs.contains(action.name)
      )
    }
  }
}

/// Which sites lose most.
enum SiteRanking {
  /// The sites of each kind in order.
  ///
  /// For each action the sites are ranked by their divergence, and a
  /// site's score is the mean of its places, from 0 (least) to 1 (most). An action that destroys the
  /// model so weighs as much as one that hardly shows.
  static func ranks(
    _ measurements: [SensitivityResult.Measurement],
    _ sites: [SensitivityResult.SiteFacts]
  ) -> [SensitivityResult.Rank] {
    var scores: [Int: [Double]] = [:]
    for kind in SensitivityResult.SiteFacts.Kind.allCases {
      let ofKind = measurements.filter { sites[$0.site].kind == kind }
      for action in Set(ofKind.map(\.action)).sorted() {
        let known = ofKind.filter { $0.action == action && $0.effect.divergence != nil }
        let ranks = RankCorrelation.ranks(known.map { $0.effect.divergence?.mean ?? 0 })
        let most = Double(known.count - 1)
        for (measurement, rank) in zip(known, ranks) {
          scores[measurement.site, default: []].append(most > 0 ? (rank - 1) / most : 0.5)
        }
      }
    }
    var result: [SensitivityResult.Rank] = []
    for kind in SensitivityResult.SiteFacts.Kind.allCases {
      let means = sites.indices.compactMap { site -> (site: Int, score: Double)? in
        guard sites[site].kind == kind, let all = scores[site], !all.isEmpty else { return nil }
        return (site, all.reduce(0, +) / Double(all.count))
      }
      let order = means.sorted { ($1.score, $0.site) < ($0.score, $1.site) }
      for (place, entry) in order.enumerated() {
        result.append(SensitivityResult.Rank(site: entry.site, rank: place + 1, score: entry.score))
      }
    }
    return result
  }
}

/// Whether two halves of the samples rank the sites alike.
enum SampleAdequacy {
  /// What is asked of a ranking.
  static let wanted = 0.95

  /// Judges by how alike odd and even samples rank the sites.
  ///
  /// Both halves rank the sites of each action; the correlations' mean `r` is that of half as
  /// many samples, all of them have `2r / (1 + r)`, and `n` times as many samples
  /// `n r / (1 + (n − 1) r)`. Source: Spearman 1910 and Brown 1910, "prophecy formula".
  static func judge(
    _ measurements: [SensitivityResult.Measurement],
    _ sites: [SensitivityResult.SiteFacts],
    sampleCount: Int
  ) -> SensitivityResult.Adequacy {
    var adequacy = SensitivityResult.Adequacy(isEnough: false, note: "")
    guard sampleCount > 1 else {
      adequacy.note = "one sample has no halves: neither intervals nor a verdict are possible"
      return adequacy
    }
    let full = measurements.filter {
      $0.perSample.count == sampleCount && $0.effect.notFinite == 0
    }
    guard !full.isEmpty else {
      adequacy.note = "no action was measured on all samples, as other efforts do"
      return adequacy
    }
    func half(_ values: [Double], _ start: Int) -> Double {
      stride(from: start, to: values.count, by: 2).reduce(0) { $0 + values[$1] }
        / Double((values.count - start + 1) / 2)
    }
    var correlations: [Double] = []
    for kind in SensitivityResult.SiteFacts.Kind.allCases {
      let ofKind = full.filter { sites[$0.site].kind == kind }
      for action in Set(ofKind.map(\.action)).sorted() {
        let known = ofKind.filter { $0.action == action }
        if let correlation = RankCorrelation.spearman(
          known.map { half($0.perSample, 0) },
          known.map { half($0.perSample, 1) }
        ) {
          correlations.append(correlation)
        }
      }
    }
    adequacy.note =
      "mean over \(correlations.count) action" + (correlations.count == 1 ? "" : "s")
    if correlations.isEmpty {
      guard
        let pooled = RankCorrelation.spearman(
          full.map { half($0.perSample, 0) },
          full.map { half($0.perSample, 1) }
        )
      else {
        adequacy.note = "there are too few sites to rank"
        return adequacy
      }
      correlations = [pooled]
      adequacy.note = "over all sites and actions together, as no action has three sites"
    }
    let r = correlations.reduce(0, +) / Double(correlations.count)
    adequacy.halvesCorrelation = r
    guard r > 0 else { return adequacy }
    let reliability = 2 * r / (1 + r)
    adequacy.reliability = reliability
    adequacy.isEnough = reliability >= wanted
    let factor = reliability < 1 ? wanted * (1 - reliability) / (reliability * (1 - wanted)) : 0
    let needed = (factor * Double(full.map(\.perSample.count).max() ?? sampleCount)).rounded(.up)
    adequacy.samplesNeeded = needed < 1e9 ? max(Int(needed), 2) : nil
    return adequacy
  }
}
