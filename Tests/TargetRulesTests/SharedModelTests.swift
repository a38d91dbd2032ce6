import ByteIO
import FormatKeras
import FormatONNX
import FormatTFLite
import FormatTensorFlow
import Foundation
import ModelIR
import Operators
import Profiling
import TargetRules
import TestSupport
import Testing

/// What targets make of real models: a line each, read by a person once.
@Suite struct SharedModelTests {
  private func model(_ path: String) throws -> Model {
    if ByteSource.isDirectory(path) {
      return try TensorFlowFormat.load(directory: DirectoryHandle(path: path), path: path).0
    }
    let bytes = try ByteSource.mapping(path: path).bytes
    if TFLiteFormat.probe(bytes) { return try TFLiteFormat.load(bytes, path: path) }
    if KerasFormat.probe(bytes) { return try KerasFormat.load(bytes, path: path) }
    if path.hasSuffix(".onnx") { return try ONNXFormat.load(bytes, path: path) }
    return try TensorFlowFormat.load(bytes, path: path)
  }

  /// `tflite-micro: unsupported, 12 of 15, 2 partitions, 64 bytes; type ×3`.
  private func line(_ report: TargetReport) -> String {
    var rules: [String: Int] = [:]
    for finding in report.findings { rules[finding.rule, default: 0] += 1 }
    let total = report.supported + report.unsupported + report.unknown
    let found = rules.sorted { $0.key < $1.key }.map { "\($0.key) ×\($0.value)" }
    return "  \(report.name): \(report.verdict.rawValue), \(report.supported) of \(total)"
      + (report.unknown > 0 ? ", \(report.unknown) unknown" : "")
      + (report.partitions.map { ", \($0) partitions" } ?? "")
      + (report.boundaryBytes.map { ", \($0) bytes" } ?? "")
      + (found.isEmpty ? "" : "; " + found.joined(separator: ", "))
  }

  @Test(.enabled(if: SharedModels.directory != nil))
  func `the verdicts are as they were`() throws {
    let names = SharedModels.manifest.keys.sorted().filter { name in
      ["tflite", "onnx", "h5", "keras", "pb"].contains(where: { name.hasSuffix("." + $0) })
        || name.hasSuffix("savedmodel")
    }
    let library = TargetLibrary()
    let targets = try library.names.map { try library.target(named: $0) }
    var text = ""
    for name in names {
      let model = try model(SharedModels.path(name))
      let profiler = Profiler(model, dimensions: try OpenDimensions(model.main))
      let totals = profiler.profile(.init(readsWeights: false)).totals
      let checkers = try targets.map {
        try TargetChecker(
          $0,
          format: model.format,
          vocabulary: Vocabulary.formats,
          library: library
        )
      }
      text += name + "\n"
      for report in profiler.targetReports(checkers, totals) { text += line(report) + "\n" }
    }
    try expectSnapshot(text, named: "verdicts.txt", in: #filePath)
  }
}
