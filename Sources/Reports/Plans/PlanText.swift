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
      lines += table() + [""] + actions() + [bindingLine] + search()
    }
    lines += PlanTraining.lines(plan.training).map { "  " + escapedForTerminal($0) }
    lines += plan.notes.map { "  " + style.paint($0, .warning) }
    if let folder {
      let scripts = recipes == 1 ? "1 recipe" : "\(recipes) recipes"
      lines += [
        "",
        "  Wrote \(escapedForTerminal(folder))/: plan.json plan.md report.html, pictures, \(scripts)",
      ]
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
    let verified = plan.verified
    let heading = verified.map { "verified on \($0.samples) unseen samples" } ?? ""
    var rows = [["", "original", "planned", heading, ""]]
    for figure in BudgetFigure.allCases where figure != .divergence {
      guard let before = plan.originals[figure] else { continue }
      let after = plan.predicted[figure]
      let measured = verified?.figures[figure]
      var remark = after == nil ? "(not planned)" : ""
      if figure == .latency { remark = remark.isEmpty ? "(estimated)" : remark }
      if figure == .accuracy, let verified, let own = verified.originalAccuracy {
        let margin = verified.accuracyMargin.map { " ± " + Quantity.percent($0) } ?? ""
        remark = "\(margin) (the original \(PlanFigure.text(figure, own)))"
      }
      rows.append([
        figure.rawValue, PlanFigure.text(figure, before),
        after.map { PlanFigure.text(figure, $0) } ?? "–",
        measured.map { PlanFigure.text(figure, $0) } ?? "", remark,
      ])
    }
    if let agreement = plan.predictedAgreement {
      rows.append([
        "same answer", "100 %", Quantity.percent(agreement),
        verified?.top1Agreement.map { Quantity.percent($0) } ?? "", "",
      ])
    }
    if let divergence = plan.divergence {
      let range =
        plan.search == nil
        ? ""
        : ", expected \(Quantity.significant(divergence.low))"
          + " to \(Quantity.significant(divergence.high))"
      rows.append([
        "divergence", "0", Quantity.significant(divergence.mean),
        verified.map { Quantity.significant($0.divergence.mean) } ?? "",
        "(\(plan.metric)\(range))",
      ])
    }
    let columns = rows[0].indices
    let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().filter { $0.offset != 3 || widths[3] > 0 }.map { column, text in
        let pad = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 || column == 4 ? text + pad : pad + text
      }
      var line = "  " + cells.joined(separator: "   ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }

  /// How the search went and what verification found.
  private func search() -> [String] {
    guard let search = plan.search else { return [] }
    let rounds = search.rounds.count == 1 ? "1 round" : "\(search.rounds.count) rounds"
    let end =
      search.isCutShort
      ? "the time was up before prediction and simulation agreed"
      : search.agrees
        ? "prediction and simulation agree"
        : "prediction and simulation do not agree; of the simulated plans this is the best"
    var lines = ["  Searched in \(rounds) on \(search.samples) samples: \(end)."]
    if let uniform = search.uniform {
      lines.append("  One action for all weights (\(uniform)) was better than every mixture.")
    }
    guard let verified = plan.verified else { return lines }
    if let excess = verified.excess {
      let why =
        excess == .interval
        ? "lost more than predicted (\(Quantity.significant(verified.divergenceBefore.mean)))"
        : "missed what was asked for"
      if verified.repairs.isEmpty {
        lines.append("  On the unseen samples it \(why), and no action can be taken back.")
      } else {
        lines.append("  On the unseen samples it \(why); repaired:")
        lines += verified.repairs.map { repair -> String in
          let change =
            Quantity.bytes(abs(repair.bytes)) + (repair.bytes < 0 ? " less" : " more")
          return "    \(escapedForTerminal(repair.site)): \(repair.action) →"
            + " \(repair.replacement ?? "as it was"), \(change)"
        }
      }
    }
    return lines
  }

  private func actions() -> [String] {
    let planned = plan.actions.filter { _, layers in layers[0].kind != .activations }
    var lines = planned.map { action, layers in
      let names = layers.prefix(4).map { escapedForTerminal($0.layer ?? $0.tensor) }
      let more = layers.count > 4 ? " and \(layers.count - 4) more" : ""
      let count = layers.count == 1 ? "1 layer" : "\(layers.count) layers"
      return "  \(count) \(action): \(names.joined(separator: ", "))\(more)"
    }
    let kept = plan.weightLayers.count { $0.action == nil }
    if kept > 0 {
      let bare = plan.weightLayers.count == kept ? "the weights of " : ""
      lines.append(
        kept == 1 ? "  \(bare)1 layer stays as it is" : "  \(bare)\(kept) layers stay as they are"
      )
    }
    let activations = plan.layers.filter { $0.kind == .activations }
    for (action, layers) in plan.actions where layers[0].kind == .activations {
      let count = layers.count == 1 ? "1 activation" : "\(layers.count) activations"
      lines.append("  \(count) of \(activations.count) \(action)")
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
