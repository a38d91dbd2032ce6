import Profiling
import Sensitivity

/// The page of a sweep: the ranking in colours, the curves, the modes, and how far it can be trusted.
package struct SensitivityPage {
  private let result: SensitivityResult
  private let model: String
  private let graph: ModelPage.Picture?
  private let tool: ToolIdentity

  /// - Parameters:
  ///   - result: What was found.
  ///   - model: The model's path.
  ///   - graph: The layer graph in the colours of the worst action; the page does without.
  ///   - tool: What the page says it was written by.
  package init(
    _ result: SensitivityResult,
    model: String,
    graph: ModelPage.Picture? = nil,
    tool: ToolIdentity
  ) {
    self.result = result
    self.model = model
    self.graph = graph
    self.tool = tool
  }

  /// The file.
  package func text() -> String {
    HTMLPage(
      title: "Sensitivity of " + ModelPage.fileName(model),
      subtitle: subtitle,
      sections: sections(),
      tool: tool
    ).text()
  }

  /// The sections, those without content left out.
  package func sections() -> [PageSection] {
    let curves = SensitivityCurves(result)
    var sections = [summary()] + SensitivityHeat(curves).sections()
    sections += curves.charts().compactMap(\.section)
    if let graph { sections.append(.graph("Graph", note: graph.note, svg: graph.svg)) }
    sections.append(measurements(curves))
    return sections + modes() + trust() + failures()
  }

  private var subtitle: String {
    [
      "\(Quantity.grouped(result.calibration.samples)) samples", result.metric.rawValue,
      result.effort.rawValue, Columns.shortened(model, to: 200),
    ].joined(separator: " · ")
  }

  private func summary() -> PageSection {
    var text = "<dl class=\"figures\">\n"
    text += PageSection.card(
      "Samples",
      Quantity.grouped(result.calibration.samples),
      result.calibration.preprocessing.isEmpty
        ? [] : [Columns.shortened(result.calibration.preprocessing, to: 120)]
    )
    text += PageSection.card("Unit", result.metric.rawValue, [result.metricReason])
    if let accuracy = result.baselineAccuracy {
      text += PageSection.card("Accuracy of the model", Quantity.percent(accuracy), [])
    }
    if let own = result.ownMetric {
      text += PageSection.card(
        "Own metric of the model",
        own.baseline.map { Quantity.significant($0) } ?? "–",
        [Columns.shortened(own.command, to: 120)]
      )
    }
    let adequacy = result.adequacy
    text += PageSection.card(
      "Samples are",
      adequacy.isEnough ? "enough" : "not enough",
      [
        adequacy.reliability.map { "reliability \(Quantity.significant($0))" },
        adequacy.isEnough ? nil : adequacy.samplesNeeded.map { "about \($0) would be" },
        adequacy.note.isEmpty ? nil : adequacy.note,
      ].compactMap { $0 }
    )
    let exact = result.measurements.count { $0.method == .exact }
    text += PageSection.card(
      "Trials",
      Quantity.grouped(result.measurements.count),
      ["\(Quantity.grouped(exact)) measured on all samples, the rest estimated"]
    )
    text += "</dl>\n"
    if !result.isComplete {
      text += "<ul class=\"findings\"><li class=\"error\"><b>incomplete</b>: "
      text += "\(result.missing) trials were not measured</li></ul>\n"
    }
    return .html("summary", "Summary", text)
  }

  private func measurements(_ curves: SensitivityCurves) -> PageSection {
    let hasOwn = result.ownMetric != nil
    let columns =
      [
        PageColumn("#", isNumeric: true, priority: 3), PageColumn("layer"), PageColumn("action"),
        PageColumn("divergence", isNumeric: true), PageColumn("low", isNumeric: true, priority: 3),
        PageColumn("high", isNumeric: true, priority: 3),
        PageColumn("SQNR dB", isNumeric: true, priority: 2),
        PageColumn("same answer", isNumeric: true, priority: 2),
        PageColumn("accuracy", isNumeric: true, priority: 2),
        PageColumn("after", isNumeric: true, priority: 2), PageColumn("method", priority: 3),
        PageColumn("cosine", isNumeric: true, priority: 0), PageColumn("tensor", priority: 0),
      ] + (hasOwn ? [PageColumn("own metric", isNumeric: true, priority: 2)] : [])
    func number(_ value: Double?) -> PageTable.Cell {
      .init(value.map { Quantity.significant($0) } ?? "–", value: value)
    }
    func share(_ value: Double?) -> PageTable.Cell {
      .init(value.map(Quantity.percent) ?? "–", value: value)
    }
    let rows = result.measurements.map { measurement -> [PageTable.Cell] in
      let site = result.sites[measurement.site]
      let effect = measurement.effect
      return [
        .init(
          site.operatorIndex.map(String.init) ?? "–",
          value: site.operatorIndex.map(Double.init)
        ),
        .init(Columns.shortened(curves.sites[measurement.site].label, to: 256)),
        .init(measurement.action), number(effect.divergence?.mean),
        number(effect.divergence?.low), number(effect.divergence?.high),
        number(effect.sqnrDecibels), share(effect.top1Agreement), share(effect.accuracy),
        .init(Quantity.bytes(measurement.bytes), value: measurement.bytes.map(Double.init)),
        .init(measurement.method.rawValue), number(effect.cosine),
        .init(Columns.shortened(site.tensor, to: 256)),
      ] + (hasOwn ? [number(effect.own)] : [])
    }
    return .table(
      "Measurements",
      PageTable(
        id: "operators",
        noun: "measurements",
        columns: columns,
        rows: rows,
        operators: result.measurements.map { result.sites[$0.site].operatorIndex }
      )
    )
  }

  private func modes() -> [PageSection] {
    guard !result.modes.isEmpty else { return [] }
    let rows = result.modes.map { mode in
      [
        mode.mode, mode.weightBytes.map { Quantity.bytes($0) } ?? "–",
        mode.effect.divergence.map { Quantity.significant($0.mean) } ?? "–",
        mode.effect.top1Agreement.map(Quantity.percent) ?? "–",
        mode.effect.accuracy.map(Quantity.percent) ?? "–",
      ]
    }
    return [
      .rows(
        "modes",
        "Whole modes",
        note: "A converter's modes for the whole model, run here.",
        columns: [
          PageColumn("mode"), PageColumn("weights", isNumeric: true),
          PageColumn("divergence", isNumeric: true), PageColumn("same answer", isNumeric: true),
          PageColumn("accuracy", isNumeric: true),
        ],
        rows
      )
    ]
  }

  private func trust() -> [PageSection] {
    var text = ""
    if !result.interactions.isEmpty {
      text += PageSection.staticTable(
        [
          PageColumn("first"), PageColumn("second"), PageColumn("action"),
          PageColumn("sum alone", isNumeric: true), PageColumn("together", isNumeric: true),
          PageColumn("ratio", isNumeric: true),
        ],
        result.interactions.map { pair in
          [
            Columns.shortened(result.sites[pair.first].id, to: 120),
            Columns.shortened(result.sites[pair.second].id, to: 120), pair.action,
            Quantity.significant(pair.sum), Quantity.significant(pair.together),
            pair.ratio.map { Quantity.significant($0) } ?? "–",
          ]
        },
        caption: "Pairs of layers changed together"
      )
    }
    if !result.screening.isEmpty {
      text += "<h3>Estimates</h3>\n"
      text += PageSection.staticTable(
        [
          PageColumn("action"), PageColumn("layers", isNumeric: true),
          PageColumn("rank correlation", isNumeric: true),
        ],
        result.screening.map { quality in
          [
            quality.action, String(quality.sites),
            quality.correlation.map { Quantity.significant($0) } ?? "–",
          ]
        },
        caption: "How well estimates order the layers"
      )
    }
    guard !text.isEmpty else { return [] }
    return [
      .html(
        "trust",
        "Do costs add up?",
        note:
          "Pairs of layers changed together cost this many times the sum of what they cost alone.",
        text
      )
    ]
  }

  private func failures() -> [PageSection] {
    guard !result.failures.isEmpty else { return [] }
    return [
      .rows(
        "failures",
        "Not measured",
        columns: [PageColumn("site"), PageColumn("trial"), PageColumn("reason")],
        result.failures.map { failure in
          [
            failure.site.map { Columns.shortened(result.sites[$0].id, to: 120) } ?? "",
            Columns.shortened(failure.name, to: 120), Columns.shortened(failure.reason, to: 200),
          ]
        }
      )
    ]
  }
}
