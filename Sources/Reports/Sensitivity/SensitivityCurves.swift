import Planning
import Profiling
import Sensitivity

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What each action costs at each site, as curves and as a ranking in colours; from a sweep, or from the
/// table that a plan was made from.
package struct SensitivityCurves {
  /// A place.
  struct Site {
    var label: String
    var kind: String
    var operatorIndex: Int?
    var bytes: Int?
  }

  /// An action at a place.
  struct Cell {
    var site: Int
    var action: String
    var mean: Double
    /// 95 %; `nil` where there is none.
    var interval: (low: Double, high: Double)?
    var bytes: Int?
    var isEstimate: Bool
  }

  let sites: [Site]
  let cells: [Cell]
  /// What the divergence is, for axes.
  private let unit: String

  /// Curves with a colour of their own; the others are grey.
  private static let highlighted = 8

  package init(_ result: SensitivityResult) {
    sites = result.sites.map { site in
      Site(
        label: site.layer ?? (site.name.isEmpty ? site.tensor : site.name),
        kind: site.kind.rawValue,
        operatorIndex: site.operatorIndex,
        bytes: site.bytes
      )
    }
    cells = result.measurements.compactMap { measurement in
      guard let divergence = measurement.effect.divergence else { return nil }
      return Cell(
        site: measurement.site,
        action: measurement.action,
        mean: divergence.mean,
        interval: divergence.low.flatMap { low in divergence.high.map { (low, $0) } },
        bytes: measurement.bytes,
        isEstimate: measurement.method == .screened
      )
    }
    unit = Self.unit(result.metric.rawValue)
  }

  package init(_ table: SensitivityTable) {
    sites = table.sites.map { site in
      Site(
        label: site.layer ?? (site.name.isEmpty ? site.tensor : site.name),
        kind: site.kind,
        operatorIndex: site.operatorIndex,
        bytes: site.bytes
      )
    }
    cells = table.measurements.compactMap { measurement in
      guard let divergence = measurement.divergence else { return nil }
      let isPoint = divergence.low == divergence.high
      return Cell(
        site: measurement.site,
        action: measurement.action,
        mean: divergence.mean,
        interval: isPoint ? nil : (divergence.low, divergence.high),
        bytes: measurement.bytes,
        isEstimate: false
      )
    }
    unit = Self.unit(table.metric)
  }

  private static func unit(_ metric: String) -> String {
    switch metric {
    case "kl": "divergence (KL, nats)"
    case "relative-weight-error": "relative error of the weights"
    default: "relative square error"
    }
  }

  // MARK: - Curves

  /// Divergence against bits, zeros, and channels that are removed: those with anything to draw.
  package func charts() -> [PageChart] {
    var charts: [PageChart] = []
    if let family = widestFamily() {
      let name = family.isEmpty ? "" : ", \(family)"
      if var chart = chart(
        "curves-bits",
        "Divergence against bits\(name)",
        "bits of a weight",
        { action in
          Self.bits(action, family: family).map { log2($0) }
        }
      ) {
        chart.xUnit = .binaryLogarithm
        chart.isXReversed = true
        charts.append(chart)
      }
    }
    if var chart = chart(
      "curves-sparsity",
      "Divergence against zeros",
      "share of the weights that are zero",
      Self.sparsity
    ) {
      chart.xUnit = .percent
      charts.append(chart)
    }
    if var chart = chart(
      "curves-channels",
      "Divergence against removed channels",
      "share of the channels that is removed",
      Self.channels
    ) {
      chart.xUnit = .percent
      charts.append(chart)
    }
    return charts
  }

  private func chart(
    _ id: String,
    _ title: String,
    _ xTitle: String,
    _ place: (String) -> Double?
  ) -> PageChart? {
    var lines: [(site: Int, points: [PageChart.Point])] = []
    var marks: Set<Double> = []
    for (index, site) in sites.enumerated() {
      var points: [PageChart.Point] = []
      for cell in cells where cell.site == index {
        guard let x = place(cell.action) else { continue }
        points.append(.init(x: x, y: cell.mean, label: Self.words(cell, of: site)))
        marks.insert(x)
      }
      points.sort { $0.x < $1.x }
      if points.count > 1 { lines.append((index, points)) }
    }
    guard marks.count > 1, !lines.isEmpty else { return nil }
    // The layers whose worst is worst.
    lines.sort { left, right in
      let worst = (left.points.map(\.y).max() ?? 0, right.points.map(\.y).max() ?? 0)
      return worst.0 == worst.1 ? left.site < right.site : worst.0 > worst.1
    }
    var chart = PageChart(
      id: id,
      title: title,
      xTitle: xTitle,
      yTitle: unit,
      series: lines.enumerated().map { rank, line in
        var series = PageChart.Series(name: sites[line.site].label, points: line.points)
        series.isFaint = rank >= Self.highlighted
        return series
      }
    )
    chart.yScale = .logarithmic
    chart.xTicks = marks.sorted()
    chart.note =
      lines.count > Self.highlighted
      ? "The \(Self.highlighted) layers that lose most have a colour, the other"
        + " \(lines.count - Self.highlighted) are grey; points tell which they are."
      : ""
    return chart
  }

  /// What is said of a cell where it is chosen.
  static func words(_ cell: Cell, of site: Site) -> String {
    var text = "\(cell.action), divergence \(Quantity.significant(cell.mean))"
    if let interval = cell.interval {
      text +=
        " (\(Quantity.significant(interval.low)) … \(Quantity.significant(interval.high)), 95 %)"
    }
    if cell.isEstimate { text += ", estimated" }
    if let after = cell.bytes, let before = site.bytes {
      text += ", \(Quantity.bytes(before)) → \(Quantity.bytes(after))"
    }
    return text
  }

  /// The kind of integers (`channel`, `group32`) that was measured at most widths.
  private func widestFamily() -> String? {
    var widths: [String: Set<String>] = [:]
    for action in Set(cells.map(\.action)) {
      guard action.hasPrefix("int") else { continue }
      let parts = action.split(separator: "-", maxSplits: 1)
      guard parts.count == 2, Double(parts[0].dropFirst(3)) != nil, parts[1] != "activations" else {
        continue
      }
      widths[String(parts[1]), default: []].insert(String(parts[0]))
    }
    // By channel where there are as many: what the converters do.
    return widths.max { left, right in
      (left.value.count, left.key == "channel" ? 1 : 0, right.key)
        < (right.value.count, right.key == "channel" ? 1 : 0, left.key)
    }?.key
  }

  static func bits(_ action: String, family: String) -> Double? {
    if action == "float16" { return 16 }
    if action == "binary" { return 1 }
    guard action.hasPrefix("int"), action.hasSuffix("-" + family) else { return nil }
    let digits = action.dropFirst(3).prefix { $0 != "-" }
    guard action.count == 3 + digits.count + 1 + family.count else { return nil }
    return Double(digits)
  }

  static func sparsity(_ action: String) -> Double? {
    guard action.hasPrefix("prune-") else { return nil }
    return Double(action.dropFirst(6)).map { $0 / 100 }
  }

  static func channels(_ action: String) -> Double? {
    guard action.hasPrefix("channels-") else { return nil }
    return Double(action.dropFirst(9)).map { $0 / 100 }
  }

  // MARK: - Ranking

  /// The actions of a kind of sites, in the order in which they were measured.
  func actions(_ kind: String) -> [String] {
    var names: [String] = []
    var seen: Set<String> = []
    for cell in cells where sites[cell.site].kind == kind {
      if seen.insert(cell.action).inserted { names.append(cell.action) }
    }
    return names
  }

  /// The sites of a kind, the one that loses most first: by the mean over actions of their places.
  func ranking(_ kind: String) -> [Int] {
    var places: [Int: [Double]] = [:]
    for action in actions(kind) {
      let row = cells.filter { $0.action == action && sites[$0.site].kind == kind }
        .sorted { ($0.mean, $0.site) < ($1.mean, $1.site) }
      for (place, cell) in row.enumerated() {
        places[cell.site, default: []].append(
          row.count > 1 ? Double(place) / Double(row.count - 1) : 0.5
        )
      }
    }
    return places.map { ($0.key, $0.value.reduce(0, +) / Double($0.value.count)) }
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.map(\.0)
  }

  /// The step of the colours for a divergence: 0 below 1.8 · 10⁻⁴, 6 from 1 on, a step every three
  /// quarters of a decade, so that colours mean the same in every model.
  static func heat(_ mean: Double) -> Int {
    guard mean.isFinite, mean > 0 else { return 0 }
    return max(0, min(6, Int(((log10(mean) + 4.5) * 6 / 4.5).rounded(.down))))
  }
}
