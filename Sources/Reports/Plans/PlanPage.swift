import ModelIR
import Planning
import Profiling
import WireFormats

/// The page of a plan: before and after, the action of each layer, the front with plans to choose
/// from, what the search did and what unseen samples said.
package struct PlanPage {
  let plan: Plan
  let table: SensitivityTable
  let files: [PlanFile]
  private let model: String
  private let graph: ModelPage.Picture?
  private let tool: ToolIdentity

  /// A file that carries the plan out, with what it is expected to write.
  package struct PlanFile: Sendable {
    package var path: String
    /// Bytes by what the tool is asked for, such as `full-integer`; empty where it cannot be computed.
    package var expected: [(variant: String, bytes: Int)]

    package init(path: String, expected: [(variant: String, bytes: Int)] = []) {
      self.path = path
      self.expected = expected
    }
  }

  /// - Parameters:
  ///   - plan: What to show.
  ///   - table: The measurements that it was made from.
  ///   - model: The model's path.
  ///   - graph: The layer graph in the colours of the actions.
  ///   - files: The recipes.
  ///   - tool: What the page says it was written by.
  package init(
    _ plan: Plan,
    _ table: SensitivityTable,
    model: String,
    graph: ModelPage.Picture? = nil,
    files: [PlanFile] = [],
    tool: ToolIdentity
  ) {
    self.plan = plan
    self.table = table
    self.model = model
    self.graph = graph
    self.files = files
    self.tool = tool
  }

  /// The file.
  package func text() -> String {
    var page = HTMLPage(
      title: "Plan for " + ModelPage.fileName(model),
      subtitle: subtitle,
      sections: sections(),
      tool: tool
    )
    page.plans = plans()
    return page.text()
  }

  /// The sections, those without content left out.
  package func sections() -> [PageSection] {
    var sections = [summary(), layers()]
    if let graph, !plan.layers.isEmpty {
      sections.append(.graph("Graph", note: graph.note, svg: graph.svg))
    }
    sections += front() + verification() + training() + budgets() + recipes()
    let curves = SensitivityCurves(table)
    sections += curves.charts().compactMap(\.section)
    sections += SensitivityHeat(curves).sections()
    return sections
  }

  private var subtitle: String {
    let status: String =
      switch plan.status {
      case .infeasible: "no plan keeps the budgets"
      default: "\(plan.status.rawValue), gap \(Quantity.fixed(plan.gap * 100, digits: 2)) %"
      }
    var parts = plan.budgets.entries.map(\.budget.text)
    parts.append(plan.goal == .size ? "least size" : "least divergence")
    if let target = plan.target { parts.append("for " + target) }
    if let scenario = plan.scenario { parts.append("scenario " + scenario) }
    return (parts + [status, Columns.shortened(model, to: 200)]).joined(separator: " · ")
  }

  // MARK: - Before and after

  private func summary() -> PageSection {
    var text = ""
    if !plan.notes.isEmpty {
      text += "<ul class=\"findings\">"
      text += plan.notes.map { "<li class=\"note\">\(XMLText.escaped($0))</li>" }.joined()
      text += "</ul>\n"
    }
    text += "<dl class=\"figures\">\n"
    for figure in [BudgetFigure.size, .weights, .macs, .arena, .latency, .accuracy] {
      guard let before = original(figure),
        let after = plan.verified?.figures[figure] ?? plan.predicted[figure]
      else { continue }
      let ratio = before > 0 ? Quantity.percent(after / before) + " of the original" : ""
      text += PageSection.card(
        Self.title(figure),
        "\(PlanFigure.text(figure, before)) → \(PlanFigure.text(figure, after))",
        [ratio, plan.verified?.figures[figure] == nil ? "predicted" : "verified"]
          .filter { !$0.isEmpty }
      )
    }
    if let divergence = plan.verified?.divergence ?? plan.divergence {
      text += PageSection.card(
        "Divergence",
        Quantity.significant(divergence.mean),
        [
          "\(Self.interval(divergence)), \(plan.metric)",
          plan.isVerified ? "verified" : "predicted",
        ]
      )
    }
    text += "</dl>\n"
    return .html("summary", "Before and after", text + comparison())
  }

  /// The model's own figure; accuracy on the samples that verified the plan, where there are any.
  private func original(_ figure: BudgetFigure) -> Double? {
    figure == .accuracy
      ? plan.verified?.originalAccuracy ?? plan.originals[figure] : plan.originals[figure]
  }

  static func title(_ figure: BudgetFigure) -> String {
    switch figure {
    case .size: "File"
    case .weights: "Weights"
    case .macs: "MACs"
    case .arena: "Arena"
    case .latency: "Time"
    case .accuracy: "Accuracy"
    case .divergence: "Divergence"
    }
  }

  static func interval(_ interval: SensitivityTable.Interval) -> String {
    "\(Quantity.significant(interval.low)) … \(Quantity.significant(interval.high))"
  }

  private func comparison() -> String {
    var rows: [[String]] = []
    for figure in BudgetFigure.allCases where figure != .divergence {
      let values = [original(figure), plan.predicted[figure], plan.verified?.figures[figure]]
      guard values.contains(where: { $0 != nil }) else { continue }
      rows.append(
        [Self.title(figure)] + values.map { $0.map { PlanFigure.text(figure, $0) } ?? "–" }
      )
    }
    if plan.divergence != nil || plan.verified != nil {
      let texts = [plan.divergence, plan.verified?.divergence].map { value in
        value.map { "\(Quantity.significant($0.mean)) (\(Self.interval($0)))" } ?? "–"
      }
      rows.append(["Divergence", "0"] + texts)
    }
    if plan.predictedAgreement != nil || plan.verified?.top1Agreement != nil {
      let texts = [plan.predictedAgreement, plan.verified?.top1Agreement].map {
        $0.map(Quantity.percent) ?? "–"
      }
      rows.append(["Same answer", Quantity.percent(1)] + texts)
    }
    guard !rows.isEmpty else { return "" }
    let verified =
      plan.verified.map { "verified on \(Quantity.grouped($0.samples)) unseen samples" }
      ?? "verified"
    return PageSection.staticTable(
      [
        PageColumn("figure"), PageColumn("original", isNumeric: true),
        PageColumn("predicted", isNumeric: true), PageColumn(verified, isNumeric: true),
      ],
      rows,
      caption: "Before and after"
    )
  }

  // MARK: - Layers

  /// The table's sites in the order of the layers, `nil` for one that the table lacks.
  private var places: [Int?] {
    var byID: [String: Int] = [:]
    for (place, site) in table.sites.enumerated() { byID[site.id] = place }
    return plan.layers.map { byID[$0.site] }
  }

  private static let chosenColumn = 7

  private func layers() -> PageSection {
    let places = places
    let columns = [
      PageColumn("#", isNumeric: true, priority: 3), PageColumn("layer"), PageColumn("action"),
      PageColumn("before", isNumeric: true, priority: 2), PageColumn("after", isNumeric: true),
      PageColumn("of before", isNumeric: true, priority: 3),
      PageColumn("divergence", isNumeric: true, priority: 2),
      PageColumn("in the chosen plan", priority: 2),
      PageColumn("kind", priority: 3), PageColumn("MACs before", isNumeric: true, priority: 0),
      PageColumn("MACs after", isNumeric: true, priority: 0), PageColumn("tensor", priority: 0),
      PageColumn("operator", priority: 0), PageColumn("site", priority: 0),
    ]
    let rows = zip(plan.layers, places).map { layer, place -> [PageTable.Cell] in
      let index = place.flatMap { table.sites[$0].operatorIndex }
      let share = layer.bytesBefore > 0 ? Double(layer.bytesAfter) / Double(layer.bytesBefore) : nil
      func bytes(_ count: Int) -> PageTable.Cell {
        .init(Quantity.bytes(count), value: Double(count))
      }
      func count(_ value: Int?) -> PageTable.Cell {
        .init(value.map { Quantity.count($0) } ?? "", value: value.map(Double.init))
      }
      return [
        .init(index.map(String.init) ?? "–", value: index.map(Double.init)),
        .init(Columns.shortened(layer.layer ?? layer.tensor, to: 256)),
        .init(layer.action ?? "keep"), bytes(layer.bytesBefore), bytes(layer.bytesAfter),
        .init(share.map(Quantity.percent) ?? "–", value: share),
        .init(
          layer.action == nil ? "0" : Quantity.significant(layer.predictedDivergence),
          value: layer.predictedDivergence
        ),
        .init(layer.action ?? "keep"), .init(layer.kind.rawValue),
        count(layer.multiplyAddsBefore), count(layer.multiplyAddsAfter),
        .init(Columns.shortened(layer.tensor, to: 256)),
        .init(Columns.shortened(layer.operatorName, to: 256)),
        .init(Columns.shortened(layer.site, to: 256)),
      ]
    }
    return .table(
      "Layers",
      note: plan.layers.isEmpty
        ? "There is no plan: the budgets below say what can be reached."
        : "What is done to each layer, and what that costs by itself. A plan that is chosen among"
          + " the other plans shows its actions in a column of its own.",
      PageTable(
        id: "operators",
        noun: "layers",
        columns: columns,
        rows: rows,
        operators: places.map { $0.flatMap { table.sites[$0].operatorIndex } }
      )
    )
  }

  /// The front's plans by the rows of the layers.
  private func plans() -> PagePlans? {
    guard !plan.front.isEmpty, !plan.layers.isEmpty else { return nil }
    var plans = PagePlans(column: Self.chosenColumn)
    for point in plan.front {
      plans.add(places.map { place in place.flatMap { point.actions[$0] } ?? "keep" })
    }
    // The plan itself comes last.
    plans.add(plan.layers.map { $0.action ?? "keep" })
    return plans
  }
}
