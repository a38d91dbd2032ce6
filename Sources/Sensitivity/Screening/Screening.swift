import Techniques

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Estimates of what actions do at the outputs, from a few measured ones a layer.
///
/// A layer's error `E` (relative to its own output) and the divergence `D` at the model's outputs lie on
/// a curve: for small errors `D` is proportional to `E` (both are squares), for large ones it bends.
/// Probes measure points of it: a small and a large quantization, and a pruning, whose error lies in
/// other directions. Between points `ln D` is interpolated over `ln E`; below the least point `D`
/// falls with `E`, above the greatest it goes on as between the last two.
package struct Screening: Sendable {
  private let plan: SweepPlan
  private let records: SweepRecords
  private let positions: [Int]
  /// The probes of each site.
  private var probes: [Int: [Int]] = [:]

  /// Probes, the preferred action first.
  private static let small = ["int4-channel", "int6-channel", "int4-group32", "int8-channel"]
  private static let large = ["int2-channel", "int3-channel", "ternary", "binary"]
  private static let pruned = ["prune-50", "prune-2:4", "prune-60", "prune-40", "prune-30"]
  private static let hardlyLeft = ["prune-80", "prune-90", "prune-70"]
  private static let activations = ["int8-activations", "int16-activations"]

  /// Divergences that can matter to a plan: below, an action is free, above, it is ruinous.
  ///
  /// Set for KL divergence in nats and relative square errors alike.
  static let window = 5e-4...0.7

  init(_ plan: SweepPlan, _ records: SweepRecords, _ positions: [Int]) {
    self.plan = plan
    self.records = records
    self.positions = positions
    var bySite: [Int: [(trial: Int, name: String)]] = [:]
    for (trial, content) in plan.trials.enumerated() {
      guard case .action(let site, let action) = content.subject, records.failures[trial] == nil
      else { continue }
      bySite[site, default: []].append((trial, action.name))
    }
    for (site, trials) in bySite {
      let lists =
        plan.sites[site].kind == .weights
        ? [Self.small, Self.large, Self.pruned, Self.hardlyLeft] : [Self.activations]
      var chosen: [Int] = []
      for list in lists {
        let found = list.lazy.compactMap { name in trials.first { $0.name == name }?.trial }.first
        if let found { chosen.append(found) }
      }
      if chosen.isEmpty, let first = trials.first { chosen = [first.trial] }
      probes[site] = chosen
    }
  }

  /// Whether a trial is a probe, or cannot be estimated: it is measured on the probes' samples.
  func needsMeasuring(_ trial: Int) -> Bool {
    switch plan.trials[trial].subject {
    case .pair: true
    case .mode: false
    case .action(let site, _):
      probes[site]?.contains(trial) == true || records.costs[trial]?.localError == nil
    }
  }

  /// Whether a trial is one of its site's probes.
  func isProbe(_ trial: Int) -> Bool {
    guard case .action(let site, _) = plan.trials[trial].subject else { return false }
    return probes[site]?.contains(trial) == true
  }

  /// The mean of what was measured on the probes' samples; `nil` where it was not, or is not finite.
  private func probed(_ trial: Int, usingAll: Bool = false) -> Double? {
    guard let figures = records.figures[trial] else { return nil }
    let values =
      usingAll
      ? figures.compactMap { $0?.divergence } : positions.compactMap { figures[$0]?.divergence }
    guard values.count >= positions.count, values.allSatisfy(\.isFinite), !values.isEmpty else {
      return nil
    }
    return values.reduce(0, +) / Double(values.count)
  }

  /// The estimate of a trial; `nil` where there is no local error or no probe.
  ///
  /// - Parameters:
  ///   - trial: The trial.
  ///   - usingAll: Whether probes that were measured on more than their own samples say all they know.
  ///     What is measured must not depend on it, since a resumed sweep knows more.
  /// - Returns: The divergence.
  package func estimate(_ trial: Int, usingAll: Bool = false) -> Double? {
    guard case .action(let site, let action) = plan.trials[trial].subject,
      let error = records.costs[trial]?.localError
    else { return nil }
    guard error > 0 else { return 0 }
    var points: [(error: Double, divergence: Double)] = []
    for probe in probes[site] ?? [] {
      guard case .action(_, let other) = plan.trials[probe].subject,
        let local = records.costs[probe]?.localError, local > 0,
        let found = probed(probe, usingAll: usingAll),
        found > 0
      else { continue }
      // A pruned layer has lost what it no longer says; a quantized one says it with noise.
      let isSameKind = other.name.hasPrefix("prune") == action.name.hasPrefix("prune")
      if isSameKind || Self.small.contains(other.name) { points.append((local, found)) }
    }
    return Self.interpolated(points.sorted { $0.error < $1.error }, error)
  }

  /// The curve through the points, at an error.
  static func interpolated(_ points: [(error: Double, divergence: Double)], _ error: Double)
    -> Double?
  {
    guard let first = points.first, let last = points.last else { return nil }
    if error <= first.error { return first.divergence * error / first.error }
    var slope = 1.0
    for (left, right) in zip(points, points.dropFirst()) where right.error > left.error {
      // Probes on few samples scatter: a falling curve, or one far steeper than squares, is noise.
      slope = min(
        max(log(right.divergence / left.divergence) / log(right.error / left.error), 0.2),
        3
      )
      if error <= right.error {
        let share = log(error / left.error) / log(right.error / left.error)
        return left.divergence * exp(share * log(right.divergence / left.divergence))
      }
    }
    return last.divergence * exp(slope * log(error / last.error))
  }

  /// Whether a trial is to be measured on all samples.
  func matters(_ trial: Int) -> Bool {
    switch plan.trials[trial].subject {
    case .mode: return false
    case .pair: return true
    case .action:
      guard records.failures[trial] == nil else { return false }
      guard let value = estimate(trial) ?? probed(trial) else { return true }
      return Self.window.contains(value)
    }
  }
}
