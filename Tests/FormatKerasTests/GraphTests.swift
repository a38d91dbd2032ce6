import ByteIO
import Execution
import FormatKeras
import ModelIR
import Operators
import Testing
import WireFormats

/// What a model becomes: names, shared weights, findings.
@Suite struct GraphTests {
  private func codes(_ model: Model) -> [String] { model.diagnostics.map(\.code) }

  @Test func `a lambda is listed, kept in the graph and never run`() throws {
    let code = #""function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}"#
    let model = try Archive.load(
      Archive.keras(
        Archive.sequential([
          Archive.input, Archive.layer("Lambda", "evil", code), Archive.layer("ReLU", "after"),
        ])
      )
    )
    #expect(codes(model) == ["K01 lambda-layer"])
    #expect(model.main.nodes.map(\.op.name) == ["Lambda", "relu"])
    #expect(!model.main.nodes[0].op.isKnown)
    let input = Tensor([1, 4], floats: [1, 2, 3, 4])
    #expect(throws: (any Error).self) { try Interpreter(model).run(inputs: [input]) }
  }

  @Test(arguments: [("os", "system"), ("my.package", "Dense"), ("subprocess", "Popen")])
  func `classes of other packages have no meaning`(_ module: String, _ name: String) throws {
    let model = try Archive.load(
      Archive.keras(
        Archive.sequential([Archive.input, Archive.layer(name, "other", module: module)])
      )
    )
    #expect(codes(model) == ["K02 unknown-layer"])
    #expect(model.main.nodes.map(\.op) == [.unknown(name)])
  }

  @Test func `names are those of the user, whatever is in them`() throws {
    let name = "../../etc/passwd"
    let model = try Archive.load(
      Archive.keras(Archive.sequential([Archive.input, Archive.layer("ReLU", name)]))
    )
    #expect(model.main.nodes.first?.origin.layer == name)
    #expect(model.main.nodes.first?.origin.sourceType == "ReLU")
  }

  @Test(arguments: ["nested_keras", "nested_h5", "k2_nested"])
  func `a shared layer owns its weights once`(_ name: String) throws {
    let model = try KerasFormat.load(try KerasFixtures.model(name), path: name)
    let constants = model.main.values.filter { value in
      guard case .mapped? = value.constant else { return false }
      return true
    }
    #expect(Set(constants.map(\.name)).count == constants.count)
    // Two calls of one model: its first kernel is read twice.
    let kernel = try #require(
      model.main.valueIDs.first { model.main[$0].name.hasPrefix("inner/dense_") }
    )
    #expect(model.main.nodes.count { $0.inputs.contains(kernel) } == 2)
    #expect(model.main.nodes.contains { $0.origin.layer?.hasPrefix("inner/dense_") ?? false })
    #expect(codes(model).isEmpty)
  }

  @Test func `weights stay where they are`() throws {
    for name in ["dense", "dense_softmax_h5", "conv2d_same_1"] {
      let bytes = try KerasFixtures.model(name)
      let model = try KerasFormat.load(bytes, path: name)
      for value in model.main.values where value.isConstant && value.shape.rank != 0 {
        guard case .mapped(let own)? = value.constant else {
          Issue.record("\(value.name) was copied")
          continue
        }
        #expect(own.source === bytes.source)
      }
    }
  }

  @Test func `a file of weights alone has a ledger and no graph`() throws {
    let folder = try KerasFixtures.model("dense")
    let archive = try ZIPArchive(folder)
    let weights = try #require(archive.member("model.weights.h5")).stored.array
    let model = try Archive.load(weights)
    #expect(codes(model) == ["K03 weights-only"])
    #expect(model.main.nodes.isEmpty)
    #expect(KerasFixtures.parameters(model) == 4 * 3 + 3)
    #expect(model.ledger.totals().first { $0.category == .weights }?.byteCount == 60)
  }

  @Test func `a file without weights has a graph with findings`() throws {
    let model = try Archive.load(
      Archive.keras(
        Archive.sequential([Archive.input, Archive.layer("Dense", "d", #""units": 3"#)])
      )
    )
    #expect(codes(model) == ["K07 missing-weights", "K09 option-not-followed"])
  }

  @Test func `files of other formats are not taken for Keras`() {
    #expect(!KerasFormat.probe(ByteSource(Array("PK\u{3}\u{4} and more".utf8)).bytes))
    #expect(!KerasFormat.probe(ByteSource([]).bytes))
    #expect(!KerasFormat.probe(ByteSource(Array("TFL3TFL3".utf8)).bytes))
  }

  @Test func `every layer of the catalog has a name of its own`() {
    let names = KerasFormat.layers
    #expect(Set(names).count == names.count)
    #expect(names.count > 120)
  }
}
