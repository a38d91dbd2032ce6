import ByteIO
import Execution
import Foundation
import FormatONNX
import ModelIR
import Operators
import TestSupport

/// One node test of the ONNX standard, as `Tests/Oracles/onnx_export.py` writes it: a model, operands
/// and the results that the standard expects.
struct NodeCase {
  /// What came of a case.
  enum Outcome: Equatable {
    case passed
    /// The reason in a few words, without numbers that change from run to run.
    case failed(String)
  }

  let name: String
  private let folder: String
  private let relative: Double
  private let absolute: Double

  /// The folder with the cases; `nil` where nobody made it.
  static let directory: String? = {
    let made = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../.build-oracles/onnx-cases").standardizedFileURL.path
    let path = ProcessInfo.processInfo.environment["ANALYZE_ONNX_CASES"] ?? made
    guard FileManager.default.fileExists(atPath: path + "/tolerances.json") else {
      print(
        """
        *** SKIPPED: the ONNX standard's node tests. \(path) does not exist; \
        `make oracles` makes it (it needs PyPI).
        """
      )
      return nil
    }
    return path
  }()

  /// All cases, sorted by name.
  static func all() throws -> [NodeCase] {
    guard let directory,
      let data = FileManager.default.contents(atPath: directory + "/tolerances.json"),
      let tolerances = try JSONSerialization.jsonObject(with: data) as? [String: [String: Double]]
    else { return [] }
    return tolerances.keys.sorted().map { name in
      NodeCase(
        name: name,
        folder: directory + "/" + name,
        relative: tolerances[name]?["relative"] ?? 1e-3,
        absolute: tolerances[name]?["absolute"] ?? 1e-7
      )
    }
  }

  // MARK: - Running

  /// Runs the case on every data set that it has.
  func run() -> Outcome {
    do {
      let model = try loadModel()
      for set in try dataSets() {
        let inputs = try set.inputs.map(tensor)
        let expected = try set.outputs.map(tensor)
        let results = try Interpreter(model).run(inputs: inputs).outputs
        guard results.count == expected.count else { return .failed("number of results") }
        for (result, reference) in zip(results, expected) {
          if let difference = difference(result, reference) { return .failed(difference) }
        }
      }
      return .passed
    } catch let error as ExecutionError {
      return .failed(error.message)
    } catch let error as ReadError {
      return .failed(error.message)
    } catch {
      return .failed("\(error)")
    }
  }

  /// The operators of the case that belong to another domain than the standard's default one.
  func loadModel() throws -> Model {
    let source = try ByteSource.mapping(path: folder + "/model.onnx")
    return try ONNXFormat.load(source.bytes, path: folder + "/model.onnx")
  }

  private struct DataSet {
    var inputs: [String]
    var outputs: [String]
  }

  private func dataSets() throws -> [DataSet] {
    let manager = FileManager.default
    let sets = try manager.contentsOfDirectory(atPath: folder)
      .filter { $0.hasPrefix("test_data_set_") }.sorted()
    return try sets.map { set in
      let files = try manager.contentsOfDirectory(atPath: "\(folder)/\(set)")
      func numbered(_ kind: String) -> [String] {
        (0..<files.count).map { "\(kind)_\($0).pb" }.filter(files.contains)
          .map { "\(folder)/\(set)/\($0)" }
      }
      return DataSet(inputs: numbered("input"), outputs: numbered("output"))
    }
  }

  /// Reads a stored tensor by making it the initializer of a model that holds nothing else.
  private func tensor(_ path: String) throws -> Tensor {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    // The last of two names counts in protobuf, so the one in the file does not matter.
    let named = Array(data) + ProtobufBuilder.text(8, "value").bytes
    let bytes = ONNX.model([.bytes(5, named)])
    let model = try ONNXFormat.load(ByteSource(bytes).bytes, path: path)
    guard let value = model.main.values.first(where: { $0.name == "value" }),
      let storage = value.constant, let sizes = value.shape.sizes,
      let tensor = Tensor(type: value.type, sizes: sizes, storage: storage)
    else { throw UnreadableTensor(path: path) }
    return tensor
  }

  private struct UnreadableTensor: Error, CustomStringConvertible {
    var path: String
    var description: String { "not a tensor" }
  }

  // MARK: - Comparing

  /// NumPy's `assert_allclose`, as the standard's own runner uses it.
  private func difference(_ result: Tensor, _ expected: Tensor) -> String? {
    guard result.type == expected.type else {
      return "type \(result.type.rawValue), expected \(expected.type.rawValue)"
    }
    guard result.sizes == expected.sizes else {
      return "shape \(result.sizes), expected \(expected.sizes)"
    }
    switch (result.elements, expected.elements) {
    case (.strings(let left), .strings(let right)): return left == right ? nil : "values"
    case (.integers(let left), .integers(let right)): return left == right ? nil : "values"
    case (.booleans(let left), .booleans(let right)): return left == right ? nil : "values"
    default:
      guard let left = result.doubleValues, let right = expected.doubleValues else {
        return "kind of values"
      }
      let agree = zip(left, right).allSatisfy { a, b in
        if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
        if a == b { return true }
        return abs(a - b) <= absolute + relative * abs(b)
      }
      return agree ? nil : "values"
    }
  }
}
