import Differences

/// The cheapest way back under a limit that a plan, a sweep or the outlook knows.
package struct WayBack: Sendable, Equatable {
  /// Where the way comes from.
  package enum Source: Sendable, Equatable {
    /// A standard mode of compression, computed from the file: `float16`.
    case mode(String)
    /// Single layers, from a sensitivity or plan file.
    case layers([MeasurementFile.Action])
  }

  package var source: Source
  /// What the figure becomes.
  package var value: Int
  /// The sum of what the layers' actions cost alone, in millionths; `nil` where nothing measured it.
  package var divergence: Int?
  /// Whether `value` is within the limit; otherwise it is the nearest that is known.
  package var isEnough: Bool

  package init(source: Source, value: Int, divergence: Int?, isEnough: Bool) {
    self.source = source
    self.value = value
    self.divergence = divergence
    self.isEnough = isEnough
  }
}

/// Finds ways back.
struct WayBackSearch {
  /// The model's figures, with the modes of the outlook.
  let report: ReportSnapshot
  /// Measurements of this very model.
  let measurements: MeasurementFile?

  /// The way for a figure that is too large.
  ///
  /// Measured layers come first, then the modes in the order of their harm: the outlook lists the
  /// gentlest first. For memory and time only modes are known.
  ///
  /// - Parameters:
  ///   - figure: The figure.
  ///   - scope: What it is taken of.
  ///   - value: What it is.
  ///   - limit: What it may be.
  /// - Returns: A way that is enough; where there is none, the farthest; `nil` where nothing is known
  ///   to bring anything.
  func way(_ figure: Figure, _ scope: FigureScope, from value: Int, to limit: Int) -> WayBack? {
    let layers = [.fileBytes, .weightBytes].contains(figure) ? layers(from: value, to: limit) : nil
    if let layers, layers.isEnough { return layers }
    let modes = report.modes.compactMap { mode in
      mode.value(figure, scope).map {
        WayBack(source: .mode(mode.name), value: $0, divergence: nil, isEnough: $0 <= limit)
      }
    }
    if let enough = modes.first(where: \.isEnough) { return enough }
    // Nothing is enough: what comes nearest, if it brings anything.
    let nearest = ((layers.map { [$0] } ?? []) + modes).min { $0.value < $1.value }
    return nearest.flatMap { $0.value < value ? $0 : nil }
  }

  /// Takes the action with the least divergence for each byte that it saves until the limit is met,
  /// then gives back what is not needed, the dearest first.
  private func layers(from value: Int, to limit: Int) -> WayBack? {
    var left: [MeasurementFile.Action] = (measurements?.actions ?? []).filter {
      $0.after < $0.before
    }
    var taken: [String: MeasurementFile.Action] = [:]
    var reached = value
    while reached > limit {
      let best = left.enumerated().min { price($0.element, taken) < price($1.element, taken) }
      guard let best, price(best.element, taken) < .infinity else { break }
      reached -= saving(best.element, taken)
      taken[best.element.site] = best.element
      left.remove(at: best.offset)
    }
    for action in taken.values.sorted(by: { ($0.divergence, $1.site) > ($1.divergence, $0.site) })
    where reached + (action.before - action.after) <= limit {
      taken[action.site] = nil
      reached += action.before - action.after
    }
    guard !taken.isEmpty else { return nil }
    let actions = taken.values.sorted {
      ($1.before - $1.after, $0.site) < ($0.before - $0.after, $1.site)
    }
    return WayBack(
      source: .layers(actions),
      value: reached,
      divergence: actions.reduce(0) { $0.addingReportingOverflow($1.divergence).partialValue },
      isEnough: reached <= limit
    )
  }

  private func saving(
    _ action: MeasurementFile.Action,
    _ taken: [String: MeasurementFile.Action]
  ) -> Int {
    (taken[action.site]?.after ?? action.before) - action.after
  }

  /// Millionths a byte, over what is already taken at the site.
  private func price(
    _ action: MeasurementFile.Action,
    _ taken: [String: MeasurementFile.Action]
  ) -> Double {
    let bytes = saving(action, taken)
    guard bytes > 0 else { return .infinity }
    return Double(action.divergence - (taken[action.site]?.divergence ?? 0)) / Double(bytes)
  }
}

extension ReportSnapshot.Mode {
  /// What a figure becomes; `nil` where the mode does not tell.
  fileprivate func value(_ figure: Figure, _ scope: FigureScope) -> Int? {
    switch figure {
    case .fileBytes: fileBytes
    case .weightBytes: weightBytes
    case .arena: scope.planner == planner ? arenaBytes : nil
    case .peakActivationBytes: arenaBytes
    case .latency: scope.target == target ? nanoseconds : nil
    default: nil
    }
  }
}
