import ByteIO
import Planning
import Profiling

/// The plan for a terminal.
package struct PlanText {
  private let plan: Plan
  private let style: TextStyle

  package init(_ plan: Plan, style: TextStyle) {
    self.plan = plan
    self.style = style
  }

  /// The same without the notes.
  var withoutNotes: PlanText {
    var plan = plan
    plan.notes = []
    return PlanText(plan, style: style)
  }

  /// The text; `folder` is where files were written, if any were.
  package func text(folder: String?, recipes: Int) -> String {
    var lines = [style.paint(heading, .heading), ""]
    if plan.status == .infeasible {
      lines += infeasible()
    } else {
      lines += table() + [""] + actions() + [bindingLine]
    }
    lines += PlanTraining.lines(plan.training).map { "  " + escapedForTerminal($0) }
    lines += plan.notes.map { "  " + style.paint($0, .warning) }
    if let folder {
      let scripts = recipes == 1 ? "1 recipe" : "\(recipes) recipes"
      lines += ["", "  Wrote \(escapedForTerminal(folder))/: plan.json plan.md, \(scripts)"]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var heading: String {
    let target = plan.target.map { "Plan for " + $0 } ?? "Plan"
    let budgets = plan.budgets.entries.map(\.budget.text).joined(separator: ", ")
    let status =
      switch plan.status {
      case .infeasible: "no plan keeps the budgets"
      default: "\(plan.status.rawValue) (gap \(Quantity.fixed(plan.gap * 100, digits: 2)) %)"
      }
    return [target, budgets, status].filter { !$0.isEmpty }.joined(separator: " · ")
  }

  private func infeasible() -> [String] {
    (plan.infeasibility?.figures ?? []).map { figure in
      let name = figure.figure.rawValue
      let word = figure.figure.isFloor ? "at most" : "at least"
      let mark = figure.isBinding ? " · cannot be kept" : ""
      let reachable = PlanFigure.text(figure.figure, figure.reachable)
      let nearest = figure.nearest.map { PlanFigure.text(figure.figure, $0) } ?? "unknown"
      return "  \(name): asked \(PlanFigure.text(figure.figure, figure.limit)), reachable \(word)"
        + " \(reachable)\(mark); nearest that can be met with the others \(nearest)"
    }
  }

  private func table() -> [String] {
    var rows = [["", "original", "planned", ""]]
    for figure in BudgetFigure.allCases where figure != .divergence {
      guard let before = plan.originals[figure] else { continue }
      let after = plan.predicted[figure]
      let isUnplanned = figure == .arena || figure == .latency
      rows.append([
        figure.rawValue, PlanFigure.text(figure, before),
        after.map { PlanFigure.text(figure, $0) } ?? "–", isUnplanned ? "(not planned)" : "",
      ])
    }
    if let divergence = plan.divergence {
      rows.append([
        "divergence", "0", Quantity.significant(divergence.mean), "(\(plan.metric))",
      ])
    }
    let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, text in
        let pad = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 || column == 3 ? text + pad : pad + text
      }
      var line = "  " + cells.joined(separator: "   ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }

  private func actions() -> [String] {
    var lines = plan.actions.map { action, layers in
      let names = layers.prefix(4).map { escapedForTerminal($0.layer ?? $0.tensor) }
      let more = layers.count > 4 ? " and \(layers.count - 4) more" : ""
      let count = layers.count == 1 ? "1 layer" : "\(layers.count) layers"
      return "  \(count) \(action): \(names.joined(separator: ", "))\(more)"
    }
    let kept = plan.layers.count { $0.action == nil }
    if kept > 0 {
      lines.append(kept == 1 ? "  1 layer stays as it is" : "  \(kept) layers stay as they are")
    }
    return lines
  }

  private var bindingLine: String {
    let binding = plan.marginals.filter(\.binds)
    guard !binding.isEmpty else { return "  No budget binds: one percent more would buy nothing." }
    let parts = binding.map { marginal in
      "\(PlanFigure.text(marginal.figure, marginal.step)) more \(marginal.figure.rawValue) would buy"
        + " \(gain(marginal.gain))"
    }
    return "  Binding: \(binding.map(\.figure.rawValue).joined(separator: ", ")). "
      + parts.joined(separator: "; ") + "."
  }

  private func gain(_ gain: Double) -> String {
    plan.goal == .size ? Quantity.bytes(Int(gain)) : Quantity.significant(gain) + " of divergence"
  }
}

/// Figures of plans for people.
enum PlanFigure {
  static func text(_ figure: BudgetFigure, _ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e18 else { return "unknown" }
    switch figure {
    case .size, .weights, .arena: return Quantity.bytes(Int(value.rounded()))
    case .macs: return Quantity.count(Int(value.rounded()))
    case .latency: return Quantity.significant(value / 1e6) + " ms"
    case .accuracy: return Quantity.percent(value)
    case .divergence: return Quantity.significant(value)
    }
  }
}
