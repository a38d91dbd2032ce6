import FormatTensorFlow
import ModelIR
import TestSupport
import Testing

/// `Case`: one of several functions, chosen by a number.
@Suite struct CaseTests {
  private typealias File = HostileFileTests

  /// Branches: x + x, −x, x · x.
  private static func graph(_ op: String) -> [ProtobufBuilder] {
    func branch(_ name: String, _ body: [ProtobufBuilder], _ result: String) -> ProtobufBuilder {
      File.function(name, ["x"], [body], [("y", result)])
    }
    let branches: ProtobufBuilder = .message(
      1,
      ["double", "negative", "square"].map { .message(9, [.text(1, $0)]) }
    )
    return [
      .message(
        1,
        [
          .text(1, "i"), .text(2, "Placeholder"),
          .message(5, [.text(1, "dtype"), .message(2, [.int(6, 3)])]),
          .message(5, [.text(1, "shape"), .message(2, [.message(7, [])])]),
        ]
      ),
      File.placeholder("x"), File.node("c", op, ["i", "x"], [("branches", branches)]),
      File.node("y", "Identity", ["c:0"]),
      .message(
        2,
        [
          branch("double", File.nodeParts("n", "AddV2", ["x", "x"], []), "n:z:0"),
          branch("negative", File.nodeParts("n", "Neg", ["x"], []), "n:y:0"),
          branch("square", File.nodeParts("n", "Square", ["x"], []), "n:y:0"),
        ]
      ),
      // Versions: from 24 on no axes are a scalar.
      .message(4, [.int(1, 1_000)]),
    ]
  }

  @Test(arguments: ["Case", "StatelessCase"])
  func `branches become graphs in the order of the file`(op: String) throws {
    let model = try File.load(Self.graph(op))
    #expect(model.graphs.flatMap(\.nodes).filter { !$0.op.isKnown }.map(\.name) == [])
    let choices = model.main.nodes.filter { $0.op == .known("stablehloCase") }
    #expect(choices.map(\.origin.sourceType) == [op])
    let branches = model.graphs.dropFirst().map { $0.nodes.map(\.op) }
    #expect(branches == [[.known("add")], [.known("neg")], [.known("square")]])
  }
}
