import ByteIO
import Execution
import FormatKeras
import FormatONNX
import FormatTFLite
import Foundation
import ModelIR
import Operators
import TestSupport
import Testing

/// A model, inputs for it, and what the official runtime made of them.
///
/// In the archives `in0`, … are the inputs, `out0`, … the outputs of the runtime's default kernels, and
/// for TensorFlow Lite `ref_out0`, … those of its reference kernels.
struct Golden: CustomTestStringConvertible, Sendable {
  /// How near the outputs must be.
  enum Tolerance: Equatable, Sendable {
    case equal
    /// A share of the range of the official output.
    case ofRange(Double)
    /// Steps of the output, in its own unit.
    case absolute(Double)
  }

  /// The model's name below its folder.
  var name: String
  var modelPath: String
  var archivePath: String
  /// What stands before the arrays' names.
  var prefix = ""

  var testDescription: String { name }

  /// The goldens of the shared models and of the examples.
  static let all: [Golden] = shared + examples

  private static let shared: [Golden] = SharedModels.manifest.keys.sorted().compactMap { name in
    guard isRead(name), let golden = SharedModels.manifest[name]?.golden else { return nil }
    return Golden(
      name: name,
      modelPath: SharedModels.path(name),
      archivePath: SharedModels.path(golden)
    )
  }

  /// The folder of the example models.
  static let examplesFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Examples/digits").standardizedFileURL.path

  private static let examples: [Golden] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: examplesFolder)) ?? []
    return files.filter(isRead).sorted().map { name in
      Golden(
        name: name,
        modelPath: examplesFolder + "/" + name,
        archivePath: examplesFolder + "/golden.npz",
        prefix: name + "/"
      )
    }
  }()

  private static func isRead(_ name: String) -> Bool {
    [".tflite", ".onnx", ".h5", ".keras"].contains { name.hasSuffix($0) }
  }

  // MARK: - Running

  func load() throws -> Model {
    let bytes = try ByteSource.mapping(path: modelPath).bytes
    if name.hasSuffix(".onnx") { return try ONNXFormat.load(bytes, path: modelPath) }
    return name.hasSuffix(".tflite")
      ? try TFLiteFormat.load(bytes, path: modelPath)
      : try KerasFormat.load(bytes, path: modelPath)
  }

  /// One output beside the official one.
  struct Comparison {
    var result: Tensor
    var official: Tensor
  }

  /// Runs the model on the golden's inputs.
  ///
  /// - Parameter engine: With what it is run.
  /// - Returns: Each output beside that of the reference kernels, or of the default ones where the
  ///   runtime has only those.
  /// - Throws: where a file cannot be read or the model not be run.
  func compare(_ engine: ModelCall.Engine = .reference) throws -> [Comparison] {
    let archive = try TensorArchive(try ByteSource.mapping(path: archivePath).bytes)
    let call = try ModelCall(try load())
    func tensor(_ name: String) -> Tensor? {
      archive.entries.first { $0.name == prefix + name }.flatMap { Tensor($0.array) }
    }
    let inputs = call.inputs.indices.compactMap { tensor("in\($0)") }
    let outputs = try call.run(inputs, engine: engine).outputs
    return try outputs.enumerated().map { index, result in
      guard let official = tensor("ref_out\(index)") ?? tensor("out\(index)") else {
        throw MissingArray(name: prefix + "out\(index)")
      }
      return Comparison(result: result, official: official)
    }
  }

  private struct MissingArray: Error {
    var name: String
  }
}

extension Golden.Comparison {
  /// The greatest difference of two elements; `nil` where types or shapes differ or one is NaN.
  var greatestDifference: Double? {
    guard result.type == official.type, result.sizes == official.sizes,
      let left = result.doubleValues, let right = official.doubleValues
    else { return nil }
    let differences = zip(left, right).map { abs($0 - $1) }
    return differences.contains { $0.isNaN } ? nil : differences.max() ?? 0
  }

  /// The distance between the official output's least and greatest element.
  var range: Double {
    guard let values = official.doubleValues, let least = values.min(), let most = values.max()
    else { return 0 }
    return most - least
  }
}
