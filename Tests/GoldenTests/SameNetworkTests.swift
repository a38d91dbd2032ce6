import ByteIO
import Execution
import FormatKeras
import FormatONNX
import FormatTFLite
import FormatTensorFlow
import ModelIR
import Operators
import Profiling
import TestSupport
import Testing

/// The same network in six formats is the same network.
@Suite struct SameNetworkTests {
  /// A network that was saved in every format, and inputs for it.
  struct Network: CustomTestStringConvertible, Sendable {
    var name: String
    /// What stands before the suffixes.
    var path: String
    var archive: String
    var input: String

    var testDescription: String { name }
  }

  private static let networks: [Network] =
    ["digits_cnn", "digits_dscnn"].map { name in
      Network(
        name: name,
        path: Golden.examplesFolder + "/" + name,
        archive: Golden.examplesFolder + "/golden.npz",
        input: name + ".keras/in0"
      )
    }
    + ["mnist_cnn", "cifar_dscnn"].compactMap { name in
      SharedModels.manifest["trained/\(name)/\(name).keras"]?.golden.map { golden in
        Network(
          name: name,
          path: SharedModels.path("trained/\(name)/\(name)"),
          archive: SharedModels.path(golden),
          input: "in0"
        )
      }
    }

  /// Forms in which batch normalization stands on its own, and those of converters that fold it.
  private static let unfolded = [".h5", ".keras", "_savedmodel"]
  private static let folded = [".tflite", ".onnx"]

  private static func load(_ path: String) throws -> Model {
    if ByteSource.isDirectory(path) {
      let directory = try DirectoryHandle(path: path)
      return try TensorFlowFormat.load(directory: directory, path: path, signature: nil).model
    }
    let bytes = try ByteSource.mapping(path: path).bytes
    if path.hasSuffix(".tflite") { return try TFLiteFormat.load(bytes, path: path) }
    if path.hasSuffix(".onnx") { return try ONNXFormat.load(bytes, path: path) }
    if path.hasSuffix(".pb") { return try TensorFlowFormat.load(bytes, path: path) }
    return try KerasFormat.load(bytes, path: path)
  }

  /// The network in one format; the shared models have another name for the float TFLite file.
  private static func model(_ network: Network, _ suffix: String) throws -> Model {
    let isOurs = network.path.hasPrefix(Golden.examplesFolder)
    return try load(network.path + (suffix == ".tflite" && !isOurs ? "_f32.tflite" : suffix))
  }

  private func totals(_ model: Model) throws -> (parameters: Int, multiplyAdds: Int) {
    let dimensions = try OpenDimensions(model.main, fixed: [], batch: nil)
    let totals = Profiler(model, dimensions: dimensions).profile(.init(threads: 1)).totals
    return (totals.parameters, try #require(totals.multiplyAdds))
  }

  /// The channels of all batch normalizations.
  private func normalizedChannels(_ model: Model) throws -> Int {
    try model.main.nodes.filter { $0.op == .known("batchNormalization") }.reduce(0) { sum, node in
      let mean = try #require(node.inputs.count > 3 ? node.inputs[3] : nil)
      return sum + (try #require(model.main[mean].shape.elementCount))
    }
  }

  /// The channels that are multiplied by constants.
  private func multipliedChannels(_ model: Model) throws -> Int {
    try model.main.nodes.filter { $0.op == .known("mul") }.reduce(0) { sum, node in
      let factor = try #require(node.inputs.compactMap { $0 }.first { model.main[$0].isConstant })
      return sum + (try #require(model.main[factor].shape.elementCount))
    }
  }

  @Test(arguments: networks)
  func `parameters and products are the same but for folded normalizations`(
    _ network: Network
  ) throws {
    let first = try Self.model(network, ".keras")
    let keras = try totals(first)
    let channels = try normalizedChannels(first)
    #expect((channels > 0) == network.name.hasSuffix("dscnn"))
    for suffix in Self.unfolded + ["_frozen.pb"] + Self.folded {
      let model = try Self.model(network, suffix)
      let found = try totals(model)
      print("same network \(network.name)\(suffix): \(found)")
      #expect(found.multiplyAdds == keras.multiplyAdds, "\(suffix)")
      // A normalization has four numbers a channel; folded into the operator before it, one is left:
      // the bias of that operator. tf2onnx folds none into a depthwise convolution: a factor and a
      // summand a channel are left of those.
      let left = try normalizedChannels(model)
      let factors = suffix == ".onnx" ? try multipliedChannels(model) : 0
      let expected = keras.parameters - 3 * (channels - left) + factors
      #expect(found.parameters == expected, "\(suffix)")
      if Self.unfolded.contains(suffix) { #expect(left == channels, "\(suffix)") }
      if Self.folded.contains(suffix) { #expect(left == 0, "\(suffix)") }
    }
  }

  @Test(arguments: networks)
  func `outputs are the same, compiled or not`(_ network: Network) throws {
    let archive = try TensorArchive(try ByteSource.mapping(path: network.archive).bytes)
    let stored = try #require(archive.entries.first { $0.name == network.input })
    let input = try #require(Tensor(stored.array))
    var first: [Double]?
    for suffix in Self.unfolded + ["_frozen.pb"] + Self.folded {
      let call = try ModelCall(try Self.model(network, suffix))
      for engine in [ModelCall.Engine.reference, .compiled(threads: 2)] {
        let output = try #require(
          try call.run([input], engine: engine).outputs.first?.doubleValues
        )
        guard let expected = first else {
          first = output
          continue
        }
        try #require(output.count == expected.count)
        for (left, right) in zip(output, expected) {
          #expect(abs(left - right) <= 1e-4, "\(suffix) \(engine)")
        }
      }
    }
  }
}
