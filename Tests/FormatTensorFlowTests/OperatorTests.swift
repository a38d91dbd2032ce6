import ByteIO
import Execution
import FormatTensorFlow
import Foundation
import ModelIR
import Operators
import Testing

/// Small graphs against TensorFlow itself (`Tests/Oracles/tensorflow_ops.py` made them).
@Suite struct OperatorTests {
  /// The archive of graphs, inputs and TensorFlow's outputs.
  static let archive: TensorArchive? = {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/operators.npz").path
    return try? TensorArchive(try ByteSource.mapping(path: path).bytes)
  }()

  /// The arrays of each graph.
  static let cases: [String: [String: Tensor]] = {
    var result: [String: [String: Tensor]] = [:]
    for entry in archive?.entries ?? [] {
      let parts = entry.name.split(separator: "/").map(String.init)
      result[parts[0], default: [:]][parts[1]] = Tensor(entry.array)
    }
    return result
  }()

  /// The bytes of a graph.
  static func graph(_ name: String) throws -> [UInt8] {
    let stored = try #require(cases[name]?["graph"]?.integerValues)
    return stored.map { UInt8($0) }
  }

  @Test func `the fixtures are there`() {
    #expect(Self.cases.count > 230)
  }

  @Test(arguments: Self.cases.keys.sorted())
  func `an operator gives what TensorFlow gives`(_ name: String) throws {
    let arrays = try #require(Self.cases[name])
    let model = try TensorFlowFormat.load(ByteSource(try Self.graph(name)).bytes, path: name)
    #expect(model.graphs.flatMap(\.nodes).filter { !$0.op.isKnown }.map(\.name) == [])
    #expect(model.diagnostics.filter { $0.severity != .note } == [])
    #expect(model.ledger.totals().reduce(0) { $0 + $1.byteCount } == model.ledger.fileBytes)
    #expect(!model.ledger.totals().contains { $0.category == .unattributed })
    var inputs: [Tensor] = []
    for value in model.main.inputs {
      inputs.append(try #require(arrays[model.main[value].name]))
    }
    let outputs = try Interpreter(model).run(inputs: inputs).outputs
    // A graph may leave further results unread; the one that is asked for has its name, or stands in
    // its place where two names mean the same value.
    let names = model.main.outputs.map { model.main[$0].name }
    for index in 0..<arrays.keys.count(where: { $0.hasPrefix("out") }) {
      let place = names.firstIndex(of: "out\(index)") ?? index
      try #require(outputs.indices.contains(place))
      let result = outputs[place]
      let expected = try #require(arrays["out\(index)"])
      #expect(result.type == expected.type)
      #expect(result.sizes == expected.sizes)
      let given = try #require(result.doubleValues)
      let wanted = try #require(expected.doubleValues)
      for (left, right) in zip(given, wanted) {
        let isNear = abs(left - right) <= 1e-5 * max(1, abs(right)) || (left.isNaN && right.isNaN)
        #expect(isNear || left == right, "\(left) for \(right) in out\(index)")
      }
    }
  }
}
