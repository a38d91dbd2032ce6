import Execution
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

  /// Why a case whose values differ is not a mistake of ours.
  private func reason(_ name: String) -> String {
    let reasons = [
      "test_attention": "the expected numbers were rounded to 16 bits after every step",
      "test_bernoulli": "the expected numbers were drawn by NumPy's generator",
      "test_image_decoder": "codecs of image files are no arithmetic of a network",
      "test_training_dropout": "the expected numbers were drawn by NumPy's generator",
      "test_dft_inverse": "1.9e-7 is expected where 0 is exact, with a tolerance of 1e-7",
    ]
    return reasons.first { name.hasPrefix($0.key) }.map { " (\($0.value))" } ?? ""
  }

  @Test(.enabled(if: NodeCase.directory != nil))
  func `the standard's node tests pass but for the listed ones`() throws {
    try check(.reference, "onnx-node-failures.txt")
  }

  /// What cannot be compiled falls back to the reference by itself; nothing else may differ.
  @Test(.enabled(if: NodeCase.directory != nil))
  func `the compiled graph passes them too`() throws {
    try check(.compiled(threads: 1), "onnx-node-failures-compiled.txt")
  }

  private func check(_ engine: ModelCall.Engine, _ snapshot: String) throws {
    var lines: [String] = []
    var count = 0
    for nodeCase in try NodeCase.all() {
      if let model = try? nodeCase.loadModel(), !isDefaultDomain(model) { continue }
      count += 1
      if case .failed(let what) = nodeCase.run(engine) {
        lines.append("\(nodeCase.name): \(what)\(reason(nodeCase.name))")
      }
    }
    let share = 1 - Double(lines.count) / Double(max(count, 1))
    print("ONNX node tests, \(engine): \(count - lines.count) of \(count) pass")
    #expect(share >= Self.requiredShare)
    try expectSnapshot(
      lines.joined(separator: "\n") + "\n",
      named: snapshot,
      in: #filePath
    )
  }

  /// The shapes that the standard's own inference leaves open may stay open here too.
  ///
  /// They depend on values. What is inferred must never contradict what the file states.
  @Test(.enabled(if: NodeCase.directory != nil))
  func `shapes are inferred wherever they do not depend on values`() throws {
    var lines: [String] = []
    for nodeCase in try NodeCase.all() {
      guard let model = try? nodeCase.loadModel() else { continue }
      lines += shapeDifferences(model, mayBeOpen: NodeCase.facts[nodeCase.name]?.openOutputs ?? [])
        .map {
          "\(nodeCase.name): \($0)"
        }
    }
    try expectSnapshot(
      lines.joined(separator: "\n") + "\n",
      named: "onnx-shape-differences.txt",
      in: #filePath
    )
  }

  /// Infers from the inputs alone and compares with what the file states of the outputs.
  private func shapeDifferences(_ model: Model, mayBeOpen: Set<String>) -> [String] {
    let main = model.main
    // Stating an input's shape again makes inference forget what the file states of the others.
    let shapes = Dictionary(
      main.inputs.map { ($0, main[$0].shape) },
      uniquingKeysWith: { first, _ in first }
    )
    guard !shapes.isEmpty else { return [] }
    let types = GraphInference(inputShapes: shapes).infer(model)[0]
    return main.outputs.compactMap { output in
      let stated = main[output].shape
      guard let sizes = stated.sizes else { return nil }
      let inferred = types.types[output.index].shape
      guard inferred != stated else { return nil }
      let contradicts =
        inferred.dimensions.map { dimensions in
          dimensions.count != sizes.count
            || zip(dimensions, sizes).contains { $0.size != nil && $0.size != $1 }
        } ?? false
      if !contradicts, mayBeOpen.contains(main[output].name) { return nil }
      return "\(main[output].name) is \(inferred), stated \(stated)"
    }
  }
}
