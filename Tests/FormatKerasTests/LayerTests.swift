import ByteIO
import Execution
import FormatKeras
import Foundation
import ModelIR
import Operators
import Profiling
import Testing
import WireFormats

/// Each layer against Keras' own numbers (`Tests/Oracles/keras_layers.py` made them).
@Suite struct LayerTests {
  /// A small model, inputs for it, and what Keras makes of them.
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var model: Bytes
    var inputs: [Tensor]
    var outputs: [Tensor]
    var parameters: Int

    var testDescription: String { name }
  }

  static let cases: [Case] = (try? KerasFixtures.cases()) ?? []

  @Test func `the fixtures are there`() throws {
    #expect(try KerasFixtures.cases().count > 180)
  }

  @Test(arguments: cases)
  func `a layer gives what Keras gives`(_ test: Case) throws {
    let model = try KerasFormat.load(test.model, path: test.name)
    let unknown = model.main.nodes.filter { !$0.op.isKnown }
    try #require(unknown.isEmpty, "\(unknown.map(\.origin.sourceType)) \(model.diagnostics)")
    let results = try Interpreter(model).run(inputs: test.inputs).outputs
    try #require(results.count == test.outputs.count)
    for (result, expected) in zip(results, test.outputs) {
      #expect(result.sizes == expected.sizes)
      let left = try #require(result.doubleValues)
      let right = try #require(expected.doubleValues)
      try #require(left.count == right.count)
      // Relative to the greatest number of the result: sums of up to some hundred products.
      let scale = max(1, right.map(abs).max() ?? 0)
      let difference = zip(left, right).map { abs($0 - $1) }.max() ?? 0
      #expect(difference <= 1e-5 * scale, "\(left.prefix(8)) for \(right.prefix(8))")
    }
  }

  @Test(arguments: cases)
  func `every byte has one label, and parameters are those that Keras counts`(_ test: Case) throws {
    let model = try KerasFormat.load(test.model, path: test.name)
    #expect(model.ledger.totals().reduce(0) { $0 + $1.byteCount } == test.model.count)
    #expect(model.ledger.entries.reduce(0) { $0 + $1.byteCount } == test.model.count)
    #expect(KerasFixtures.parameters(model) == test.parameters)
  }
}
