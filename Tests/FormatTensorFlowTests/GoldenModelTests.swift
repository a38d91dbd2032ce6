import ByteIO
import Execution
import FormatTensorFlow
import Foundation
import ModelIR
import Operators
import TestSupport
import Testing

/// Real models against TensorFlow's own outputs.
@Suite struct GoldenModelTests {
  /// A model and the archive with its inputs and outputs.
  struct Golden: CustomTestStringConvertible, Sendable {
    var name: String
    var path: String
    var archive: String
    var prefix = ""
    /// The outputs that the archive numbers, by our names; empty where the names are the model's.
    var outputs: [String] = []

    var testDescription: String { name }
  }

  static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Examples/digits").standardizedFileURL.path

  private static let goldens: [Golden] =
    [
      "digits_cnn_frozen.pb", "digits_cnn_savedmodel", "digits_dscnn_frozen.pb",
      "digits_dscnn_savedmodel",
    ].map {
      Golden(
        name: $0,
        path: examples + "/" + $0,
        archive: examples + "/golden.npz",
        prefix: $0 + "/"
      )
    } + (SharedModels.directory == nil ? [] : shared)

  private static let shared: [Golden] = [
    ("trained/mnist_cnn/mnist_cnn_savedmodel", []), ("trained/mnist_cnn/mnist_cnn_frozen.pb", []),
    ("trained/cifar_dscnn/cifar_dscnn_savedmodel", []),
    ("trained/cifar_dscnn/cifar_dscnn_frozen.pb", []),
    ("mlperf_tiny/kws_dscnn_savedmodel", []), ("graphdef/mtcnn.pb", []),
    ("basic_pitch/basic_pitch_savedmodel", ["onset", "contour", "note"]),
  ].compactMap { name, outputs in
    SharedModels.manifest[name]?.golden.map {
      Golden(
        name: name,
        path: SharedModels.path(name),
        archive: SharedModels.path($0),
        outputs: outputs
      )
    }
  }

  /// Loads a file or a directory.
  static func load(_ path: String, signature: String? = nil) throws -> Model {
    if ByteSource.isDirectory(path) {
      return try TensorFlowFormat.load(
        directory: try DirectoryHandle(path: path),
        path: path,
        signature: signature
      ).model
    }
    return try TensorFlowFormat.load(
      try ByteSource.mapping(path: path).bytes,
      path: path,
      signature: signature
    )
  }

  @Test(arguments: goldens)
  func `a model gives what TensorFlow gives`(_ golden: Golden) throws {
    let archive = try TensorArchive(try ByteSource.mapping(path: golden.archive).bytes)
    func tensor(_ names: [String]) -> Tensor? {
      for name in names {
        if let entry = archive.entries.first(where: { $0.name == golden.prefix + name }) {
          return Tensor(entry.array)
        }
      }
      return nil
    }
    let model = try Self.load(golden.path)
    let call = try ModelCall(model)
    var inputs: [Tensor] = []
    for input in call.inputs {
      var given = try #require(tensor(input.names))
      // The image of mtcnn is stored as bytes.
      if model.main[input.value].type == .float32, let values = given.integerValues {
        given = Tensor(given.sizes, floats: values.map { Float($0) })
      }
      inputs.append(given)
    }
    let results = try call.run(inputs).outputs
    for (index, output) in call.outputs.enumerated() {
      let name = output.names.first ?? ""
      let place = golden.outputs.firstIndex(of: name) ?? index
      let official = try #require(tensor([name, "out\(place)"]))
      #expect(results[index].sizes == official.sizes)
      let given = try #require(results[index].doubleValues)
      let wanted = try #require(official.doubleValues)
      let difference = zip(given, wanted).map { abs($0 - $1) }.max() ?? 0
      let range = (wanted.max() ?? 0) - (wanted.min() ?? 0)
      let scale = max(range, wanted.map { abs($0) }.max() ?? 0)
      print("golden \(golden.name) \(name): \(difference), \(difference / scale) relative")
      #expect(difference <= 1e-4 * scale)
    }
  }
}
