import Differences
import Gate

/// What a check says, in words; each writer escapes them for its own place.
struct GateSentences {
  let result: GateResult

  /// `file size`, `arena, tflite-micro`.
  static func title(_ check: GateResult.Check) -> String {
    guard let figure = check.figure else { return check.budget == nil ? "model" : "budget" }
    let name = [figure.title, check.scope.title].compactMap { $0 }.joined(separator: ", ")
    switch check.kind {
    case .growth: return name + ", growth"
    case .drop: return name + ", drop"
    case .drift: return name + ", drift"
    case .shrink: return name + ", shrinking"
    default: return name
    }
  }

  /// The limit as the table shows it: `60.0 kB`, `+2 %`.
  static func limit(_ check: GateResult.Check) -> String {
    guard let figure = check.figure else { return "" }
    let isBinary = check.usesBinaryUnits
    switch check.kind {
    case .growth, .drift: return "+" + allowance(check, figure)
    case .drop, .shrink: return "−" + allowance(check, figure)
    case .minimum:
      return check.limit.map { "≥ " + FigureText.text($0, figure.unit, isBinary: isBinary) } ?? ""
    case .maximum, .readable:
      return check.limit.map { FigureText.text($0, figure.unit, isBinary: isBinary) } ?? ""
    }
  }

  private static func allowance(_ check: GateResult.Check, _ figure: Figure) -> String {
    switch check.allowance {
    case .relative(let hundredths): FigureText.percent(hundredths: hundredths)
    case .absolute(let amount):
      FigureText.text(amount, figure.unit, isBinary: check.usesBinaryUnits)
    case nil: "?"
    }
  }

  /// One sentence without a full stop.
  static func message(_ check: GateResult.Check) -> String {
    guard let figure = check.figure else {
      return [check.code, check.reason].compactMap { $0 }.joined(separator: ": ")
    }
    let name = [figure.title, check.scope.title].compactMap { $0 }.joined(separator: ", ")
    guard check.verdict != .undecidable, let value = check.value else {
      return "\(name) cannot be judged: \(check.reason ?? "unknown")"
    }
    switch check.kind {
    case .maximum, .minimum, .readable: return absolute(check, figure, name, value)
    case .growth, .drop, .drift: return relative(check, figure, name, value)
    case .shrink:
      let change = FigureText.change(from: check.baseline ?? 0, to: value)
      return check.verdict == .pass
        ? "\(name) changed by \(change)"
        : "\(name) changed by \(change): suspiciously small; is the file complete?"
    }
  }

  private static func absolute(
    _ check: GateResult.Check,
    _ figure: Figure,
    _ name: String,
    _ value: Int
  ) -> String {
    let limit = check.limit ?? 0
    let isBinary = check.usesBinaryUnits
    let (seen, allowed) = FigureText.pair(value, limit, figure.unit, isBinary: isBinary)
    let isMaximum = check.kind == .maximum
    guard check.verdict == .fail else {
      return "\(name) \(seen) is within the \(isMaximum ? "limit" : "least") of \(allowed)"
    }
    let distance = FigureText.text(
      isMaximum ? value - limit : limit - value,
      figure.unit,
      isBinary: isBinary
    )
    return isMaximum
      ? "\(name) \(seen) is over the limit of \(allowed) by \(distance)"
      : "\(name) \(seen) is under the least of \(allowed) by \(distance)"
  }

  private static func relative(
    _ check: GateResult.Check,
    _ figure: Figure,
    _ name: String,
    _ value: Int
  ) -> String {
    let old = check.baseline ?? 0
    let (now, before) = FigureText.pair(
      value,
      old,
      figure.unit,
      isBinary: check.usesBinaryUnits
    )
    let since = check.kind == .drift ? "the pinned baseline" : "the baseline"
    let change = FigureText.change(from: old, to: value)
    let text =
      value == old
      ? "\(name) is \(now) as in \(since)"
      : "\(name) went from \(before) to \(now) (\(change)) since \(since)"
    return check.verdict == .fail ? text + "; allowed is \(limit(check))" : text
  }

