/// Descriptions of ONNX messages; each gives the bytes of one field of the message around it.
///
/// `ONNX.model([.node("Relu", ["x"], ["y"]), .input("x", [1, 3]), .output("y")])` is a file.
package enum ONNX {
  /// A part of a message, already with its tag.
  package typealias Part = ProtobufBuilder

  /// The bytes of a model.
  package static func model(
    irVersion: Int = 8,
    opsets: [(domain: String, version: Int)] = [("", 17)],
    _ graph: [Part],
    more: [Part] = []
  ) -> [UInt8] {
    Part(
      [.int(1, irVersion), .text(2, "tests")]
        + opsets.map { .message(8, [.text(1, $0.domain), .int(2, $0.version)]) }
        + more + [.message(7, [.text(2, "main")] + graph)]
    ).bytes
  }

  /// A node.
  package static func node(
    _ operatorName: String,
    _ inputs: [String],
    _ outputs: [String],
    name: String = "",
    domain: String = "",
    attributes: [Part] = [],
    field: Int = 1
  ) -> Part {
    .message(
      field,
      inputs.map { .text(1, $0) } + outputs.map { .text(2, $0) }
        + (name.isEmpty ? [] : [.text(3, name)]) + [.text(4, operatorName)]
        + (domain.isEmpty ? [] : [.text(7, domain)]) + attributes
    )
  }

  /// An attribute of a node: its name and type, and the fields of its value.
  package static func attribute(_ name: String, type: Int, _ value: [Part], field: Int = 5) -> Part
  {
    .message(field, [.text(1, name)] + value + [.int(20, type)])
  }

  /// An integer attribute.
  package static func int(_ name: String, _ value: Int) -> Part {
    attribute(name, type: 2, [.int(3, value)])
  }

  /// A float attribute.
  package static func float(_ name: String, _ value: Float) -> Part {
    attribute(name, type: 1, [.float(2, value)])
  }

  /// A text attribute.
  package static func string(_ name: String, _ value: String) -> Part {
    attribute(name, type: 3, [.text(4, value)])
  }

  /// A list of integers as attribute.
  package static func ints(_ name: String, _ values: [Int]) -> Part {
    attribute(name, type: 7, values.map { .int(8, $0) })
  }

  /// A list of floats as attribute.
  package static func floats(_ name: String, _ values: [Float]) -> Part {
    attribute(name, type: 6, values.map { .float(7, $0) })
  }

  /// A list of texts as attribute.
  package static func strings(_ name: String, _ values: [String]) -> Part {
    attribute(name, type: 8, values.map { .text(9, $0) })
  }

  /// A graph as attribute.
  package static func graph(_ name: String, _ parts: [Part]) -> Part {
    attribute(name, type: 5, [.message(6, [.text(2, name)] + parts)])
  }

  /// A tensor as attribute.
  package static func tensor(_ name: String, _ parts: [Part]) -> Part {
    attribute(name, type: 4, [.message(5, parts)])
  }

  /// An attribute that takes the value of one of the function around it.
  package static func reference(_ name: String, to other: String, type: Int) -> Part {
    attribute(name, type: type, [.text(21, other)])
  }

  /// An initializer made of the fields of a tensor.
  package static func initializer(_ name: String, _ parts: [Part]) -> Part {
    .message(5, [.text(8, name)] + parts)
  }

  /// A tensor's type and extents.
  package static func extents(_ dims: [Int], type: Int) -> Part {
    Part(dims.map { .int(1, $0) } + [.int(2, type)])
  }

  /// A float initializer with its values in `raw_data`.
  package static func floats(
    initializer name: String,
    _ dims: [Int],
    _ values: [Float]
  ) -> Part {
    initializer(
      name,
      [extents(dims, type: 1), .bytes(9, values.flatMap { Part.littleEndian($0.bitPattern) })]
    )
  }

  /// An initializer of 64-bit integers.
  package static func ints(initializer name: String, _ dims: [Int], _ values: [Int]) -> Part {
    initializer(
      name,
      [extents(dims, type: 7), .bytes(9, values.flatMap { Part.littleEndian(Int64($0)) })]
    )
  }

  /// An extent of a value: known, named or unknown.
  package enum Extent: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    case size(Int)
    case name(String)
    case unknown

    package init(integerLiteral value: Int) { self = .size(value) }
    package init(stringLiteral value: String) { self = .name(value) }
  }

  /// What is known of a value; `shape` `nil` for an unknown rank.
  package static func valueInfo(
    _ field: Int,
    _ name: String,
    _ shape: [Extent]?,
    type: Int = 1
  ) -> Part {
    let dimensions = (shape ?? []).map { extent -> Part in
      switch extent {
      case .size(let size): .message(1, [.int(1, size)])
      case .name(let name): .message(1, [.text(2, name)])
      case .unknown: .message(1, [])
      }
    }
    let shapeParts: [Part] = shape == nil ? [] : [.message(2, dimensions)]
    return .message(
      field,
      [.text(1, name), .message(2, [.message(1, [.int(1, type)] + shapeParts)])]
    )
  }

  /// An input of a graph.
  package static func input(_ name: String, _ shape: [Extent]? = [1, 4], type: Int = 1) -> Part {
    valueInfo(11, name, shape, type: type)
  }

  /// An output of a graph.
  package static func output(_ name: String, _ shape: [Extent]? = nil, type: Int = 1) -> Part {
    valueInfo(12, name, shape, type: type)
  }

  /// External data's keys of a tensor.
  package static func external(_ entries: [(key: String, value: String)]) -> Part {
    Part(
      entries.map { .message(13, [.text(1, $0.key), .text(2, $0.value)]) } + [.int(14, 1)]
    )
  }

  /// A local function.
  package static func function(
    _ name: String,
    domain: String = "local",
    inputs: [String],
    outputs: [String],
    attributes: [String] = [],
    defaults: [Part] = [],
    nodes: [Part]
  ) -> Part {
    .message(
      25,
      [.text(1, name)] + inputs.map { .text(4, $0) } + outputs.map { .text(5, $0) }
        + attributes.map { .text(6, $0) } + defaults + nodes
        + [.message(9, [.text(1, ""), .int(2, 17)]), .text(10, domain)]
    )
  }
}
