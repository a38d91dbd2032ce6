import ByteIO
import ModelIR
import Profiling

/// The operators that matter most, with bars for their shares.
struct HotspotTable {
  private let report: TextReport
  private let rows: [ModelProfile.OperatorRow]
  private let total: Int
  private let mostWeights: Int
  /// The longest bar belongs to the greatest share.
  private let greatestShare: Double

  private let weightColumns: Int
  private let liveColumns: Int
  /// Narrow reports do without bars, then without shapes.
  private let showsBars: Bool
  private let showsShapes: Bool

  private static let barColumns = 6

  init(_ report: TextReport) {
    self.report = report
    let profile = report.profile
    total = profile.totals.countedMultiplyAdds
    let most = profile.operators.compactMap(\.multiplyAdds).max() ?? 0
    greatestShare = total > 0 && most > 0 ? Double(most) / Double(total) : 1
    showsBars = report.style.width >= 110
    showsShapes = report.style.width >= 90
    mostWeights = profile.operators.map(\.weightBytes).max() ?? 0
    rows = Self.order(profile.operators, by: report.options.order).prefix(report.options.top)
      .map { profile.operators[$0] }
    weightColumns = max(8, Self.widest(rows.map(\.weightBytes)))
    liveColumns = max(11, Self.widest(rows.map(\.liveBytes)) + 1)
  }

  private static func widest(_ bytes: [Int?]) -> Int {
    bytes.map { Quantity.kibibytes($0).count }.max() ?? 0
  }

  /// The places of the rows, greatest first; equal ones in execution order.
  static func order(
    _ rows: [ModelProfile.OperatorRow],
    by order: TextReport.Order
  ) -> [Int] {
    let keys = rows.map { row in
      switch order {
      case .macs: row.multiplyAdds ?? -1
      case .weights: row.weightBytes
      case .memory: row.liveBytes ?? -1
      case .run: 0
      case .time: row.time?.medianMicroseconds.flatMap { Int(exactly: ($0 * 1000).rounded()) } ?? -1
      }
    }
    return rows.indices.sorted { (keys[$1], $0) < (keys[$0], $1) }
  }

  func lines() -> [String] {
    guard !rows.isEmpty else { return [] }
    let style = report.style
    let indexColumns = max(3, String(report.profile.operators.count).count)
    let widestType = rows.map { Columns.width(escapedForTerminal($0.sourceType)) }.max() ?? 0
    let typeColumns = min(showsBars ? 22 : showsShapes ? 18 : 10, max(8, widestType))
    let shapeColumns = min(
      showsBars ? 20 : 16,
      max(6, rows.map { Columns.width(shape($0)) }.max() ?? 0)
    )
    // What the other columns leave belongs to the name.
    let shapeCell = showsShapes ? shapeColumns + 2 : 0
    let fixed =
      2 + indexColumns + 2 + typeColumns + 2 + 2 + shapeCell + 8 + weightColumns
      + 2 * barCell.count + liveColumns
    let nameColumns = min(40, max(6, style.width - fixed))
    let heading =
      "  " + Columns.right("#", indexColumns) + "  " + Columns.left("operator", typeColumns) + "  "
      + Columns.left("layer", nameColumns) + "  "
      + (showsShapes ? Columns.left("output", shapeColumns) + "  " : "")
      + Columns.right("MACs", 8) + barCell + Columns.right("weights", weightColumns) + barCell
      + Columns.right("live KiB", liveColumns)
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
            + (showsShapes
              ? Columns.left(Columns.shortened(shape(row), to: shapeColumns), shapeColumns) + "  "
              : "")
            + share(row) + weights(row)
            + Columns.right(Quantity.kibibytes(row.liveBytes), liveColumns)
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
    case .time: "by time"
    }
  }

  private func shape(_ row: ModelProfile.OperatorRow) -> String {
    row.outputShapes.first?.description ?? ""
  }

  private func share(_ row: ModelProfile.OperatorRow) -> String {
    guard let macs = row.multiplyAdds else {
      return Columns.right("?", 8) + barCell
    }
    let share = total > 0 ? Double(macs) / Double(total) : 0
    guard macs > 0 else { return Columns.right("–", 8) + barCell }
    return Columns.right(Quantity.percent(share), 8) + bar(share / greatestShare)
  }

  private func weights(_ row: ModelProfile.OperatorRow) -> String {
    guard row.weightBytes > 0 else { return Columns.right("–", weightColumns) + barCell }
    let share = mostWeights > 0 ? Double(row.weightBytes) / Double(mostWeights) : 0
    return Columns.right(Quantity.kibibytes(row.weightBytes), weightColumns) + bar(share)
  }

  /// The room of a bar, empty.
  private var barCell: String { showsBars ? Columns.left("", Self.barColumns + 3) : "  " }

  private func bar(_ share: Double) -> String {
    guard showsBars else { return barCell }
    let bar = Columns.left(Columns.bar(share, Self.barColumns), Self.barColumns)
    return "  " + report.style.paint(bar, .bar) + " "
  }
}