  /// Why a figure is too large, in the user's layer names.
  ///
  /// - Parameters:
  ///   - explanation: The causes.
  ///   - show: How a layer's name is written.
  /// - Returns: A sentence without a full stop.
  static func why(
    _ explanation: GateResult.Explanation,
    show: (String) -> String = { $0 }
  ) -> String {
    var parts: [String] = []
    for cause in explanation.causes {
      let amount =
        explanation.isChange
        ? FigureText.signed(cause.amount, cause.unit) : FigureText.text(cause.amount, cause.unit)
      parts.append("\(show(cause.title))\(verb(cause)) (\(amount))")
    }
    let unit = explanation.causes.first?.unit ?? explanation.figure.unit
    if explanation.rest != 0, explanation.figure.attribution != .peak {
      let amount =
        explanation.isChange
        ? FigureText.signed(explanation.rest, unit) : FigureText.text(explanation.rest, unit)
      parts.append("everything else (\(amount))")
    }
    guard !parts.isEmpty else { return "no operator explains it" }
    let lead = explanation.isChange ? "" : "largest: "
    return lead + parts.joined(separator: ", ")
  }

  /// The cheapest way back under a limit, where one is known.
  ///
  /// - Parameters:
  ///   - explanation: What failed.
  ///   - show: How a layer's name is written.
  /// - Returns: A sentence without a full stop.
  static func wayBack(
    _ explanation: GateResult.Explanation,
    show: (String) -> String = { $0 }
  ) -> String? {
    guard let way = explanation.wayBack else { return nil }
    let figure = explanation.figure
    let reached = FigureText.text(way.value, figure.unit)
    switch way.source {
    case .mode(let name):
      return "\(name) would make it \(reached)" + (way.isEnough ? "" : ", which is not enough")
        + " (from the file alone; what it costs in accuracy: analyze sensitivity)"
    case .layers(let actions):
      var names: [(action: String, layers: [MeasurementFile.Action])] = []
      for action in actions {
        if let place = names.firstIndex(where: { $0.action == action.action }) {
          names[place].layers.append(action)
        } else {
          names.append((action.action, [action]))
        }
      }
      let parts = names.map { name, layers in
        let bytes = layers.reduce(0) { $0 + $1.after - $1.before }
        var shown = layers.prefix(mostLayers).map { show($0.layer) }
        if layers.count > mostLayers { shown.append("\(layers.count - mostLayers) more") }
        return "\(name) on \(shown.joined(separator: ", ")) (\(FigureText.signed(bytes, .bytes)))"
      }
      let cost = way.divergence.map {
        ", each alone costs together a divergence of " + FigureText.text($0, .ratio)
      }
      return parts.joined(separator: ", ") + (cost ?? "") + " and makes it \(reached)"
        + (way.isEnough ? "" : ", which is not enough")
    }
  }

  /// Layers that are named for one action.
  private static let mostLayers = 4

  private static func verb(_ cause: GateResult.Cause) -> String {
    switch cause.status {
    case .added: " is new"
    case .removed: " is gone"
    case .changed, .same: cause.changes.contains(.shape) ? " changed its shape" : " grew"
    case nil: ""
    }
  }

  /// `✗ models/kws.tflite is over budget`, for one model or for many.
  var headline: String {
    let failing = names(.fail)
    let undecided = names(.undecidable)
    let enforcement = result.isEnforced ? "" : " (not enforced)"
    switch result.verdict {
    case .pass:
      let warnings = result.checks.count { $0.verdict != .pass }
      let tail = warnings > 0 ? ", \(warnings) warning\(warnings == 1 ? "" : "s")" : ""
      let verb = result.models.count == 1 ? "is" : "are"
      return "✓ \(subject(result.models)) \(verb) within budget" + tail
    case .fail:
      return "✗ \(subject(failing)) \(failing.count == 1 ? "is" : "are") over budget" + enforcement
    case .undecidable: return "? \(subject(undecided)) cannot be judged"
    }
  }

  private func names(_ verdict: GateResult.Verdict) -> [String] {
    var names: [String] = []
    for check in result.checks
    where check.verdict == verdict && !check.isAdvisory && !names.contains(check.model) {
      names.append(check.model)
    }
    return names
  }

  private func subject(_ names: [String]) -> String {
    switch names.count {
    case 0: "the models"
    case 1: names[0].isEmpty ? "the gate" : names[0]
    default: "\(names.count) models"
    }
  }

  /// The sign of a check.
  static func mark(_ check: GateResult.Check) -> String {
    switch (check.verdict, check.isAdvisory) {
    case (.pass, _): "✓"
    case (.fail, false): "✗"
    case (.undecidable, false): "?"
    case (_, true): "!"
    }
  }
}
