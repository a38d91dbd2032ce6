import Planning
import Profiling

/// The trade between size and divergence as a chart and a table.
package struct PlanFront {
  private let plan: Plan

  package init(_ plan: Plan) {
    self.plan = plan
  }

  /// The chart, with the plan and its budgets.
  package func chart() -> PageChart {
    let points = plan.front.enumerated().map { place, point in
      PageChart.Point(
        x: Double(point.bytes),
        y: point.divergence,
        label:
          "\(Quantity.bytes(point.bytes)), divergence \(Quantity.significant(point.divergence))"
          + (point.actions.isEmpty ? "" : ": " + Self.words(point.actions)),
        plan: place
      )
    }
    var chart = PageChart(
      id: "front",
      title: "Size against divergence",
      xTitle: "size of the file",
      yTitle: "predicted divergence",
      series: [.init(name: "best plan of each size", points: points)]
    )
    chart.xUnit = .bytes
    // Where costs span decades only their logarithms can be told apart.
    let positive = plan.front.map(\.divergence).filter { $0 > 0 }
    if let least = positive.min(), let most = positive.max(), most > 30 * least {
      chart.yScale = .logarithmic
    }
    if let size = plan.predicted[.size], let divergence = plan.divergence {
      var mark = PageChart.Series(
        name: "this plan, predicted",
        points: [
          .init(
            x: size,
            y: divergence.mean,
            label: "\(Quantity.bytes(Int(size))), divergence"
              + " \(Quantity.significant(divergence.mean))",
            plan: plan.front.count
          )
        ]
      )
      mark.isMark = true
      chart.series.append(mark)
    }
    if let verified = plan.verified, let size = verified.figures[.size] ?? plan.predicted[.size] {
      var mark = PageChart.Series(
        name: "this plan, verified",
        points: [
          .init(
            x: size,
            y: verified.divergence.mean,
            label: "\(Quantity.bytes(Int(size))), divergence"
              + " \(Quantity.significant(verified.divergence.mean)) on \(verified.samples) unseen"
              + " samples",
            plan: plan.front.count
          )
        ]
      )
      mark.isMark = true
      chart.series.append(mark)
    }
    for entry in plan.budgets.entries {
      switch entry.budget.figure {
      case .size:
        chart.rules.append(.init(value: entry.limit, isVertical: true, label: entry.budget.text))
      case .divergence:
        chart.rules.append(.init(value: entry.limit, isVertical: false, label: entry.budget.text))
      default: break
      }
    }
    return chart
  }

  /// "2 int8-channel, 1 int4-channel".
  static func words(_ actions: [Int: String]) -> String {
    var counts: [String: Int] = [:]
    for action in actions.values { counts[action, default: 0] += 1 }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
  }

  /// The rows of the table: the size, its share of the original, the divergence, the actions.
  func rows() -> [[String]] {
    let original = plan.originals[.size] ?? 0
    return plan.front.map { point in
      [
        Quantity.bytes(point.bytes),
        original > 0 ? Quantity.percent(Double(point.bytes) / original) : "–",
        Quantity.significant(point.divergence),
        point.actions.isEmpty ? "as it is" : Self.words(point.actions),
      ]
    }
  }

  static let columns = [
    PageColumn("file", isNumeric: true), PageColumn("of the original", isNumeric: true),
    PageColumn("predicted divergence", isNumeric: true), PageColumn("layers by action"),
  ]
}
