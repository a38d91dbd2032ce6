import ByteIO
import ModelIR
import TestSupport
import Testing

@testable import FormatTFLite

@Suite struct SharedModelTests {
  static let names = SharedModels.names(withExtension: "tflite")

  private func load(_ name: String) throws -> Model {
    let path = SharedModels.path(name)
    return try TFLiteFormat.load(try ByteSource.mapping(path: path).bytes, path: path)
  }

  @Test(arguments: names)
  func `operators and parameters are those of the manifest`(name: String) throws {
    let model = try load(name)
    let facts = try SharedModels.facts(name)
    let graph = model.main
    if let operators = facts["ops"] as? [String: Int] {
      let counts = Dictionary(graph.nodes.map { ($0.origin.sourceType, 1) }, uniquingKeysWith: +)
      #expect(counts == operators)
    }
    if let parameters = facts["params"] as? Int {
      // The manifest counts constants that share a buffer once.
      var seen: Set<Int> = []
      let constants = graph.values.filter { value in
        guard let bytes = value.constant?.bytes else { return false }
        return seen.insert(bytes.offset).inserted
      }
      #expect(constants.reduce(0) { $0 + ($1.shape.elementCount ?? 0) } == parameters)
    }
    #expect(graph.nodes.allSatisfy { $0.op.isKnown })
    if let signatures = facts["signatures"] as? [String] {
      #expect(model.signatures.map(\.name) == signatures)
    }
  }

  @Test(arguments: names)
  func `inputs and outputs are those of the manifest`(name: String) throws {
    let model = try load(name)
    let facts = try SharedModels.facts(name)
    for (key, values) in [("inputs", model.main.inputs), ("outputs", model.main.outputs)] {
      guard let stated = facts[key] as? [[Any]] else { continue }
      try #require(stated.count == values.count)
      for (entry, id) in zip(stated, values) {
        let value = model.main[id]
        #expect(value.name == entry[0] as? String)
        let sizes = try #require(entry[1] as? [Int])
        let signature = try #require(entry[2] as? [Int])
        let shape = zip(sizes, signature).map { $1 < 0 ? Dimension.unknown : .fixed($0) }
        #expect(value.shape == .ranked(shape))
        #expect(value.type.rawValue == entry[3] as? String)
        let quantization = try #require(entry[4] as? [Double])
        #expect(value.quantization?.scales.first ?? 0 == Float(quantization[0]))
        #expect(Double(value.quantization?.zeroPoint(0) ?? 0) == quantization[1])
      }
    }
  }

  @Test(.enabled(if: names.contains("tflm/person_detect_int8.tflite")))
  func `an axis outside the shape is a finding`() throws {
    let model = try load("tflm/person_detect_int8.tflite")
    #expect(model.diagnostics.map(\.code) == ["F01 quantization-axis"])
    let biases = model.main.nodes.filter { $0.op.name.hasSuffix("onvolution") }
      .compactMap { $0.inputs[2] }
    let granularities = biases.compactMap { model.main[$0].quantization?.granularity }
    #expect(granularities.allSatisfy { $0 == .perAxis(0) || $0 == .perTensor })
  }

  @Test(arguments: names)
  func `no weight is copied`(name: String) throws {
    let model = try load(name)
    for graph in model.graphs {
      for value in graph.values {
        guard let storage = value.constant else { continue }
        guard case .mapped = storage else {
          Issue.record("\(value.name) is not mapped")
          continue
        }
      }
    }
  }

  @Test(arguments: names)
  func `every byte has a label`(name: String) throws {
    let model = try load(name)
    let totals = model.ledger.totals()
    #expect(totals.reduce(0) { $0 + $1.byteCount } == model.ledger.fileBytes)
    #expect(!totals.contains { $0.category == .unattributed })
    var end = 0
    for entry in model.ledger.entries {
      #expect(entry.offset == end)
      end = entry.offset + entry.byteCount
    }
    #expect(end == model.ledger.fileBytes)
  }
}
