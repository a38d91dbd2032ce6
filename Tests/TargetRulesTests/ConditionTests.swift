import ModelIR
import TargetRules
import Testing

/// Each kind of condition on an operator that fulfils it and on one that does not.
@Suite struct ConditionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var condition: String
    var verdict: TargetReport.Verdict
    /// A part of the finding.
    var detail: String?
    var testDescription: String { condition }

    init(_ condition: String, _ verdict: TargetReport.Verdict, _ detail: String? = nil) {
      self.condition = condition
      self.verdict = verdict
      self.detail = detail
    }
  }

  /// Of a CONV_2D of 1×8×8×4 int8 (per tensor, zero point 3) by 8×3×3×4 int8 (per axis, constant),
  /// without bias, strides 2×1, fused relu6.
  static let cases = [
    Case(#"{ on: "input 0", types: ["int8"] }"#, .supported),
    Case(
      #"{ on: "input 0", types: ["float32", "int16"] }"#,
      .unsupported,
      "input 0 is int8; float32 or int16 is allowed"
    ),
    Case(#"{ on: "all", rank: 4 }"#, .supported),
    Case(
      #"{ on: "inputs", rank: { max: 3 } }"#,
      .unsupported,
      "input 0 has the shape 1×8×8×4, 4 axes; at most 3 are allowed"
    ),
    Case(#"{ on: "input 1", axis: 0, size: 8 }"#, .supported),
    Case(#"{ on: "input 1", axis: -1, size: { min: 5 } }"#, .unsupported, "with axis 3 of 4"),
    Case(#"{ on: "input 1", axis: 7, size: 1 }"#, .supported),
    Case(#"{ on: "input 0", size: { max: 8 } }"#, .supported),
    Case(#"{ on: "input 0", size: { max: 7 } }"#, .unsupported, "at most 7 is allowed"),
    Case(#"{ on: "input 1", axes: [1, 2], product: 9 }"#, .supported),
    Case(#"{ on: "input 1", axes: [1, 2, 3], product: { max: 35 } }"#, .unsupported, "to 36"),
    Case(#"{ on: "input 0", elements: 256 }"#, .supported),
    Case(#"{ on: "input 0", elements: { min: 257 } }"#, .unsupported, "256 elements"),
    Case(#"{ on: "input 1", constant: true }"#, .supported),
    Case(#"{ on: "input 0", constant: true }"#, .unsupported, "must be a constant"),
    Case(#"{ on: "constants", types: ["int8"] }"#, .supported),
    Case(#"{ on: "activations", quantized: ["per-tensor", "none"] }"#, .supported),
    Case(#"{ on: "input 1", quantized: ["per-tensor"] }"#, .unsupported, "quantized per-axis"),
    Case(#"{ on: "input 0", zeroPoint: { min: 3, max: 3 } }"#, .supported),
    Case(#"{ on: "input 0", zeroPoint: 0 }"#, .unsupported, "zero point 3"),
    Case(#"{ on: "input 2", present: false }"#, .supported),
    Case(#"{ on: "input 2", present: true }"#, .unsupported, "input 2 is left out"),
    Case(#"{ on: "input 2", types: ["float64"] }"#, .supported),
    Case(#"{ on: "all", shape: "fixed" }"#, .supported),
    Case(#"{ on: "input 0", like: "output 0", in: ["type", "rank", "shape"] }"#, .supported),
    Case(#"{ on: "input 0", like: "input 1", in: ["shape"] }"#, .unsupported, "same shape"),
    Case(
      #"{ rows: [{ inputs: ["float32"] }, { inputs: ["int8", "*"], outputs: ["int8"] }] }"#,
      .supported
    ),
    Case(
      #"{ rows: [{ inputs: ["int8", "int4"], outputs: ["int8"] }] }"#,
      .unsupported,
      "the types are (int8 int8 – → int8); allowed: (int8 int4 → int8)"
    ),
    Case(#"{ inputCount: 2 }"#, .supported),
    Case(#"{ outputCount: { min: 2 } }"#, .unsupported, "1 outputs"),
    Case(#"{ attribute: "strides", range: { min: 1, max: 2 } }"#, .supported),
    Case(#"{ attribute: "strides", range: { max: 1 } }"#, .unsupported, "strides is 2×1"),
    Case(#"{ attribute: "strides", product: 2 }"#, .supported),
    Case(#"{ attribute: "strides", uniform: true }"#, .unsupported, "all must be equal"),
    Case(#"{ attribute: "activation", oneOf: ["none", "relu6"] }"#, .supported),
    Case(
      #"{ attribute: "activation", oneOf: ["none", "relu"] }"#,
      .unsupported,
      "activation is relu6; none or relu is allowed"
    ),
    Case(#"{ attribute: "dilations", range: { max: 1 }, default: 1 }"#, .supported),
    Case(#"{ attribute: "dilations", range: { max: 1 } }"#, .unsupported, "is not stated"),
    Case(
      #"{ when: [{ attribute: "strides", uniform: true }], then: [{ inputCount: 9 }] }"#,
      .supported
    ),
    Case(
      #"{ when: [{ inputCount: 2 }], then: [{ on: "input 0", types: ["uint8"] }] }"#,
      .unsupported,
      "uint8 is allowed"
    ),
    Case(#"{ anyOf: [{ inputCount: 9 }, { outputCount: 1 }] }"#, .supported),
    Case(#"{ anyOf: [{ inputCount: 9 }, { outputCount: 9 }] }"#, .unsupported, ", or "),
    Case(#"{ anyOf: [{ inputCount: 9 }, { unchecked: "weather" }] }"#, .unknown, "weather"),
    Case(#"{ not: { inputCount: 9 } }"#, .supported),
    Case(#"{ not: { inputCount: 2 }, reason: "two are too many" }"#, .unsupported, "count"),
    Case(#"{ unchecked: "the weights must add up" }"#, .unknown, "the weights must add up"),
  ]

  static func convolution() -> CheckedModel {
    var model = CheckedModel()
    let input = model.value(
      quantization: Quantization(granularity: .perTensor, scales: [0.5], zeroPoints: [3])
    )
    let filter = model.value(
      .int8,
      [8, 3, 3, 4],
      constant: true,
      quantization: Quantization(
        granularity: .perAxis(0),
        scales: Array(repeating: 1, count: 8),
        zeroPoints: []
      )
    )
    model.add(
      "CONV_2D",
      [input, filter, nil],
      version: 3,
      attributes: ["strides": .ints([2, 1]), "activation": .string("relu6")]
    )
    return model
  }

  @Test(arguments: cases)
  func `a condition holds or says why not`(sample: Case) throws {
    let list = #"{ names: ["CONV_2D"], requires: [\#(sample.condition)] }"#
    let report = try Self.convolution().report(RuleText.target(list: list))
    #expect(report.verdict == sample.verdict, "\(report.findings)")
    guard let detail = sample.detail else {
      #expect(report.findings.isEmpty)
      return
    }
    #expect(report.findings.count == 1)
    #expect(report.findings.first?.detail.contains(detail) == true, "\(report.findings)")
  }

  @Test(arguments: cases)
  func `a condition on every operator counts the same`(sample: Case) throws {
    let rules = RuleText.target(everywhere: sample.condition)
    #expect(try Self.convolution().report(rules).verdict == sample.verdict)
    // `not` takes no exceptions inside; all others are switched off by one.
    let spared = sample.condition.replacing(/\ }$/, with: #", except: ["CONV_2D"] }"#)
    #expect(
      try Self.convolution().report(RuleText.target(everywhere: spared)).verdict == .supported
    )
  }

  @Test func `open shapes are unknown, never a pass`() throws {
    for test in ["shape: \"fixed\"", "size: { max: 9 }", "elements: { max: 9 }"] {
      var model = CheckedModel()
      let input = model.value()
      model.graph.values[input.index].shape = .ranked([.symbolic("n"), 8, 8, 4])
      model.add("RELU", [input])
      let list = #"{ names: ["RELU"], requires: [{ on: "input 0", \#(test) }] }"#
      let report = try model.report(RuleText.target(list: list))
      #expect(report.verdict == .unknown)
      #expect(report.partitions == nil)
    }
  }

  @Test func `a known break counts more than an unknown one`() throws {
    let list =
      #"{ names: ["CONV_2D"], requires: [{ unchecked: "weather" }, { inputCount: 9 }] }"#
    let report = try Self.convolution().report(RuleText.target(list: list))
    #expect(report.verdict == .unsupported)
    #expect(report.findings.map(\.rule) == ["count"])
  }

  @Test func `a finding names its place, its fix and its source`() throws {
    let list =
      #"{ names: ["CONV_2D"], requires: [{ attribute: "strides", uniform: true, fix: "pad" }] }"#
    let finding = try #require(
      try Self.convolution().report(RuleText.target(list: list)).findings.first
    )
    #expect(finding.operatorIndex == 0)
    #expect(finding.rule == "attribute strides")
    #expect(finding.severity == .error)
    #expect(finding.fix == "pad")
    #expect(finding.source == "p, f (v, 2025-01-31)")
    #expect(finding.message.hasPrefix("operator 0 (CONV_2D version 3, n0): strides is 2×1"))
  }
}
