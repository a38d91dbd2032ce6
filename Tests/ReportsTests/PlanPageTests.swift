import Foundation
import Testing
import WireFormats

#if canImport(FoundationXML)
import FoundationXML
#endif

@testable import Planning
@testable import Profiling
@testable import Reports

/// A plan's page and pictures: their texts are names of strangers.
@Suite struct PlanPageTests {
  private static let tool = ToolIdentity(name: "analyze", version: "1")

  static func table(_ name: String) -> SensitivityTable {
    let actions = [
      ("float16", 0.0), ("int8-channel", 0.001), ("int4-channel", 0.05), ("int2-channel", 1.2),
      ("prune-50", 0.02), ("prune-80", 0.4),
    ]
    return SensitivityTable(
      origin: .measured(samples: 100),
      metric: "kl",
      baselineAccuracy: 0.9,
      sites: (0..<10).map { index in
        .init(
          id: name + String(index),
          kind: "weights",
          operatorIndex: index,
          name: name,
          layer: name,
          tensor: name,
          parameters: 10,
          bytes: 40
        )
      },
      measurements: (0..<10).flatMap { site in
        actions.map { action, cost in
          let mean = cost * Double(site + 1)
          return .init(
            site: site,
            action: action,
            bytes: 20,
            divergence: .init(mean: mean, low: mean / 2, high: mean * 2)
          )
        }
      }
    )
  }

  static func plan(_ name: String) throws -> Plan {
    let interval = SensitivityTable.Interval(mean: 0.01, low: 0.005, high: 0.02)
    return Plan(
      goal: .accuracy,
      budgets: try BudgetSet([try Budget("size<=50%")], originals: [.size: 4_000]),
      status: .optimal,
      gap: 0,
      origin: .measured(samples: 100),
      metric: "kl",
      layers: (0..<3).map { index in
        .init(
          site: name + String(index),
          layer: name,
          tensor: name,
          operatorName: name,
          sourceType: name,
          action: index == 0 ? nil : "int8-channel",
          bytesBefore: 40,
          bytesAfter: 20,
          predictedDivergence: 0.01
        )
      },
      originals: [.size: 4_000, .accuracy: 0.9],
      predicted: [.size: 2_000, .divergence: 0.01, .accuracy: 0.89],
      divergence: interval,
      predictedAgreement: 0.99,
      search: .init(
        samples: 100,
        rounds: [
          .init(predicted: 0.01, simulated: 0.02, trials: 3, changed: 2, keepsBudgets: true)
        ],
        corrections: [.init(site: name, action: "int8-channel", factor: 1.5)],
        agrees: true,
        isCutShort: false,
        uniform: nil
      ),
      verified: .init(
        samples: 50,
        figures: [.size: 2_000, .accuracy: 0.88],
        divergence: interval,
        top1Agreement: 0.98,
        originalAccuracy: 0.9,
        accuracyMargin: 0.02,
        excess: .interval,
        divergenceBefore: interval,
        repairs: [
          .init(
            site: name,
            action: "int4-channel",
            replacement: nil,
            bytes: 20,
            divergenceBefore: 0.04,
            divergenceAfter: 0.01
          )
        ],
        isKept: true
      ),
      marginals: [.init(figure: .size, step: 20, gain: 0.001)],
      front: (0..<12).map { index in
        .init(
          bytes: 1_000 + 100 * index,
          divergence: index == 11 ? 0 : 0.1 / Double(index + 1),
          chosen: [],
          actions: [1: "int4-channel", 2: "int8-channel"]
        )
      },
      notes: [name],
      training: [
        .init(
          .quantizationAware,
          evidence: .init(
            origin: .verified,
            figure: "accuracy",
            value: 0.88,
            limit: 0.89,
            isBudget: false
          ),
          reason: name,
          settings: [.init("epochs", .whole(5)), .init("match", .texts([name]))]
        )
      ]
    )
  }

  private func page(_ name: String) throws -> String {
    PlanPage(
      try Self.plan(name),
      Self.table(name),
      model: name,
      graph: .init(svg: "<svg viewBox=\"0 0 1 1\"></svg>"),
      files: [.init(path: "recipes/x.py", expected: [("static", 100)])],
      tool: Self.tool
    ).text()
  }

  private func isXML(_ text: String) -> Bool { XMLParser(data: Data(text.utf8)).parse() }

