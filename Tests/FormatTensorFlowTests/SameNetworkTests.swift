import ByteIO
import Execution
import FormatONNX
import FormatTFLite
import FormatTensorFlow
import ModelIR
import Operators
import Profiling
import Testing

/// The same network in four formats is the same network.
@Suite struct SameNetworkTests {
  private static func load(_ name: String) throws -> Model {
    let path = GoldenModelTests.examples + "/" + name
    switch true {
    case name.hasSuffix(".tflite"):
      return try TFLiteFormat.load(try ByteSource.mapping(path: path).bytes, path: path)
    case name.hasSuffix(".onnx"):
      return try ONNXFormat.load(try ByteSource.mapping(path: path).bytes, path: path)
    default: return try GoldenModelTests.load(path)
    }
  }

  private static let suffixes = ["_savedmodel", "_frozen.pb", ".tflite", ".onnx"]

  private func profile(_ model: Model) throws -> ModelProfile {
    let dimensions = try OpenDimensions(model.main, fixed: [], batch: nil)
    return Profiler(model, dimensions: dimensions).profile(.init(threads: 1))
  }

  @Test func `a plain network has the same counts in all formats`() throws {
    for suffix in Self.suffixes {
      let totals = try profile(try Self.load("digits_cnn" + suffix)).totals
      // Examples/digits/expected.json.
      #expect(totals.parameters == 7_490, "\(suffix)")
      #expect(totals.multiplyAdds == 68_352, "\(suffix)")
    }
  }

  @Test func `a folded batch normalization is the only difference`() throws {
    let saved = try profile(try Self.load("digits_dscnn_savedmodel")).totals
    let frozen = try profile(try Self.load("digits_dscnn_frozen.pb")).totals
    let lite = try profile(try Self.load("digits_dscnn.tflite")).totals
    #expect(saved.parameters == frozen.parameters)
    #expect(saved.multiplyAdds == frozen.multiplyAdds)
    #expect(saved.multiplyAdds == lite.multiplyAdds)
    // A normalization of C channels has 4·C parameters; folded into the operator before it, a bias
    // of C is left of them.
    let model = try Self.load("digits_dscnn_savedmodel")
    var channels = 0
    for node in model.main.nodes where node.op == .known("batchNormalization") {
      let scale = try #require(node.inputs[1])
      channels += try #require(model.main[scale].shape.elementCount)
    }
    #expect(channels > 0)
    #expect(saved.parameters - lite.parameters == 3 * channels)
  }

  @Test(arguments: ["digits_cnn", "digits_dscnn"])
  func `all formats give the same outputs`(_ name: String) throws {
    let path = GoldenModelTests.examples + "/golden.npz"
    let archive = try TensorArchive(try ByteSource.mapping(path: path).bytes)
    let stored = try #require(archive.entries.first { $0.name == name + "_savedmodel/in0" })
    let input = try #require(Tensor(stored.array))
    var first: [Double]?
    for suffix in Self.suffixes {
      let call = try ModelCall(try Self.load(name + suffix))
      let output = try #require(try call.run([input]).outputs.first?.doubleValues)
      guard let expected = first else {
        first = output
        continue
      }
      #expect(output.count == expected.count)
      for (left, right) in zip(output, expected) { #expect(abs(left - right) <= 1e-4) }
    }
  }
}
