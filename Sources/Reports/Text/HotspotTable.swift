import ModelIR
import Profiling

/// The operators that matter most, with bars for their shares.
struct HotspotTable {
  private let report: TextReport
  private let rows: [ModelProfile.OperatorRow]
  private let total: Int
  private let mostWeights: Int

  private static let barColumns = 6

  init(_ report: TextReport) {
    self.report = report
    let profile = report.profile
    total = profile.totals.countedMultiplyAdds
    mostWeights = profile.operators.map(\.weightBytes).max() ?? 0
    rows = Self.order(profile.operators, by: report.options.order).prefix(report.options.top)
      .map { profile.operators[$0] }
  }

  /// The places of the rows, greatest first; equal ones in execution order.
  private static func order(
    _ rows: [ModelProfile.OperatorRow],
    by order: TextReport.Order
  ) -> [Int] {
    let keys = rows.map { row in
      switch order {
      case .macs: row.multiplyAdds ?? -1
      case .weights: row.weightBytes
      case .memory: row.liveBytes ?? -1
      case .run: 0
      }
    }
    return rows.indices.sorted { (keys[$1], $0) < (keys[$0], $1) }
  }

  func lines() -> [String] {
    guard !rows.isEmpty else { return [] }
    let style = report.style
    let indexColumns = max(3, String(report.profile.operators.count).count)
    let typeColumns = min(22, max(8, rows.map { Columns.width($0.sourceType) }.max() ?? 0))
    let shapeColumns = min(20, max(6, rows.map { Columns.width(shape($0)) }.max() ?? 0))
    // What the other columns leave belongs to the name.
    let fixed = 2 + indexColumns + 2 + typeColumns + 2 + 2 + shapeColumns + 2 + 17 + 17 + 11
    let nameColumns = min(40, max(12, style.width - fixed))
    let heading =
      "  " + Columns.right("#", indexColumns) + "  " + Columns.left("operator", typeColumns) + "  "
      + Columns.left("layer", nameColumns) + "  " + Columns.left("output", shapeColumns) + "  "
      + Columns.right("MACs", 8) + "         " + Columns.right("weights", 8) + "         "
      + Columns.right("live KiB", 11)
    var lines = [
      style.paint("Where it goes", .heading) + style.paint("  " + caption, .faint),
      style.paint(trimmed(heading), .faint),
    ]
    for row in rows {
      lines.append(
        trimmed(
          "  " + Columns.right(String(row.index), indexColumns) + "  "
            + Columns.left(Columns.shortened(row.sourceType, to: typeColumns), typeColumns) + "  "
            + Columns.left(Columns.shortened(row.title, to: nameColumns), nameColumns) + "  "
            + Columns.left(Columns.shortened(shape(row), to: shapeColumns), shapeColumns) + "  "
            + share(row) + weights(row)
            + Columns.right(Quantity.kibibytes(row.liveBytes), 11)
        )
      )
    }
    let left = report.profile.operators.count - rows.count
    if left > 0 {
      lines.append(
        style.paint(
          "  … \(left) more (--top \(report.profile.operators.count), --sort weights|memory|run)",
          .faint
        )
      )
    }
    return lines
  }

  private var caption: String {
    switch report.options.order {
    case .macs: "by MACs"
    case .weights: "by weight bytes"
    case .memory: "by bytes alive"
    case .run: "in execution order"
    }
  }

  private func shape(_ row: ModelProfile.OperatorRow) -> String {
    row.outputShapes.first?.description ?? ""
  }

  private func share(_ row: ModelProfile.OperatorRow) -> String {
    guard let macs = row.multiplyAdds else {
      return Columns.right("?", 8) + Columns.left("", 9)
    }
    let share = total > 0 ? Double(macs) / Double(total) : 0
    guard macs > 0 else { return Columns.right("–", 8) + Columns.left("", 9) }
    let bar = Columns.left(Columns.bar(share * 2, Self.barColumns), Self.barColumns)
    return Columns.right(Quantity.percent(share), 8) + "  "
      + report.style.paint(bar, .bar) + " "
  }

  private func weights(_ row: ModelProfile.OperatorRow) -> String {
    guard row.weightBytes > 0 else { return Columns.right("–", 8) + Columns.left("", 9) }
    let share = mostWeights > 0 ? Double(row.weightBytes) / Double(mostWeights) : 0
    let bar = Columns.left(Columns.bar(share, Self.barColumns), Self.barColumns)
    return Columns.right(Quantity.kibibytes(row.weightBytes), 8) + "  "
      + report.style.paint(bar, .bar) + " "
  }
}
