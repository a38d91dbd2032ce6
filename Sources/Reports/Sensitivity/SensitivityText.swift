import ByteIO
import Profiling
import Sensitivity

/// What a sweep found, for people.
package struct SensitivityText {
  private let result: SensitivityResult
  private let reading: SensitivityReading
  private let title: String
  private let style: TextStyle

  /// Rows of a table; the document has all.
  private static let rowLimit = 24

  /// - Parameters:
  ///   - result: What was found.
  ///   - title: The model's path.
  ///   - style: Columns and colours.
  package init(_ result: SensitivityResult, title: String, style: TextStyle) {
    self.result = result
    self.title = title
    self.style = style
    reading = SensitivityReading(result)
  }

  /// The report, line by line.
  package func lines() -> [String] {
    var lines = heading()
    for kind in SensitivityResult.SiteFacts.Kind.allCases { lines += table(kind) }
    lines += modes()
    lines += summary()
    lines += problems()
    return lines
  }

  // MARK: - Head

  private func heading() -> [String] {
    let calibration = result.calibration
    let title = escapedForTerminal(title)
    var lines = [style.paint("Sensitivity of \(title)", .heading), ""]
    if !result.isComplete {
      lines.append(
        style.paint("  INCOMPLETE: \(result.missing) trials were not measured.", .warning)
      )
    }
    var data = "\(Quantity.grouped(calibration.samples)) samples"
    if !calibration.preprocessing.isEmpty {
      data +=
        ", \(escapedForTerminal(calibration.preprocessing)) (\(calibration.preprocessingOrigin))"
    }
    lines.append("  data     " + data)
    let unit =
      result.metric == .kl
      ? "KL divergence of the class probabilities, in nats" : "relative square error of the outputs"
    lines.append("  metric   \(unit): \(result.metricReason)")
    let places = result.measuredAt.map { Columns.shortened($0, to: 40) }.joined(separator: ", ")
    lines.append("  at       \(places)")
    if let accuracy = result.baselineAccuracy {
      let five = result.baselineTop5.map { ", top-5 \(Quantity.percent($0))" } ?? ""
      lines.append("  float    \(Quantity.percent(accuracy)) right\(five)")
    }
    if let own = result.ownMetric {
      let value = own.baseline.map { Quantity.significant($0) } ?? "–"
      lines.append("  own      \(value) of the float model: \(escapedForTerminal(own.command))")
    }
    lines.append("")
    return lines
  }

  // MARK: - Tables

  private func table(_ kind: SensitivityResult.SiteFacts.Kind) -> [String] {
    let ranks = result.ranking.filter { result.sites[$0.site].kind == kind }
    guard !ranks.isEmpty else { return [] }
    var actions: [String] = []
    var cells: [Int: [String: SensitivityResult.Measurement]] = [:]
    for measurement in result.measurements where result.sites[measurement.site].kind == kind {
      if !actions.contains(measurement.action) { actions.append(measurement.action) }
      cells[measurement.site, default: [:]][measurement.action] = measurement
    }
    let name: String =
      switch kind {
      case .weights: "Weights: what storing a layer's weights in another form does to the outputs"
      case .activations: "Activations: what storing them as integers does"
      case .channels: "Channels: what removing the least important ones of a group does"
      }
    let shown = Array(ranks.prefix(Self.rowLimit))
    let labels = shown.map { label(result.sites[$0.site]) }
    let nameColumns = min(34, max(6, labels.map(Columns.width).max() ?? 6))
    let sizeColumns = 10
    var lines = [style.paint(name, .heading) + style.paint("  (most sensitive first)", .faint)]
    let room = max(style.width - 2 - nameColumns - sizeColumns - 3, 20)
    for part in parts(actions, room) {
      let widths = part.map { max(Columns.width($0), 8) }
      lines.append(
        "  " + Columns.left("layer", nameColumns) + Columns.right("KiB", sizeColumns)
          + zip(part, widths).map { "  " + Columns.right($0, $1) }.joined()
      )
      for (rank, label) in zip(shown, labels) {
        let site = result.sites[rank.site]
        var line = "  " + Columns.left(Columns.shortened(label, to: nameColumns), nameColumns)
        line += Columns.right(Quantity.kibibytes(site.bytes), sizeColumns)
        for (action, width) in zip(part, widths) {
          line += "  " + cell(cells[rank.site]?[action], width)
        }
        lines.append(line)
      }
      lines.append("")
    }
    if ranks.count > shown.count {
      lines.insert(
        style.paint("  … and \(ranks.count - shown.count) more in the document", .faint),
        at: lines.count - 1
      )
    }
    return lines
  }

  /// What tells a site from others: the user's own name of the layer, or the tensor's.
  private func label(_ site: SensitivityResult.SiteFacts) -> String {
    let text = site.layer ?? (site.name.isEmpty ? site.tensor : site.name)
    return escapedForTerminal(text)
  }

  /// Columns that fit side by side.
  private func parts(_ actions: [String], _ room: Int) -> [[String]] {
    var parts: [[String]] = [[]]
    var used = 0
    for action in actions {
      let width = max(Columns.width(action), 8) + 2
      if used + width > room, !parts[parts.count - 1].isEmpty {
        parts.append([])
        used = 0
      }
      parts[parts.count - 1].append(action)
      used += width
    }
    return parts
  }

  private func cell(_ measurement: SensitivityResult.Measurement?, _ width: Int) -> String {
    guard let measurement else { return style.paint(Columns.right("–", width), .faint) }
    guard let mean = measurement.effect.divergence?.mean else {
      return style.paint(Columns.right("NaN", width), .error)
    }
    let text = (measurement.method == .screened ? "~" : "") + figure(mean)
    let padded = Columns.right(text, width)
    guard let visible = reading.visibleFrom else { return padded }
    if mean < visible { return style.paint(padded, .good) }
    return mean < 10 * visible ? style.paint(padded, .warning) : style.paint(padded, .error)
  }

  private func figure(_ value: Double) -> String {
    value == 0 ? "0" : Quantity.significant(value, digits: 2)
  }

  private func modes() -> [String] {
    guard !result.modes.isEmpty else { return [] }
    var heading =
      "  " + Columns.left("mode", 16) + Columns.right("weights KiB", 12)
      + Columns.right("divergence", 13) + Columns.right("SQNR dB", 10)
    let hasAgreement = result.modes.contains { $0.effect.top1Agreement != nil }
    let hasAccuracy = result.baselineAccuracy != nil
    if hasAgreement { heading += Columns.right("same answer", 14) }
    if hasAccuracy { heading += Columns.right("right", 10) + Columns.right("change", 11) }
    if result.ownMetric != nil { heading += Columns.right("own", 10) }
    var lines = [style.paint("Whole model: what a converter's modes would do", .heading), heading]
    for mode in result.modes {
      let effect = mode.effect
      var line = "  " + Columns.left(mode.mode, 16)
      line += Columns.right(Quantity.kibibytes(mode.weightBytes), 12)
      line += Columns.right(effect.divergence.map { figure($0.mean) } ?? "NaN", 13)
      line += Columns.right(effect.sqnrDecibels.map { Quantity.fixed($0, digits: 1) } ?? "–", 10)
      if hasAgreement {
        line += Columns.right(effect.top1Agreement.map(Quantity.percent) ?? "–", 14)
      }
      if let baseline = result.baselineAccuracy {
        line += Columns.right(effect.accuracy.map(Quantity.percent) ?? "–", 10)
        let change = effect.accuracy.map { 100 * ($0 - baseline) }
        let text = change.map { ($0 > 0 ? "+" : "") + Quantity.fixed($0, digits: 1) + " pts" }
        line += Columns.right(text ?? "–", 11)
      }
      if result.ownMetric != nil {
        line += Columns.right(effect.own.map { Quantity.significant($0) } ?? "–", 10)
      }
      lines.append(line)
    }
    return lines + [""]
  }

  // MARK: - What to read from it

  private func summary() -> [String] {
    var sentences: [String] = []
    if let visible = reading.visibleFrom {
      sentences.append(
        "From a divergence of \(figure(visible)) on, more than 1 % of the answers change; below it a"
          + " change hardly shows."
      )
    } else if result.metric == .kl {
      sentences.append(
        result.measurements.contains { $0.effect.samples >= 100 && $0.method == .exact }
          ? "No measured action changed more than 1 % of the answers."
          : "How many answers change is not said: that takes measuring on 100 samples."
      )
    }
    let tight = reading.safe.map(\.action)
    if !tight.isEmpty {
      sentences.append(
        "Below \(figure(reading.visibleFrom ?? SensitivityReading.fallback)) at every layer:"
          + " \(tight.joined(separator: ", "))."
      )
    }
    for site in reading.mostSensitive {
      let facts = result.sites[site]
      let what: String =
        switch facts.kind {
        case .weights: "weights"
        case .activations: "activation"
        case .channels: "channels"
        }
      sentences.append("The most sensitive \(what): \(Columns.shortened(label(facts), to: 50)).")
    }
    if !result.interactions.isEmpty {
      let count = result.interactions.count
      let ratios = result.interactions.compactMap(\.ratio).sorted()
      if let least = ratios.first, let most = ratios.last {
        sentences.append(
          "\(count == 1 ? "A pair" : "\(count) pairs") of layers changed together cost\(count == 1 ? "s" : "") "
            + Quantity.fixed(least, digits: 2)
            + (count == 1 ? "" : " to \(Quantity.fixed(most, digits: 2))")
            + " times the sum of the single costs"
            + (reading.interacting == 0
              ? ": costs add up." : "; \(reading.interacting) not within a factor of two.")
        )
      }
    }
    sentences.append(adequacy())
    let correlations = result.screening.compactMap(\.correlation)
    if let least = correlations.min() {
      sentences.append(
        "Estimates (~) order the layers as measurements do, by a rank correlation of at least"
          + " \(Quantity.fixed(least, digits: 2)) for each action that has three layers to compare."
      )
    } else if result.effort != .exact {
      sentences.append(
        "Figures with ~ are estimates from derivatives and few runs; they have no interval."
      )
    }
    var lines = [style.paint("What to read from it", .heading)]
    for sentence in sentences {
      let wrapped = Columns.wrapped(sentence, to: style.width - 4)
      for (index, line) in wrapped.enumerated() {
        lines.append((index == 0 ? "  · " : "    ") + line)
      }
    }
    return lines + [""]
  }

  private func adequacy() -> String {
    let adequacy = result.adequacy
    guard let halves = adequacy.halvesCorrelation else {
      return "Whether the samples are enough is unknown: \(adequacy.note)."
    }
    let numbers =
      "two halves of the samples rank the layers with a correlation of"
      + " \(Quantity.fixed(halves, digits: 3)) (\(adequacy.note))"
    if adequacy.isEnough { return "The samples are enough: \(numbers)." }
    let needed = adequacy.samplesNeeded.map { "; about \(Quantity.grouped($0)) would be" } ?? ""
    return "The samples are not enough: \(numbers)\(needed)."
  }

  private func problems() -> [String] {
    var lines: [String] = []
    if result.baselineNotFinite > 0 {
      lines.append(
        "  The float model itself gives no finite numbers for \(result.baselineNotFinite) samples;"
          + " they are in no mean."
      )
    }
    let notFinite = result.measurements.filter { $0.effect.notFinite > 0 }
    for measurement in notFinite.prefix(8) {
      let effect = measurement.effect
      lines.append(
        "  \(Columns.shortened(label(result.sites[measurement.site]), to: 40)): \(measurement.action)"
          + " gave NaN or infinity for \(effect.notFinite) of \(effect.samples) samples"
      )
    }
    if notFinite.count > 8 {
      lines.append("  … and \(notFinite.count - 8) more trials with NaN or infinity")
    }
    for failure in result.failures.prefix(8) {
      lines.append(
        "  \(Columns.shortened(failure.name, to: 60)): \(escapedForTerminal(failure.reason))"
      )
    }
    if result.failures.count > 8 {
      lines.append("  … and \(result.failures.count - 8) more trials that could not be run")
    }
    return lines.isEmpty ? [] : [style.paint("Not measured", .warning)] + lines + [""]
  }
}
