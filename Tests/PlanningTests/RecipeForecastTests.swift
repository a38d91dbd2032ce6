import ByteIO
import FormatONNX
import ModelIR
import Operators
import Testing

@testable import Planning

/// Sizes of the files that onnxruntime 1.32 wrote from the examples with `onnxruntime_quantize.py` and a
/// plan of int8-channel for all convolutions and products (`make recipes-check`).
@Suite struct RecipeForecastTests {
  private func forecast(_ name: String) throws -> ONNXRuntimeForecast {
    let path = PlanFixtures.digits + name + ".onnx"
    let source = try ByteSource.mapping(path: path)
    let model = try ONNXFormat.load(source.bytes, path: path)
    let graph = model.main
    let outputs = graph.nodes.filter { ["Conv", "MatMul"].contains($0.origin.sourceType) }
      .compactMap { $0.outputs.first ?? nil }.map { graph[$0].name }
    return ONNXRuntimeForecast(
      graph,
      types: try #require(GraphInference().infer(model).first).types,
      fileBytes: source.bytes.count,
      outputs: Set(outputs)
    )
  }

  @Test(arguments: [("digits_cnn", 18_666, 16_112), ("digits_dscnn", 51_290, 40_451)])
  func `what onnxruntime writes is foreseen within one percent`(
    name: String,
    written: Int,
    dynamic: Int
  ) throws {
    let forecast = try forecast(name)
    let (foreseen, foreseenDynamic) = (forecast.staticBytes(), forecast.dynamicBytes())
    #expect(abs(foreseen - written) * 100 <= written, "\(foreseen) against \(written)")
    #expect(
      abs(foreseenDynamic - dynamic) * 100 <= dynamic,
      "\(foreseenDynamic) against \(dynamic)"
    )
  }

  /// By hand, from the bytes of messages that onnxruntime wrote.
  @Test func `messages have the sizes of real ones`() {
    let name = "digits_cnn_1/stem_1/BiasAdd__6:0"
    // Without the tag and the length within the graph: 64, 240, 48, 126 bytes.
    #expect(ProtobufSize.valueInfo(name, [nil, 1, 8, 8], openName: 6) == 64 + 2)
    #expect(
      ProtobufSize.node(
        "QuantizeLinear",
        name + "_QuantizeLinear",
        inputs: [name, name + "_scale", name + "_zero_point"],
        outputs: [name + "_QuantizeLinear_Output"]
      ) == 240 + 3
    )
    #expect(
      ProtobufSize.tensor(name + "_scale", [], content: ProtobufSize.field(4)) == 48 + 2
    )
    let weights = "digits_cnn_1/stem_1/convolution/ReadVariableOp:0"
    #expect(
      ProtobufSize.tensor(weights + "_scale", [16], content: ProtobufSize.field(64)) == 126 + 2
    )
    #expect(ProtobufSize.attribute("axis") == 11)
    #expect(ProtobufSize.varint(-128) == 10)
    #expect(ProtobufSize.varint(128) == 2)
  }
}
