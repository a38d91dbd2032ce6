import Foundation
import ModelIR
import Operators
import TestSupport
import Testing

/// The ONNX standard's own node tests, run by the reference interpreter.
///
/// The list of those that fail is a snapshot with a reason each: it can only get shorter unnoticed by
/// failing here.
@Suite struct NodeConformanceTests {
  /// At least this share of the default domain's cases must pass.
  private static let requiredShare = 0.95

  /// Operators of training and of classical machine learning live in domains of their own.
  private func isDefaultDomain(_ model: Model) -> Bool {
    model.graphs.allSatisfy { graph in
      graph.nodes.allSatisfy { !$0.origin.sourceType.contains(".") }
    }
  }

  @Test(.enabled(if: NodeCase.directory != nil))
  func `the standard's node tests pass but for the listed ones`() throws {
    var lines: [String] = []
    var count = 0
    for nodeCase in try NodeCase.all() {
      if let model = try? nodeCase.loadModel(), !isDefaultDomain(model) { continue }
      count += 1
      if case .failed(let reason) = nodeCase.run() { lines.append("\(nodeCase.name): \(reason)") }
    }
    let share = 1 - Double(lines.count) / Double(max(count, 1))
    print("ONNX node tests: \(count - lines.count) of \(count) pass")
    #expect(share >= Self.requiredShare)
    try expectSnapshot(
      lines.joined(separator: "\n") + "\n",
      named: "onnx-node-failures.txt",
      in: #filePath
    )
  }

  @Test(.enabled(if: NodeCase.directory != nil))
  func `inferred shapes are the stated ones`() throws {
    var lines: [String] = []
    for nodeCase in try NodeCase.all() {
      guard let model = try? nodeCase.loadModel() else { continue }
      if let line = shapeDifference(model) { lines.append("\(nodeCase.name): \(line)") }
    }
    try expectSnapshot(
      lines.joined(separator: "\n") + "\n",
      named: "onnx-shape-differences.txt",
      in: #filePath
    )
  }

  /// Infers from the inputs alone and compares with what the file states of the outputs.
  private func shapeDifference(_ model: Model) -> String? {
    let main = model.main
    // Stating an input's shape again makes inference forget what the file states of the others.
    let shapes = Dictionary(
      main.inputs.map { ($0, main[$0].shape) },
      uniquingKeysWith: { first, _ in first }
    )
    guard !shapes.isEmpty else { return nil }
    let types = GraphInference(inputShapes: shapes).infer(model)[0]
    for output in main.outputs {
      let stated = main[output].shape
      guard stated.isFixed else { continue }
      let inferred = types.types[output.index].shape
      if inferred != stated { return "\(inferred), stated \(stated)" }
    }
    return nil
  }
}
