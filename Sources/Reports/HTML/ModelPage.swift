import ModelIR
import Profiling

/// The page of a model: what the text report says, with the graph, every operator, the bytes of the
/// file and the arena as pictures.
package struct ModelPage {
  let profile: ModelProfile
  private let tool: ToolIdentity
  private let graph: Picture?
  private let charts: [PageChart]
  /// The words of the text report, unpainted.
  let report: TextReport

  /// A layer graph as SVG.
  package struct Picture: Sendable {
    package var svg: String
    /// What is not as usual with it; empty for nothing.
    package var note: String

    package init(svg: String, note: String = "") {
      self.svg = svg
      self.note = note
    }
  }

  /// - Parameters:
  ///   - profile: What to show.
  ///   - tool: What the page says it was written by.
  ///   - graph: The layer graph; the page does without where there is none.
  ///   - charts: Curves and fronts, where they were computed.
  package init(
    _ profile: ModelProfile,
    tool: ToolIdentity,
    graph: Picture? = nil,
    charts: [PageChart] = []
  ) {
    self.profile = profile
    self.tool = tool
    self.graph = graph
    self.charts = charts
    report = TextReport(profile)
  }

  /// The file.
  package func text() -> String {
    HTMLPage(
      title: Self.fileName(profile.model.path),
      subtitle: subtitle,
      sections: sections(),
      tool: tool
    ).text()
  }

  /// The sections, those without content left out; a plan's report may put its own between them.
  package func sections() -> [PageSection] {
    var sections = [figures()]
    if let graph { sections.append(.graph("Graph", note: graph.note, svg: graph.svg)) }
    sections.append(.table("Operators", operatorTable()))
    sections.append(bytes())
    sections += arena()
    sections += findings()
    sections += targets()
    sections += outlook()
    sections += charts.compactMap(\.section)
    if !profile.constants.isEmpty { sections.append(.table("Constants", constantTable())) }
    return sections
  }

  /// A path without its folders.
  static func fileName(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return Columns.shortened(name, to: 120)
  }

  private var subtitle: String {
    [
      profile.model.format.title + (report.weightKind.map { ", \($0)" } ?? ""),
      Quantity.bytes(profile.model.fileBytes),
      report.plural(profile.totals.operators, "operator"),
      Columns.shortened(profile.model.path, to: 200),
    ].joined(separator: " · ")
  }

  // MARK: - Figures

  private func figures() -> PageSection {
    var text = "<dl class=\"figures\">\n"
    var label = ""
    for figure in report.figures() {
      if !figure.label.isEmpty { label = figure.label }
      text += PageSection.card(label, figure.answer, figure.parts)
    }
    for target in profile.targets {
      text += PageSection.card(
        "Runs on " + Columns.shortened(target.name, to: 32),
        report.answer(target),
        []
      )
    }
    text += "</dl>\n"
    let boundaries =
      profile.model.inputs.map { boundary("in", $0) }
      + profile.model.outputs.map { boundary("out", $0) }
    let columns = [PageColumn(""), PageColumn("name"), PageColumn("shape"), PageColumn("type")]
    text += PageSection.staticTable(columns, boundaries, caption: "Inputs and outputs")
    return .html("summary", "Summary", text)
  }

  private func boundary(_ label: String, _ boundary: ModelProfile.Boundary) -> [String] {
    // A shape that the file does not state at all is shown as it was inferred.
    let isStated = boundary.shape.rank != nil
    let stated = isStated ? boundary.shape : boundary.effectiveShape
    var shape = Columns.shortened(stated.description, to: 80)
    if isStated, boundary.effectiveShape != boundary.shape {
      shape += " counted as " + Columns.shortened(boundary.effectiveShape.description, to: 80)
    }
    return [label, Columns.shortened(boundary.name, to: 120), shape, boundary.type.rawValue]
  }

  // MARK: - Bytes and memory

  private func bytes() -> PageSection {
    let total = profile.totals.fileBytes
    let rows = profile.bytes.map { category in
      [
        category.category.title, Quantity.bytes(category.bytes), Quantity.grouped(category.bytes),
        total > 0 ? Quantity.percent(Double(category.bytes) / Double(total)) : "",
      ]
    }
    let columns = [
      PageColumn("what for"), PageColumn("size", isNumeric: true),
      PageColumn("bytes", isNumeric: true), PageColumn("share", isNumeric: true),
    ]
    return .html(
      "bytes",
      "Bytes of the file",
      note: "Every byte has one label; weights are split into their largest tensors.",
      """
      <div class="picture" tabindex="0" role="region" aria-label="Bytes of the file">
      \(LedgerMap(profile).svg())</div>
      \(PageSection.staticTable(columns, rows, caption: "Bytes by what they are for"))
      """
    )
  }

  private func arena() -> [PageSection] {
    guard let plan = profile.memory.first, !plan.map.buffers.isEmpty else { return [] }
    let title = "Arena of \(plan.planner.title), buffer by buffer over the operators"
    let picture = ArenaMapSVG(plan, title: title, isEmbedded: true).text()
    let columns = [
      PageColumn("alive at the peak"), PageColumn("size", isNumeric: true),
      PageColumn("offset", isNumeric: true), PageColumn("kind"),
    ]
    let rows = plan.live.prefix(12).map { buffer in
      [
        Columns.shortened(buffer.name, to: 80), Quantity.bytes(buffer.bytes),
        Quantity.grouped(buffer.offset), buffer.kind.rawValue,
      ]
    }
    let table = PageSection.staticTable(columns, rows, caption: "Buffers alive at the peak")
    return [
      .html(
        "memory",
        "Memory over time",
        note: plan.assumptions.joined(separator: "; "),
        """
        <div class="picture" tabindex="0" role="region" aria-label="\(XMLText.escaped(title))">
        \(picture)</div>
        \(table)
        """
      )
    ]
  }
}
