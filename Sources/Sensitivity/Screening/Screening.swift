import Techniques

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Estimates of what actions do at the outputs.
///
/// The derivative says what an action does as far as the outputs follow it in a straight line
/// (`LinearEstimates`). The actions that do most, of which that is least true, are run on a few samples,
/// and so are those for which there is no derivative. Where there are both, `ln D` is their mean,
/// weighed by how far each can be off.
package struct Screening: Sendable {
  private let plan: SweepPlan
  private let records: SweepRecords
  /// The trials that are run on few samples.
  private let runs: Set<Int>
  /// What stands for one nat in the unit of the metric.
  private let scale: Double
  /// These samples.
  package let positions: [Int]

  /// Divergences that can matter to a plan: below, an action is free, above, it is ruinous.
  ///
  /// Set for KL divergence in nats and relative square errors alike.
  static let window = 5e-4...0.7
  /// Below this bend not even a straight line that a few samples make is run.
  static let leastLonelyBend = 0.01
  /// On so many samples a trial is run at least: fewer samples of more trials order them worse.
  static let wantedSamples = 16
  /// On how many samples a run says more than a straight line that bends so: the square of a run's mean is
  /// off by about 1 in `n` of its samples (0.2 to 2 were measured).
  private static func usefulSamples(_ bend: Double) -> Double {
    max(Double(wantedSamples), 1 / bend)
  }
  /// Relative square errors bend as early as divergences 50 times as large: of class scores whose
  /// squares are some tens, a divergence of 1 is an error of a few percent.
  static let squareScale = 0.02
  /// How far the straight line can be off: the square of `ln(D / linear)` that is expected between
  /// layers.
  ///
  /// `D / (1 + D)` with `D` in nats: 0.05 for small quantizations, 0.2 for 3 bits, 0.5 and more for 2 bits and
  /// 80 % pruned weights, about what was measured on two models (docs/sensitivity.md).
  private func bend(_ linear: Double) -> Double { linear / (scale + linear) }
  /// From this relative variance on, fewer than eight samples make an estimate: where a unit that is
  /// hardly ever on is switched off by an action, the derivative of the samples on which it is on says
  /// too much.
  static let lonely = 0.125
  /// Fewer samples say too little.
  static let leastSamples = 8

  /// A trial whose straight line may be off.
  private struct Doubt {
    var trial: Int
    var bend: Double
    var isLonely: Bool

    /// Those that few samples make, then those that bend most.
    func comesBefore(_ other: Doubt) -> Bool {
      if isLonely != other.isLonely { return isLonely }
      return (other.bend, trial) < (bend, other.trial)
    }
  }

  init(_ sweep: Sweep, _ records: SweepRecords) {
    plan = sweep.plan
    self.records = records
    scale = sweep.measure.metric == .kl ? 1 : Self.squareScale
    let cost = sweep.screeningCost
    let curvatures = records.curvatures.map { $0 ?? 0 }
    var chosen: Set<Int> = []
    var passes = 0.0
    func choose(_ trial: Int) {
      guard records.failures[trial] == nil, chosen.insert(trial).inserted else { return }
      passes += cost.suffixes[trial]
    }
    var singles: [String: Int] = [:]
    for (trial, content) in plan.trials.enumerated() {
      guard case .action(let site, let action) = content.subject else { continue }
      singles["\(site) \(action.name)"] = trial
      if records.costs[trial]?.linear == nil { choose(trial) }
    }
    for (trial, content) in plan.trials.enumerated() {
      guard case .pair(let first, let second, let action) = content.subject else { continue }
      // Other efforts run pairs on all samples.
      if sweep.options.effort == .screen { choose(trial) }
      // A pair is compared with its members on the same samples.
      for site in [first, second] {
        if let single = singles["\(site) \(action.name)"] { choose(single) }
      }
    }
    // First those that a few samples make alone, then those that bend most.
    let lonely = max(Self.lonely, Self.lonely * 64 / Double(max(cost.walkSamples, 1)))
    let unit = scale
    let doubtful = plan.trials.indices.compactMap { trial -> Doubt? in
      guard !chosen.contains(trial), let known = records.costs[trial], let linear = known.linear,
        linear > 0
      else { return nil }
      let bend = linear / (unit + linear)
      let isLonely = (known.linearVariance ?? 0) > lonely && bend > Self.leastLonelyBend
      return Doubt(trial: trial, bend: bend, isLonely: isLonely)
    }
    for doubt in doubtful.sorted(by: { $0.comesBefore($1) }) {
      let wanted = min(Self.usefulSamples(doubt.bend), Double(cost.sampleCount))
      guard (passes + cost.suffixes[doubt.trial]) * wanted <= cost.runBudget else { continue }
      choose(doubt.trial)
    }
    let count = passes > 0 ? min(cost.runBudget / passes, Double(cost.sampleCount)) : 0
    runs = chosen
    positions = ScreeningCost.spread(
      min(max(Int(count), Self.leastSamples), cost.sampleCount),
      curvatures,
      seed: sweep.options.seed
    )
  }

  /// Whether a trial is run on few samples.
  func needsMeasuring(_ trial: Int) -> Bool { runs.contains(trial) }

  /// Whether a trial is an action that was run on few samples.
  func isRun(_ trial: Int) -> Bool {
    guard case .action = plan.trials[trial].subject else { return false }
    return runs.contains(trial)
  }

  /// What the runs on few samples say: the mean, and the relative variance of that mean; `nil` where
  /// there were none, or not all are finite.
  private func run(_ trial: Int) -> (mean: Double, variance: Double)? {
    guard runs.contains(trial), let figures = records.figures[trial] else { return nil }
    let values = positions.compactMap { figures[$0]?.divergence }
    guard values.count == positions.count, values.allSatisfy(\.isFinite), !values.isEmpty else {
      return nil
    }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    guard count > 1, mean > 0 else { return (mean, 1) }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    return (mean, variance / count / (mean * mean))
  }

  /// Whether there is more than runs on few samples to tell what a trial does.
  func hasDerivative(_ trial: Int) -> Bool { records.costs[trial]?.linear != nil }

  /// The estimate of a trial; `nil` where nothing is known of it.
  package func estimate(_ trial: Int) -> Double? {
    guard case .action = plan.trials[trial].subject else { return nil }
    guard let linear = records.costs[trial]?.linear else { return run(trial)?.mean }
    guard let run = run(trial) else { return linear }
    guard run.mean > 0, linear > 0 else { return run.mean }
    let bend = bend(linear) + (records.costs[trial]?.linearVariance ?? 0)
    let share = bend / (bend + run.variance)
    return exp(share * log(run.mean) + (1 - share) * log(linear))
  }

  /// Whether a trial is to be measured on all samples.
  func matters(_ trial: Int) -> Bool {
    switch plan.trials[trial].subject {
    case .mode: return false
    case .pair: return true
    case .action:
      guard records.failures[trial] == nil else { return false }
      guard let value = estimate(trial) else { return true }
      return Self.window.contains(value)
    }
  }
}
