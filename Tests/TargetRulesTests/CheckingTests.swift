import ModelIR
import TargetRules
import Testing

/// Names, versions, formats, and where operators run.
@Suite struct CheckingTests {
  @Test(arguments: [
    (version: 1, verdict: TargetReport.Verdict.unsupported), (2, .supported), (4, .supported),
    (5, .unsupported), (6, .unsupported), (8, .supported), (9, .supported),
  ])
  func `versions are ranges`(version: Int, verdict: TargetReport.Verdict) throws {
    var model = CheckedModel()
    model.add("ADD", [model.value(), model.value()], version: version)
    let list = """
      { names: ["ADD"], versions: { min: 2, max: 4 } }, { names: ["ADD"], versions: { min: 7 } }
      """
    let report = try model.report(RuleText.target(list: list))
    #expect(report.verdict == verdict)
    if verdict == .unsupported {
      #expect(report.findings.first?.rule == "version")
      #expect(report.findings.first?.detail.contains("2 to 4 or 7 and later") == true)
    }
  }

  @Test func `what is not listed is unsupported only where the list is complete`() throws {
    var model = CheckedModel()
    model.add("SIN", [model.value()])
    #expect(try model.report(RuleText.target()).verdict == .unsupported)
    let open = try model.report(RuleText.target(complete: false))
    #expect(open.verdict == .unknown)
    #expect(open.partitions == nil)
    #expect(open.boundaryBytes == nil)
  }

  @Test func `names with a star stand for a family`() throws {
    var model = CheckedModel()
    model.add("FlexErf", [model.value()], meaning: nil)
    let list = #"{ names: ["Flex*"], supported: "no", reason: "not linked", fix: "link it" }"#
    let finding = try #require(try model.report(RuleText.target(list: list)).findings.first)
    #expect(finding.detail == "not linked")
    #expect(finding.fix == "link it")
    let other = try #require(try model.report(RuleText.target()).findings.first)
    #expect(other.detail == "npu has no FlexErf (a custom operator)")
  }

  // MARK: - Partitions

  /// Two chains that join: RELU SIN RELU RELU | RELU, ADD.
  static func forked() -> CheckedModel {
    var model = CheckedModel()
    let input = model.value()
    model.graph.inputs = [input]
    let first = model.add("RELU", [input])
    let second = model.add("SIN", [first])
    let third = model.add("RELU", [second])
    let fourth = model.add("RELU", [third])
    let other = model.add("RELU", [input])
    model.add("ADD", [fourth, other])
    return model
  }

  static let list = #"{ names: ["RELU", "ADD"] }"#

  @Test func `islands are grouped by what is ready`() throws {
    let partition = #"kind: "islands", fallback: "the CPU""#
    let report = try Self.forked().report(
      RuleText.target(list: Self.list, partition: partition)
    )
    #expect(report.verdict == .unsupported)
    #expect(report.fallback == "the CPU")
    // {0, 4}, {1}, {2, 3, 5}: operator 4 needs nothing of the CPU.
    #expect(report.partitions == 3)
    #expect(report.fallbackOperators == [1])
    // In and out of SIN: 1·8·8·4 bytes each.
    #expect(report.boundaryBytes == 512)
    #expect(report.crossings.map(\.from) == [0, 1])
    #expect(report.crossings.map(\.to) == [1, 2])
    #expect(report.findings.map(\.severity) == [.warning])
  }

  @Test func `a prefix ends at the first unsupported operator`() throws {
    let partition = #"kind: "prefix", fallback: "the CPU""#
    let report = try Self.forked().report(
      RuleText.target(list: Self.list, partition: partition)
    )
    #expect(report.partitions == 2)
    #expect(report.fallbackOperators == [1, 2, 3, 4, 5])
    #expect(report.boundaryBytes == 256)
  }

  @Test func `a whole model is refused`() throws {
    let report = try Self.forked().report(RuleText.target(list: Self.list))
    #expect(report.partitions == nil)
    #expect(report.fallback == nil)
    #expect(report.findings.map(\.severity) == [.error])
  }

  @Test func `a supported model is one partition`() throws {
    let list = #"{ names: ["RELU", "ADD", "SIN"] }"#
    for kind in ["islands", "prefix"] {
      let partition = "kind: \"\(kind)\", fallback: \"the CPU\""
      let report = try Self.forked().report(RuleText.target(list: list, partition: partition))
      #expect(report.verdict == .supported)
      #expect(report.partitions == 1)
      #expect(report.boundaryBytes == 0)
      #expect(report.fallbackOperators == [])
    }
  }

  @Test func `open sizes leave the crossing bytes unknown`() throws {
    var model = Self.forked()
    let open = try #require(model.graph.nodes[0].outputs[0])
    model.graph.values[open.index].shape = .ranked([.unknown, 8])
    let partition = #"kind: "islands", fallback: "the CPU""#
    let report = try model.report(RuleText.target(list: Self.list, partition: partition))
    #expect(report.partitions == 3)
    #expect(report.boundaryBytes == nil)
  }

  // MARK: - Other formats

  static func onnx(_ name: String, _ meaning: String, attributes: Attributes = [:]) -> CheckedModel
  {
    var model = CheckedModel(format: .onnx)
    model.add(
      name,
      [model.value(.float32), model.value(.float32, [4, 1, 3, 3], constant: true)],
      version: 13,
      attributes: attributes,
      type: .float32,
      meaning: meaning
    )
    return model
  }

  @Test func `a model of another format is checked by meaning, and says so`() throws {
    let report = try Self.onnx("Conv", "convolution").report(RuleText.target())
    #expect(report.verdict == .supported)
    #expect(report.checkedAs == .tflite)
    #expect(report.findings.map(\.rule) == ["format"])
    #expect(report.findings.map(\.severity) == [.note])
  }

