import ByteIO
import FormatKeras
import FormatONNX
import FormatTFLite
import Foundation
import ModelIR
import TestSupport

@testable import Profiling

/// Loads a model of any format.
func loadModel(path: String) throws -> Model {
  let bytes = try ByteSource.mapping(path: path).bytes
  if KerasFormat.probe(bytes) { return try KerasFormat.load(bytes, path: path) }
  return TFLiteFormat.probe(bytes)
    ? try TFLiteFormat.load(bytes, path: path) : try ONNXFormat.load(bytes, path: path)
}

/// The profile of an ONNX file that a test describes.
func profile(
  _ parts: [ONNX.Part],
  fixed: [(name: String, sizes: [Int])] = [],
  batch: Int? = nil,
  threads: Int = 1,
  spare: Bool = false
) throws -> ModelProfile {
  var model = try ONNXFormat.load(ByteSource(ONNX.model(parts)).bytes, path: "test.onnx")
  if spare { model.labelSpareWeights() }
  let dimensions = try OpenDimensions(model.main, fixed: fixed, batch: batch)
  return Profiler(model, dimensions: dimensions).profile(.init(threads: threads))
}

/// What Tests/Oracles/macs.py counted, by the path of the model.
enum Oracle {
  struct Entry: Decodable, Sendable {
    var macs: Int
    var macsByOperator: [String: Int]
    var parameters: Int
    var constantElements: Int
    var inputs: [String: [Int]]
  }

  private struct Document: Decodable {
    var models: [String: Entry]
  }

  static let entries: [String: Entry] = {
    let file = tests.appendingPathComponent("Oracles/macs.json")
    guard let data = try? Data(contentsOf: file),
      let document = try? JSONDecoder().decode(Document.self, from: data)
    else { return [:] }
    return document.models
  }()

  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The models that are there: the example always, others where they are beside the package.
  static let names = entries.keys.filter {
    $0.hasPrefix("digits/") || SharedModels.directory != nil
  }.sorted()

  static func path(_ name: String) -> String {
    name.hasPrefix("digits/")
      ? tests.deletingLastPathComponent().path + "/Examples/" + name : SharedModels.path(name)
  }
}