  @Test(arguments: PageTests.hostileNames)
  func `no name becomes markup`(name: String) throws {
    let text = try page(name)
    let plain = try page("plain")
    for tag in ["<script", "<svg", "<img", "<button", "<td", "<li", "<circle", "<path"] {
      #expect(
        text.components(separatedBy: tag).count == plain.components(separatedBy: tag).count,
        "\(tag)"
      )
    }
    let start = try #require(text.range(of: "<main"))
    let end = try #require(text.range(of: "</main>"))
    #expect(isXML(String(text[start.lowerBound..<end.upperBound])))
  }

  @Test(arguments: PageTests.hostileNames)
  func `pictures are XML whatever the names`(name: String) throws {
    let curves = SensitivityCurves(Self.table(name))
    for chart in curves.charts() + [PlanFront(try Self.plan(name)).chart()] {
      #expect(isXML(try #require(chart.svg())), "\(chart.id)")
    }
    #expect(isXML(try #require(SensitivityHeat(curves).svg(title: name))))
  }

  @Test func `every section is there`() throws {
    let text = try page("plain")
    for id in [
      "summary", "operators", "graph", "front", "verification", "training", "budgets", "recipes",
      "curves-bits", "curves-sparsity", "ranking-weights",
    ] {
      #expect(text.contains("<section id=\"\(id)\""), "\(id)")
    }
  }

  @Test func `each point of the front carries its plan, and the plan itself the last`() throws {
    let text = try page("plain")
    for place in 0...12 { #expect(text.contains("data-plan=\"\(place)\"")) }
    let start = try #require(text.range(of: "id=\"data\">"))
    let end = try #require(text.range(of: "</script>", range: start.upperBound..<text.endIndex))
    let data = try JSONSerialization.jsonObject(
      with: Data(text[start.upperBound..<end.lowerBound].utf8)
    )
    let plans = try #require((data as? [String: Any])?["plans"] as? [String: Any])
    let choices = try #require(plans["choices"] as? [[Int]])
    let actions = try #require(plans["actions"] as? [String])
    #expect(choices.count == 13)
    #expect(choices[0].map { actions[$0] } == ["keep", "int4-channel", "int8-channel"])
    #expect(choices[12].map { actions[$0] } == ["keep", "int8-channel", "int8-channel"])
  }

  @Test func `curves are of what was measured, the worst eight in colour`() throws {
    let charts = SensitivityCurves(Self.table("a")).charts()
    #expect(charts.map(\.id) == ["curves-bits", "curves-sparsity"])
    let bits = try #require(charts.first)
    #expect(bits.series.count == 10)
    #expect(bits.series.count { $0.isFaint } == 2)
    // 2, 4, 8 and 16 bits, by their logarithm.
    #expect(bits.xTicks == [1, 2, 3, 4])
    // The last layer loses most.
    #expect(bits.series.first?.points.map(\.y).max() == 12)
    #expect(charts[1].series.first?.points.map(\.x) == [0.5, 0.8])
  }

  @Test func `the ranking begins with the layer that loses most`() {
    #expect(SensitivityCurves(Self.table("a")).ranking("weights").first == 9)
  }

  @Test(arguments: [
    (0, 0), (1e-9, 0), (1.7e-4, 0), (1.8e-4, 1), (0.001, 2), (0.9, 5), (1, 6), (50, 6),
    (Double.nan, 0),
  ])
  func `colours mean the same divergence in every model`(mean: Double, step: Int) {
    #expect(SensitivityCurves.heat(mean) == step)
  }
}

/// Marks of axes are round numbers that hold every value.
@Suite struct ChartAxisTests {
  @Test(arguments: [
    ([0.0, 1.0], [0, 0.5, 1]), ([3, 97], [0, 50, 100]), ([-4, 4], [-4, -2, 0, 2, 4]),
  ])
  func `linear marks are round`(values: [Double], ticks: [Double]) throws {
    let axis = try #require(ChartAxis(values))
    for tick in ticks { #expect(axis.ticks.contains { abs($0 - tick) < 1e-9 }, "\(axis.ticks)") }
  }

  @Test func `bytes are marked in powers of 1,024`() throws {
    let axis = try #require(ChartAxis([9_000, 33_000], unit: .bytes))
    #expect(axis.ticks.allSatisfy { $0.truncatingRemainder(dividingBy: 1_024) == 0 })
    #expect(axis.least <= 9_000 && axis.most >= 33_000)
  }

  @Test func `zeros on a logarithmic axis stand at its end`() throws {
    let axis = try #require(ChartAxis([0, 0.001, 2], scale: .logarithmic))
    #expect(axis.share(0) == 0)
    #expect(axis.share(0.001) > 0.1)
    #expect(axis.share(2) <= 1)
  }

  @Test(arguments: [
    [0, 0], [5, 5], [-1e308, 1e308], [Double.leastNonzeroMagnitude, Double.leastNormalMagnitude],
    [Double.greatestFiniteMagnitude],
    [-Double.infinity, 3], [Double.nan, 1],
  ])
  func `no values break an axis`(values: [Double]) {
    for scale in [ChartAxis.Scale.linear, .logarithmic] {
      guard let axis = ChartAxis(values, scale: scale) else { continue }
      #expect(axis.ticks.allSatisfy { $0.isFinite })
      #expect(!axis.ticks.isEmpty && axis.ticks.count < 40)
      for value in values where value.isFinite { #expect(axis.share(value).isFinite) }
    }
  }

  @Test func `nothing finite is no axis`() {
    #expect(ChartAxis([]) == nil)
    #expect(ChartAxis([.nan, .infinity]) == nil)
  }
}