  @Test func `what a converter writes instead counts, too`() throws {
    let depthwise = Self.onnx("Conv", "convolution", attributes: ["groups": .int(4)])
    let list = #"{ names: ["DEPTHWISE_CONV_2D"] }"#
    #expect(try depthwise.report(RuleText.target(list: list)).verdict == .supported)
    let plain = Self.onnx("Conv", "convolution")
    // A convolution of all channels is written as CONV_2D, which the complete list lacks.
    #expect(try plain.report(RuleText.target(list: list)).verdict == .unsupported)
    let gemm = Self.onnx("Gemm", "gemm")
    let dense = #"{ names: ["FULLY_CONNECTED"] }"#
    #expect(try gemm.report(RuleText.target(list: dense)).verdict == .supported)
  }

  @Test func `versions of one format say nothing about another`() throws {
    let list = #"{ names: ["CONV_2D"], versions: { max: 3 } }"#
    #expect(
      try Self.onnx("Conv", "convolution").report(RuleText.target(list: list)).verdict == .supported
    )
  }

  @Test func `axes of another format are not compared`() throws {
    let list = #"{ names: ["CONV_2D"], requires: [{ on: "input 1", axis: 1, size: 3 }] }"#
    let report = try Self.onnx("Conv", "convolution").report(RuleText.target(list: list))
    #expect(report.verdict == .unknown)
  }

  @Test func `types of another format are compared`() throws {
    let list = #"{ names: ["CONV_2D"], requires: [{ on: "input 0", types: ["int8"] }] }"#
    let report = try Self.onnx("Conv", "convolution").report(RuleText.target(list: list))
    #expect(report.verdict == .unsupported)
    let finding = try #require(report.findings.first)
    #expect(finding.checkedAs == "CONV_2D")
    #expect(finding.message.contains("(Conv version 13, n0): as CONV_2D: input 0 is float32"))
  }

  @Test func `what has no name there is unknown`() throws {
    let report = try Self.onnx("LSTM", "lstm").report(RuleText.target())
    #expect(report.verdict == .unknown)
  }

  @Test func `a borrowed list is the one of the model's format`() throws {
    let text = RuleText.target().replacing(/operators: \{(.|\n)*?\n  \},/) { _ in
      #"operatorsOf: { tflite: "tflite-micro", onnx: "onnxruntime-cpu" }, memory: { source: "manual" },"#
    }
    let onnx = try Self.onnx("Conv", "convolution").report(text)
    #expect(onnx.verdict == .supported)
    #expect(onnx.checkedAs == nil)
    var lite = CheckedModel()
    lite.add("SEGMENT_SUM", [lite.value(), lite.value()])
    #expect(try lite.report(text).findings.first?.detail == "tflite-micro has no SEGMENT_SUM")
  }
}

/// What a converter would leave of a model.
@Suite struct ConversionTests {
  /// DequantizeLinear of weights, Conv, QuantizeLinear.
  static func quantized() -> CheckedModel {
    var model = CheckedModel(format: .onnx)
    let scale = model.value(.float32, [], constant: true)
    let stored = model.value(.int8, [1, 8, 8, 4])
    let input = model.add("DequantizeLinear", [stored, scale], type: .float32)
    let weights = model.add(
      "DequantizeLinear",
      [model.value(.int8, [4, 4, 1, 1], constant: true), scale],
      type: .float32
    )
    let result = model.add("Conv", [input, weights], type: .float32)
    model.add("QuantizeLinear", [result, scale], type: .int8)
    return model
  }

  @Test func `pairs of quantization become types of tensors`() throws {
    let list = """
      { names: ["CONV_2D"], requires: [
        { on: "all", types: ["int8"] }, { on: "input 1", constant: true },
        { on: "all", quantized: ["per-tensor"] },
      ] }
      """
    let report = try Self.quantized().report(RuleText.target(list: list))
    #expect(report.verdict == .supported, "\(report.findings.map(\.message))")
  }

  @Test func `operators of nothing but constants are folded`() throws {
    var model = CheckedModel(format: .onnx)
    let filled = model.add(
      "ConstantOfShape",
      [model.value(.int64, [4], constant: true)],
      type: .float32
    )
    model.add("Conv", [model.value(.float32), filled], type: .float32)
    let list = #"{ names: ["CONV_2D"], requires: [{ on: "input 1", constant: true }] }"#
    #expect(try model.report(RuleText.target(list: list)).verdict == .supported)
  }

  @Test func `indices take the width of the other format`() throws {
    var model = CheckedModel()
    model.add(
      "RESHAPE",
      [model.value(.float32), model.value(.int32, [2], constant: true)],
      type: .float32
    )
    let list = #"{ names: ["Reshape"], requires: [{ on: "input 1", types: ["int64"] }] }"#
    #expect(
      try model.report(RuleText.target(list: list, format: "onnx")).verdict == .supported
    )
  }

  @Test func `a model that takes floats keeps its first quantization`() throws {
    var model = CheckedModel(format: .onnx)
    let input = model.value(.float32)
    model.graph.inputs = [input]
    model.add("QuantizeLinear", [input, model.value(.float32, [], constant: true)])
    // The complete list lacks QUANTIZE.
    #expect(try model.report(RuleText.target()).verdict == .unsupported)
    let list = #"{ names: ["QUANTIZE"], requires: [{ on: "input 0", types: ["float32"] }] }"#
    #expect(try model.report(RuleText.target(list: list)).verdict == .supported)
  }
}
