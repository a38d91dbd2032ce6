import ByteIO
import Profiling

/// The operators with their measured times beside their MACs, and what bounds each.
struct TimeTable {
  private let report: TextReport
  private let rows: [ModelProfile.OperatorRow]
  /// Narrow reports do without shapes and intensities.
  private let showsShapes: Bool
  private let showsIntensity: Bool
  private let greatestShare: Double

  private static let barColumns = 6

  init(_ report: TextReport) {
    self.report = report
    let all = report.profile.operators
    rows = HotspotTable.order(all, by: report.options.order).prefix(report.options.top)
      .map { all[$0] }
    showsShapes = report.style.width >= 104
    showsIntensity = report.style.width >= 90
    greatestShare = all.compactMap { $0.time?.share }.max() ?? 1
  }

  func lines() -> [String] {
    guard !rows.isEmpty else { return [] }
    let style = report.style
    let indexColumns = max(3, String(report.profile.operators.count).count)
    let widestType = rows.map { Columns.width(escapedForTerminal($0.sourceType)) }.max() ?? 0
    let typeColumns = min(18, max(8, widestType))
    let shapeColumns = showsShapes ? min(14, max(6, rows.map(shapeWidth).max() ?? 0)) : 0
    let figures = figures(nil)
    let fixed =
      2 + indexColumns + 2 + typeColumns + 2 + (showsShapes ? shapeColumns + 2 : 0)
      + Columns.width(figures)
    let nameColumns = min(40, max(6, style.width - fixed))
    let heading =
      "  " + Columns.right("#", indexColumns) + "  " + Columns.left("operator", typeColumns) + "  "
      + Columns.left("layer", nameColumns)
      + (showsShapes ? "  " + Columns.left("output", shapeColumns) : "") + figures
    var lines = [
      style.paint("Where the time goes", .heading) + style.paint("  " + caption, .faint),
      style.paint(trimmed(heading), .faint),
    ]
    for row in rows {
      lines.append(
        trimmed(
          "  " + Columns.right(String(row.index), indexColumns) + "  "
            + Columns.left(Columns.shortened(row.sourceType, to: typeColumns), typeColumns) + "  "
            + Columns.left(Columns.shortened(row.title, to: nameColumns), nameColumns)
            + (showsShapes
              ? "  " + Columns.left(Columns.shortened(shape(row), to: shapeColumns), shapeColumns)
              : "") + self.figures(row)
        )
      )
    }
    return lines + footer()
  }

  private var caption: String {
    switch report.options.order {
    case .macs: "by MACs"
    case .weights: "by weight bytes"
    case .memory: "by bytes alive"
    case .run: "in execution order"
    case .time: "by time"
    }
  }

  private func shape(_ row: ModelProfile.OperatorRow) -> String {
    row.outputShapes.first?.description ?? ""
  }

  private func shapeWidth(_ row: ModelProfile.OperatorRow) -> Int { Columns.width(shape(row)) }

  /// The numbers of a row; the headings for none.
  private func figures(_ row: ModelProfile.OperatorRow?) -> String {
    func cells(
      _ macs: String,
      _ time: String,
      _ share: String,
      _ rate: String,
      _ peak: String,
      _ intensity: String,
      _ bound: String
    ) -> String {
      Columns.right(macs, 8) + Columns.right(time, 9) + Columns.right(share, 8)
        + Columns.right(rate, 8) + Columns.right(peak, 8)
        + (showsIntensity ? Columns.right(intensity, 8) : "") + "  " + Columns.left(bound, 10)
    }
    guard let row else {
      return cells("MACs", "time", "share", "GMAC/s", "of peak", "MAC/B", "bound by")
    }
    let macs = row.multiplyAdds.map { $0 > 0 ? Quantity.count($0) : "–" } ?? "?"
    guard let time = row.time else { return cells(macs, "–", "", "", "", "", "not timed") }
    switch time.place {
    case .beforehand: return cells(macs, "–", "", "", "", "", "constant")
    case .within(let index): return cells(macs, "–", "", "", "", "", "in #\(index)")
    case .own: break
    }
    let bound = (time.bound?.rawValue ?? "?") + (time.usesKernel ? "" : " *")
    return cells(
      macs,
      time.medianMicroseconds.map { Quantity.time(microseconds: $0) } ?? "?",
      time.share.map { Quantity.percent($0) } ?? "?",
      time.multiplyAddsPerSecond.map { Quantity.significant($0 / 1e9) } ?? "–",
      time.shareOfPeak.map { Quantity.percent($0) } ?? "–",
      time.intensity.map { Quantity.significant($0) } ?? "–",
      bound
    )
  }

  /// What is left out, and what the verdicts mean.
  private func footer() -> [String] {
    let style = report.style
    var lines: [String] = []
    let count = report.profile.operators.count
    if count > rows.count {
      lines.append("  … \(count - rows.count) more (--top \(count), --sort macs|time|run|…)")
    }
    let share = Int(100 * ModelProfile.overheadShare)
    var notes = [
      "bound by: the roof that is nearer, the peak of arithmetic or of memory; overhead: under"
        + " \(share) % of both"
    ]
    if rows.contains(where: { $0.time?.place == .own && $0.time?.usesKernel == false }) {
      notes.append("* evaluated by the plain reference, no fast kernel yet")
    }
    if rows.contains(where: { if case .within = $0.time?.place { true } else { false } }) {
      notes.append("in #N: fused, its time stands on operator N")
    }
    for note in notes {
      lines += Columns.wrapped(note, to: style.width - 2).map { "  " + $0 }
    }
    return lines.map { style.paint($0, .faint) }
  }
}
