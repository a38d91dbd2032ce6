import ByteIO
import FormatONNX
import ModelIR
import TestSupport
import Testing

/// Loads a model that is in memory only.
func load(
  _ bytes: [UInt8],
  path: String = "/nonexistent/model.onnx",
  options: ONNXLoadOptions = ONNXLoadOptions()
) throws -> Model {
  try ONNXFormat.load(ByteSource(bytes, name: path).bytes, path: path, options: options)
}

/// Loads a model with one node, whose operands are inputs of the graph unless given.
func lowered(
  _ operatorName: String,
  inputs: [String] = ["x"],
  outputs: [String] = ["y"],
  domain: String = "",
  opset: Int = 17,
  _ attributes: [ONNX.Part] = [],
  more: [ONNX.Part] = []
) throws -> Node {
  let node = ONNX.node(
    operatorName,
    inputs,
    outputs,
    domain: domain,
    attributes: attributes
  )
  let model = try load(
    ONNX.model(
      opsets: [("", opset)] + (domain.isEmpty ? [] : [(domain, 1)]),
      inputs.filter { !$0.isEmpty }.map { ONNX.input($0) } + [node]
        + outputs.map { ONNX.output($0) } + more
    )
  )
  return try #require(model.main.nodes.first)
}

extension Attributes {
  /// The attributes as text, sorted: `axis=1`.
  var described: [String] { all.map { "\($0.name)=\(describe($0.value))" }.sorted() }

  private func describe(_ value: AttributeValue) -> String {
    switch value {
    case .int(let value): "\(value)"
    case .float(let value): "\(Float(value))"
    case .bool(let value): "\(value)"
    case .string(let value): value
    case .ints(let values): "\(values)"
    case .floats(let values): "\(values.map { Float($0) })"
    case .strings(let values): "\(values)"
    case .type(let type): type.rawValue
    case .tensor(let tensor): "\(tensor.type.rawValue)\(tensor.sizes)"
    case .graph(let graph): "graph \(graph.index)"
    case .graphs(let graphs): "graphs \(graphs.map(\.index))"
    case .bytes(let bytes): "\(bytes.count) bytes"
    }
  }
}

extension Model {
  /// The bytes of a category.
  func byteCount(_ category: ByteCategory) -> Int {
    ledger.totals().first { $0.category == category }?.byteCount ?? 0
  }

  /// The value of the main graph with that name.
  func value(_ name: String) throws -> Value {
    try #require(main.values.first { $0.name == name })
  }

  /// The codes of the diagnostics, without their words.
  var codes: [String] { diagnostics.map { String($0.code.prefix(3)) } }
}
