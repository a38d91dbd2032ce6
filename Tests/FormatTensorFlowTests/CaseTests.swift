import ByteIO
import Execution
import FormatTensorFlow
import ModelIR
import Operators
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

  // TensorFlow's definition of `Case`: an index outside of the branches chooses the last one.
  @Test(arguments: [
    (0, [2, 4, 6, -8]), (1, [-1, -2, -3, 4]), (2, [1, 4, 9, 16]), (7, [1, 4, 9, 16]),
    (-1, [1, 4, 9, 16]),
  ])
  func `the branch of the index is run`(index: Int, expected: [Double]) throws {
    for op in ["Case", "StatelessCase"] {
      let model = try File.load(Self.graph(op))
      #expect(model.graphs.flatMap(\.nodes).filter { !$0.op.isKnown }.map(\.name) == [])
      let choice = Tensor(type: .int32, sizes: [], elements: .integers([Int64(index)]))
      let x = Tensor([2, 2], floats: [1, 2, 3, -4])
      let outputs = try Interpreter(model).run(inputs: [choice, x]).outputs
      #expect(outputs.first?.doubleValues == expected)
    }
  }
}
