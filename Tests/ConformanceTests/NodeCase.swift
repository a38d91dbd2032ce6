import ByteIO
import Execution
import Foundation
import FormatONNX
import ModelIR
import Operators
import TestSupport
import WireFormats

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

  /// What the standard's own tools say of the values of a case.
  struct Facts {
    /// Outputs whose shape `onnx.shape_inference` does not find.
    var openOutputs: Set<String> = []
    /// `tensor`, `sequence` or `optional`, by the value's name.
    var kinds: [String: String] = [:]
  }

  /// The facts of each case, by its name.
  static let facts: [String: Facts] = {
    guard let directory,
      let text = try? String(contentsOfFile: directory + "/shapes.jsonl", encoding: .utf8)
    else { return [:] }
    var facts: [String: Facts] = [:]
    for line in text.split(separator: "\n") {
      guard
        let entry = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        let name = entry["name"] as? String,
        let inputs = entry["inputs"] as? [[String: Any]],
        let outputs = entry["outputs"] as? [[String: Any]]
      else { continue }
      for value in inputs + outputs {
        guard let valueName = value["name"] as? String else { continue }
        facts[name, default: Facts()].kinds[valueName] = value["kind"] as? String
      }
      for output in outputs {
        let inferred = output["inferred"] as? [Any]
        guard let outputName = output["name"] as? String,
          inferred?.contains(where: { !($0 is Int) }) ?? true
        else { continue }
        facts[name, default: Facts()].openOutputs.insert(outputName)
      }
    }
    return facts
  }()

  // MARK: - Running

  /// Runs the case on every data set that it has.
  ///
  /// - Parameter engine: With what; the compiled graph where the case can be compiled.
  /// - Returns: Whether all results are the expected ones.
  func run(_ engine: ModelCall.Engine = .reference) -> Outcome {
    do {
      let model = try loadModel()
      for set in try dataSets() {
        let inputs = try zip(set.inputs, model.main.inputs).map { path, value in
          try operand(path, kind: Self.facts[name]?.kinds[model.main[value].name] ?? "tensor")
        }
        let expected = try zip(set.outputs, model.main.outputs).map { path, value in
          try operand(path, kind: Self.facts[name]?.kinds[model.main[value].name] ?? "tensor")
        }
        let results = try self.results(model, inputs, engine)
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

  private func results(
    _ model: Model,
    _ inputs: [Tensor],
    _ engine: ModelCall.Engine
  ) throws -> [Tensor] {
    // Sequences and optionals are no arrays that a call could check.
    let isPlain = inputs.allSatisfy { if case .tensors = $0.elements { false } else { true } }
    guard engine != .reference, isPlain else {
      return try Interpreter(model).run(inputs: inputs).outputs
    }
    return try ModelCall(model).run(inputs, engine: engine).outputs
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

  /// Reads a tensor, a sequence of tensors, or an optional one of them.
  ///
  /// Field numbers: `SequenceProto` (tensor_values 3) and `OptionalProto` (tensor_value 3,
  /// sequence_value 5) of onnx-data.proto.
  private func operand(_ path: String, kind: String) throws -> Tensor {
    let bytes = try ByteSource.mapping(path: path).bytes
    switch kind {
    case "sequence": return try sequence(bytes)
    case "optional":
      var fields = ProtobufMessage(bytes).fields
      while let field = try fields.next() {
        if field.number == 3 { return try tensor(try field.bytes("a tensor")) }
        if field.number == 5 { return try sequence(try field.bytes("a sequence")) }
      }
      return .nothing
    default: return try tensor(bytes)
    }
  }

  private func sequence(_ bytes: Bytes) throws -> Tensor {
    var members: [Tensor] = []
    var fields = ProtobufMessage(bytes).fields
    while let field = try fields.next() {
      if field.number == 3 { members.append(try tensor(try field.bytes("a tensor"))) }
    }
    return Tensor(sequence: members)
  }

  /// Reads a stored tensor by making it the initializer of a model that holds nothing else.
  private func tensor(_ stored: Bytes) throws -> Tensor {
    // The last of two names counts in protobuf, so the one in the file does not matter.
    let named = stored.array + ProtobufBuilder.text(8, "value").bytes
    let bytes = ONNX.model([.bytes(5, named)])
    let model = try ONNXFormat.load(ByteSource(bytes).bytes, path: folder)
    guard let value = model.main.values.first(where: { $0.name == "value" }),
      let storage = value.constant, let sizes = value.shape.sizes,
      let tensor = Tensor(type: value.type, sizes: sizes, storage: storage)
    else { throw UnreadableTensor(path: folder) }
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
    case (.tensors(let left), .tensors(let right)):
      for case (let result?, let expected?) in zip(left, right) {
        if let difference = difference(result, expected) { return difference }
      }
      return left.map { $0 == nil } == right.map { $0 == nil } ? nil : "members"
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
