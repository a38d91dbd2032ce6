/// What a result says at a glance.
package struct SensitivityReading: Sendable {
  /// An action that costs little at every site, and its greatest cost.
  package struct Safe: Sendable {
    package var action: String
    package var worst: Double
    package var site: Int
  }

  /// The least divergence with which more than one answer in a hundred changed; `nil` where there are
  /// no classes, fewer than a hundred samples, or answers never changed so often.
  package var visibleFrom: Double?
  /// Actions on weights that nowhere change one answer in a hundred (or a hundredth of the output).
  package var safe: [Safe]
  /// The site that loses most of each kind, in the order of the kinds.
  package var mostSensitive: [Int]
  /// Pairs whose costs do not add up within a factor of two.
  package var interacting: Int

  /// Stands in for `visibleFrom`: a hundredth of a nat, or of the outputs' power.
  package static let fallback = 0.01

  package init(_ result: SensitivityResult) {
    let known = result.measurements.filter { $0.effect.divergence != nil }
    visibleFrom =
      known.filter { ($0.effect.top1Agreement ?? 1) < 0.99 && $0.effect.samples >= 100 }
      .compactMap { $0.effect.divergence?.mean }.min()
    var actions: [String] = []
    for measurement in known where !actions.contains(measurement.action) {
      actions.append(measurement.action)
    }
    let limit = visibleFrom ?? Self.fallback
    safe = actions.compactMap { action in
      let all = known.filter {
        $0.action == action && result.sites[$0.site].kind == .weights
      }
      guard
        let worst = all.max(by: {
          ($0.effect.divergence?.mean ?? 0) < ($1.effect.divergence?.mean ?? 0)
        }), let mean = worst.effect.divergence?.mean, mean < limit
      else { return nil }
      return Safe(action: action, worst: mean, site: worst.site)
    }
    mostSensitive = SensitivityResult.SiteFacts.Kind.allCases.compactMap { kind in
      result.ranking.first { result.sites[$0.site].kind == kind && $0.rank == 1 }?.site
    }
    interacting = result.interactions.count {
      $0.ratio.map { $0 > 2 || $0 < 0.5 } ?? false
    }
  }
}
