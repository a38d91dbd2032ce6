import ByteIO
import FormatONNX
import ModelIR
import TestSupport
import Testing

/// Real models against what `onnx` and the exporters say of them (the manifest).
@Suite struct SharedModelTests {
  private func load(_ path: String) throws -> Model {
    let directory = try #require(SharedModels.directory)
    let full = directory + "/" + path
    return try ONNXFormat.load(try ByteSource.mapping(path: full).bytes, path: full)
  }

  @Test(arguments: SharedModels.paths(".onnx"))
  func `a real model loads, and every byte has a label`(path: String) throws {
    let model = try load(path)
    #expect(model.ledger.files.count == 1)
    let totals = model.ledger.totals()
    #expect(totals.reduce(0) { $0 + $1.byteCount } == model.ledger.fileBytes)
    if let byteCount = SharedModels.manifest[path]?.byteCount {
      #expect(model.ledger.fileBytes == byteCount)
    }
    #expect(!totals.contains { $0.category == .unattributed })
    #expect(!totals.contains { $0.category == .padding })
    #expect(!model.main.nodes.contains { !$0.op.isKnown })
  }

  @Test(arguments: SharedModels.paths(".onnx"))
  func `nodes, parameters, inputs and outputs are those of the manifest`(path: String) throws {
    let facts = try #require(SharedModels.manifest[path])
    let model = try load(path)
    let main = model.main
    if let operators = facts.operators {
      var counts: [String: Int] = [:]
      for node in main.nodes { counts[node.origin.sourceType, default: 0] += 1 }
      #expect(counts == operators)
    }
    if let parameters = facts.parameters {
      let constants = main.values.filter(\.isConstant)
      #expect(constants.reduce(0) { $0 + ($1.shape.elementCount ?? 0) } == parameters)
    }
    func described(_ values: [ValueID]) -> [SharedModels.Facts.Tensor] {
      values.map { id in
        .init(name: main[id].name, extents: (main[id].shape.dimensions ?? []).map(\.size))
      }
    }
    if let inputs = facts.inputs { #expect(described(main.inputs) == inputs) }
    if let outputs = facts.outputs {
      #expect(described(main.outputs).map(\.name) == outputs.map(\.name))
    }
  }

  @Test(arguments: SharedModels.paths(".onnx"))
  func `weights take the bytes of their elements`(path: String) throws {
    let model = try load(path)
    var claimed = 0
    for entry in model.ledger.entries where entry.category == .weights {
      claimed += entry.byteCount
    }
    let stored = model.graphs.flatMap(\.values).compactMap { $0.constant?.fileByteCount }
    let attributes = model.graphs.flatMap(\.nodes).flatMap(\.attributes.all).map { attribute in
      guard case .tensor(let tensor) = attribute.value else { return 0 }
      return tensor.storage.fileByteCount ?? 0
    }
    #expect(claimed == stored.reduce(0, +) + attributes.reduce(0, +))
  }

  /// Nodes, initializers and their elements, counted with the Python package onnx 1.23.2.
  private static let counts: [(path: String, nodes: Int, constants: Int, elements: Int)] = [
    ("basic_pitch/basic_pitch.onnx", 248, 102, 36037),
    ("onnx/light_resnet50.onnx", 415, 269, 2194),
    ("onnx/magika_standard_v3_3.onnx", 95, 36, 784519),
    ("onnx/mnist_vit.onnx", 370, 77, 105455),
    ("onnx/rfb320_simplified.onnx", 110, 112, 273912),
    ("onnx/yunet_n_dynamic.onnx", 163, 146, 73873),
    ("trained/cifar_dscnn/cifar_dscnn.onnx", 54, 42, 158702),
    ("trained/cifar_dscnn/cifar_dscnn_dynamic_int8.onnx", 134, 82, 158766),
    ("trained/cifar_dscnn/cifar_dscnn_qdq_int8.onnx", 156, 194, 164650),
    ("trained/mnist_cnn/mnist_cnn.onnx", 15, 9, 54421),
    ("trained/mnist_cnn/mnist_cnn_dynamic_int8.onnx", 25, 14, 54429),
    ("trained/mnist_cnn/mnist_cnn_qdq_int8.onnx", 34, 27, 54581),
  ]

  @Test(arguments: counts.filter { SharedModels.manifest[$0.path] != nil })
  func `counts are those of the onnx package`(
    path: String,
    nodes: Int,
    constants: Int,
    elements: Int
  ) throws {
    let main = try load(path).main
    #expect(main.nodes.count == nodes)
    let found = main.values.filter(\.isConstant)
    #expect(found.count == constants)
    #expect(found.reduce(0) { $0 + ($1.shape.elementCount ?? 0) } == elements)
  }
}
