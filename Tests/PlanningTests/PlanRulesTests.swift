import ByteIO
import Operators
import Profiling
import Techniques
import TestSupport
import Testing
import WireFormats

@testable import Planning

@Suite struct PlanRulesTests {
  @Test func `every scenario and preset inside the program is sound`() throws {
    #expect(PlanRules.presetNames == ["articles"])
    #expect(PlanRules.scenarioNames.count == 5)
    for name in PlanRules.presetNames { #expect(try PlanRules.preset(name).name == name) }
    for name in PlanRules.scenarioNames {
      let scenario = try PlanRules.scenario(name)
      #expect(scenario.name == name)
      #expect(Set(scenario.actions).count == scenario.actions.count)
    }
  }

  @Test func `the articles' matrix is what the articles say`() throws {
    let budgets = try PlanRules.preset("articles").budgets
    #expect(budgets.map(\.figure) == [.size, .latency, .arena, .accuracy])
    #expect(
      budgets.map(\.limit) == [
        .absolute(5e6), .absolute(50e6), .absolute(100e6), .relative(0.95),
      ]
    )
  }

  @Test(arguments: ["mobile", "articels"])
  func `an unknown name is refused with what is known`(name: String) {
    #expect(throws: PlanningError.self) { try PlanRules.scenario(name) }
    let error = #expect(throws: PlanningError.self) { try PlanRules.preset(name) }
    #expect(error?.hint?.contains("articles") == true)
  }

  @Test(arguments: [
    "{schema: \"analyze.scenario/1\", name: \"x\", title: \"X\", actions: [\"int9\"], training: [], reason: \"\"}",
    "{schema: \"analyze.scenario/1\", name: \"x\", title: \"X\", actions: [], training: [\"magic\"], reason: \"\"}",
    "{schema: \"analyze.scenario/1\", name: \"x\", title: \"X\", actions: [], training: [], reason: \"\", more: 1}",
    "{schema: \"analyze.scenario/2\", name: \"x\", title: \"X\", actions: [], training: [], reason: \"\"}",
    "{schema: \"analyze.scenario/1\"}", "",
  ])
  func `a wrong scenario is an error`(text: String) {
    let bytes = ByteSource(Array(text.utf8), name: "x.json5").bytes
    #expect(throws: JSON5Error.self) { try PlanRules.scenario(bytes) }
  }

  @Test func `every recipe says what it does not express`() throws {
    for name in [
      "edge_quantizer", "keras_distillation", "nncf_weights", "onnxruntime_quantize",
      "tflite_converter", "tfmot_training",
    ] {
      let content = try #require(PlanRules.recipe(name))
      let text = String(decoding: content, as: UTF8.self)
      #expect(text.hasPrefix("\"\"\""))
      #expect(text.contains("Not expressed:"))
      #expect(text.contains("pip install"))
      // What training gains by itself is no merit of the compression.
      if name.contains("training") || name.contains("distillation") {
        #expect(text.contains("uncompressed model"))
        #expect(text.contains("same number of epochs"))
      }
    }
  }
}
