import Diagrams
import ModelIR
import Planning
import Profiling
import Reports

/// The files of a plan that are looked at: the page, the front, the curves, the graphs.
struct PlanFiles {
  var plan: Plan
  /// The measurements that it was made from.
  let table: SensitivityTable
  let model: Model
  let profile: ModelProfile
  let recipes: [Recipe]

  init(plan: Plan, table: SensitivityTable, model: Model, profile: ModelProfile) {
    self.plan = plan
    self.table = table
    self.model = model
    self.profile = profile
    let forecast = RecipeForecast(plan, of: model, profile)
    recipes = Recipe.all(for: plan, format: model.format).map(forecast.expecting)
  }

  /// Names with contents, in the order in which they are told.
  func all() -> [(name: String, content: [UInt8])] {
    var files: [(String, String)] = []
    let after = diagram(.action, afterOverlay)
    let page = PlanPage(
      plan,
      table,
      model: model.path,
      graph: after.flatMap { GraphPicture.page.pagePicture($0) },
      files: recipes.map { recipe in
        .init(
          path: "recipes/" + recipe.name,
          expected: recipe.expected.map { ($0.variant, $0.fileBytes) }
        )
      },
      tool: AnalyzeTool.identity
    )
    files.append(("report.html", page.text()))
    if let svg = PlanFront(plan).chart().svg() { files.append(("pareto.svg", svg)) }
    let before: DiagramOptions.Colouring = isMeasured ? .sensitivity : .weights
    if let svg = picture(diagram(before, beforeOverlay)) { files.append(("before.svg", svg)) }
    if !plan.layers.isEmpty, let svg = picture(after) { files.append(("after.svg", svg)) }
    for chart in SensitivityCurves(table).charts() {
      if let svg = chart.svg() { files.append((chart.id + ".svg", svg)) }
    }
    return files.map { ($0.0, Array($0.1.utf8)) }
  }

  private var isMeasured: Bool { table.origin != .weightsAlone }

  // MARK: - Graphs

  /// What each operator's actions cost at worst.
  private var beforeOverlay: DiagramOverlay {
    var worst: [Double?] = Array(repeating: nil, count: profile.operators.count)
    for measurement in table.measurements {
      guard let index = table.sites[measurement.site].operatorIndex, worst.indices.contains(index),
        let mean = measurement.divergence?.mean
      else { continue }
      worst[index] = max(worst[index] ?? 0, mean)
    }
    return DiagramOverlay(sensitivity: worst, sensitivityMetric: table.metric)
  }

  /// The actions of each operator's sites.
  private var afterOverlay: DiagramOverlay {
    var byID: [String: Int] = [:]
    for site in table.sites { byID[site.id] = site.operatorIndex }
    var actions: [[String]] = Array(repeating: [], count: profile.operators.count)
    for layer in plan.layers {
      guard let index = byID[layer.site], actions.indices.contains(index) else { continue }
      // Activations are those of whole stretches; the picture is about what differs by layer.
      if layer.kind == .activations { continue }
      let name = layer.action ?? (layer.kind == .weights ? "keep" : nil)
      if let name, !actions[index].contains(name) { actions[index].append(name) }
    }
    return DiagramOverlay(
      actions: actions.map { $0.isEmpty ? nil : $0.joined(separator: " + ") }
    )
  }

  private func diagram(_ colouring: DiagramOptions.Colouring, _ overlay: DiagramOverlay) -> Diagram?
  {
    do throws(DiagramError) {
      return try DiagramBuilder(
        model,
        profile,
        overlay: overlay,
        options: DiagramOptions(colouring: colouring)
      ).diagram()
    } catch {
      // A plan without a picture says as much in its table.
      return nil
    }
  }

  private func picture(_ diagram: Diagram?) -> String? {
    guard let diagram, diagram.nodes.count <= GraphLimits(Limits()).nodes else { return nil }
    let placement = Placer(limits: GraphLimits(Limits()).child).place(diagram)
    return SVGWriter.svg(DrawingBuilder.drawing(diagram, placement, theme: .init(.automatic)))
  }
}

extension GraphPicture {
  /// A picture within a page.
  static let page = GraphPicture(format: .html, theme: .automatic, limits: GraphLimits(Limits()))
}
