import FormatONNX
import FormatTFLite
import Operators
import TestSupport
import Testing

/// The table of operators in the documentation is what the code says.
@Suite struct CoverageTests {
  @Test func `docs coverage lists every operator as it is`() throws {
    try expectSnapshot(page(), named: "../../../docs/coverage.md", in: #filePath)
  }

  /// An operator that a format spells and no catalog has would be reported as unknown.
  @Test func `every lowered operator is in the catalog`() {
    let lowered =
      ONNXFormat.operators.filter { $0.domain.isEmpty }.map(\.canonical)
      + TFLiteFormat.operators.map(\.canonical)
    let missing = Set(lowered).filter { OperatorCatalog.definition(of: $0) == nil }
    // Folded while loading, or about constants only.
    #expect(missing.subtracting(["constant"]).sorted() == [])
  }

  @Test func `names are unique and every operator infers or says that it cannot`() {
    let names = OperatorCatalog.all.map(\.name)
    #expect(Set(names).count == names.count)
  }

  private func page() -> String {
    var lines = [
      "# Operators covered",
      "",
      "Made from the catalog by `make snapshots`. *shapes*: the types of the results are inferred;",
      "*counts*: the arithmetic is counted; *runs*: the reference interpreter evaluates it.",
      "",
      "| operator | TensorFlow Lite | ONNX | shapes | counts | runs |",
      "|---|---|---|---|---|---|",
    ]
    let tflite = Dictionary(grouping: TFLiteFormat.operators, by: \.canonical)
    let onnx = Dictionary(grouping: ONNXFormat.operators, by: \.canonical)
    let sorted = OperatorCatalog.all.sorted { $0.name < $1.name }
    for definition in sorted {
      let spelled = onnx[definition.name, default: []].map {
        $0.domain.isEmpty ? $0.source : "\($0.domain).\($0.source)"
      }
      let cells = [
        "`\(definition.name)`",
        tflite[definition.name, default: []].map(\.source).sorted().joined(separator: " "),
        spelled.sorted().joined(separator: " "),
        definition.inferTypes == nil ? "–" : "yes",
        definition.cost == nil ? "–" : "yes",
        definition.evaluate == nil ? "–" : "yes",
      ]
      lines.append("| " + cells.joined(separator: " | ") + " |")
    }
    let running = sorted.count { $0.evaluate != nil }
    lines.append("")
    lines.append("\(sorted.count) operators; \(running) run.")
    return lines.joined(separator: "\n") + "\n"
  }
}
