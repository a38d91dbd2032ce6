import ByteIO
import WireFormats

/// One node of a graph or a function, as the file has it.
///
/// Fields of `NodeDef`: 1 name, 2 op, 3 input (repeated; `^name` orders only), 4 device, 5 attr (a
/// map). Source: TensorFlow, `core/framework/node_def.proto`.
struct SourceNode: Sendable {
  var name = ""
  var op = ""
  /// What it reads: `node`, `node:port`, in functions `node:result:index`, or an argument's name.
  var inputs: [String] = []
  /// What runs before it.
  var controls: [String] = []
  var attributes: [(name: String, value: ProtobufMessage)] = []
  /// Where it stands in the file.
  var range: Range<Int>
  /// Where its name stands.
  var nameRange: Range<Int> = 0..<0

  init(_ message: ProtobufMessage) throws(ReadError) {
    range = message.range
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case 1:
        let bytes = try field.bytes("name")
        name = bytes.string
        nameRange = bytes.offset..<bytes.endOffset
      case 2: op = try field.bytes("op").string
      case 3:
        let text = try field.bytes("input").string
        if text.hasPrefix("^") {
          controls.append(String(text.dropFirst()))
        } else {
          inputs.append(text)
        }
      case 5:
        let (key, value) = try mapEntry(field, "attr")
        // A map's key that stands twice: the last one counts.
        attributes.removeAll { $0.name == key }
        guard attributes.count < 256 else {
          throw ReadError(
            .limitExceeded,
            "a node has more than 256 attributes",
            at: range.lowerBound
          )
        }
        attributes.append((key, value))
      default: break
      }
    }
  }

  /// The attribute's value.
  func attribute(_ name: String) throws(ReadError) -> AttributeMessage? {
    guard let message = attributes.first(where: { $0.name == name })?.value else { return nil }
    return try located("attr[\(name)]") { () throws(ReadError) in try AttributeMessage(message) }
  }
}

/// Reads an entry of a map from text to messages: 1 key, 2 value.
func mapEntry(
  _ field: ProtobufField,
  _ what: StaticString
) throws(ReadError) -> (key: String, value: ProtobufMessage) {
  let entry = try field.message(what)
  var key = ""
  var value: ProtobufMessage?
  var fields = entry.fields
  while let part = try fields.next() {
    switch part.number {
    case 1: key = try part.bytes("key").string
    case 2: value = try part.message("value")
    default: break
    }
  }
  guard let value else {
    // A value that is left out is an empty message.
    return (key, ProtobufMessage(try entry.bytes.slice(at: 0, count: 0)))
  }
  return (key, value)
}

/// A value of an attribute.
///
/// Fields of `AttrValue`: 1 list, 2 s, 3 i, 4 f, 5 b, 6 type, 7 shape, 8 tensor, 10 func; of its list
/// 2 s, 3 i, 4 f, 5 b, 6 type, 9 func. Source: TensorFlow, `core/framework/attr_value.proto`.
struct AttributeMessage: Sendable {
  var int: Int?
  var float: Float?
  var bool: Bool?
  var type: Int?
  var text: Bytes?
  var shape: ProtobufMessage?
  var tensor: ProtobufMessage?
  var function: String?
  var isList = false
  var ints: [Int] = []
  var floats: [Float] = []
  var types: [Int] = []
  var texts: [Bytes] = []
  var functions: [String] = []

  init(_ message: ProtobufMessage) throws(ReadError) {
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case 1:
        isList = true
        try readList(try field.message("list"))
      case 2: text = try field.bytes("s")
      case 3: int = try field.int("i")
      case 4: float = try field.float("f")
      case 5: bool = try field.uint64("b") != 0
      case 6: type = try field.int("type")
      case 7: shape = try field.message("shape")
      case 8: tensor = try field.message("tensor")
      case 10: function = try Self.functionName(try field.message("func"))
      default: break
      }
    }
  }

  private mutating func readList(_ message: ProtobufMessage) throws(ReadError) {
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case 2: texts.append(try field.bytes("s"))
      case 3: try field.append(to: &ints, "i")
      case 4: try field.append(to: &floats, "f")
      case 6: try field.append(to: &types, "type")
      case 9: functions.append(try Self.functionName(try field.message("func")))
      default: break
      }
    }
  }

  private static func functionName(_ message: ProtobufMessage) throws(ReadError) -> String {
    var fields = message.fields
    while let field = try fields.next() {
      if field.number == 1 { return try field.bytes("name").string }
    }
    return ""
  }
}

/// A graph or a function: its nodes by name.
struct SourceBody: Sendable {
  /// The function's name; empty for the graph itself.
  var name = ""
  var nodes: [SourceNode] = []
  var indices: [String: Int] = [:]
  /// The function's arguments, in order.
  var arguments: [(name: String, type: Int)] = []
  /// The function's results, in order, each with what it reads.
  var results: [(name: String, source: String)] = []

  mutating func append(_ node: SourceNode) throws(ReadError) {
    guard indices.updateValue(nodes.count, forKey: node.name) == nil else {
      throw ReadError(
        .modelInvalid,
        "two nodes have the name \"\(node.name.prefix(128))\"",
        at: node.range.lowerBound
      )
    }
    nodes.append(node)
  }

  /// The place of a result.
  func result(_ name: String) -> Int? { results.firstIndex { $0.name == name } }
}

/// A function of the library, read when it is first called.
///
/// Fields of `FunctionDef`: 1 signature (`OpDef`: 1 name, 2 input_arg, 3 output_arg; an argument has
/// 1 name, 3 type), 3 node_def, 4 ret (a map from result to what it reads). Source: TensorFlow,
/// `core/framework/function.proto`, `op_def.proto`.
struct SourceFunction: Sendable {
  var name = ""
  var message: ProtobufMessage
  /// How many nodes of each operator it has: what can be known without reading them.
  private(set) var operators: [String: Int] = [:]
  /// The number of its body once it has been read.
  var body: Int?

  init(_ message: ProtobufMessage) throws(ReadError) {
    self.message = message
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case 1:
        var parts = try field.message("signature").fields
        while let part = try parts.next() {
          if part.number == 1 { name = try part.bytes("name").string }
        }
      case 3:
        var parts = try field.message("node_def").fields
        while let part = try parts.next() {
          if part.number == 2 { operators[try part.bytes("op").string, default: 0] += 1 }
        }
      default: break
      }
    }
  }

  /// Reads the whole function.
  func read() throws(ReadError) -> SourceBody {
    var body = SourceBody()
    body.name = name
    var outputs: [String] = []
    var returns: [String: String] = [:]
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case 1:
        var parts = try field.message("signature").fields
        while let part = try parts.next() {
          switch part.number {
          case 2: body.arguments.append(try Self.argument(try part.message("input_arg")))
          case 3: outputs.append(try Self.argument(try part.message("output_arg")).name)
          default: break
          }
        }
      case 3:
        try located("node_def[\(body.nodes.count)]") { () throws(ReadError) in
          try body.append(try SourceNode(try field.message("node_def")))
        }
      case 4:
        var key = ""
        var value = ""
        var parts = try field.message("ret").fields
        while let part = try parts.next() {
          switch part.number {
          case 1: key = try part.bytes("key").string
          case 2: value = try part.bytes("value").string
          default: break
          }
        }
        returns[key] = value
      default: break
      }
    }
    for output in outputs {
      guard let source = returns[output] else {
        throw ReadError(
          .modelInvalid,
          "nothing gives the result \"\(output.prefix(128))\"",
          at: message.bytes.offset
        )
      }
      body.results.append((output, source))
    }
    return body
  }

  private static func argument(
    _ message: ProtobufMessage
  ) throws(ReadError) -> (name: String, type: Int) {
    var name = ""
    var type = 0
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case 1: name = try field.bytes("name").string
      case 3: type = try field.int("type")
      default: break
      }
    }
    return (name, type)
  }
}

/// A `GraphDef`: 1 node, 2 library (1 function, 2 gradient), 4 versions (1 producer).
///
/// Source: TensorFlow, `core/framework/graph.proto`.
struct GraphMessage: Sendable {
  var body = SourceBody()
  var functions: [SourceFunction] = []
  var functionIndices: [String: Int] = [:]
  /// The version of the program that wrote it; 0 where the file does not tell.
  var producer = 0
  /// Where versions and debugging notes stand.
  var metadataRanges: [Range<Int>] = []
  var range: Range<Int>

  init(_ message: ProtobufMessage) throws(ReadError) {
    range = message.range
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case 1:
        let index = body.nodes.count
        try located("node[\(index)]") { () throws(ReadError) in
          try body.append(try SourceNode(try field.message("node")))
        }
      case 2: try readLibrary(try field.message("library"))
      case 4:
        metadataRanges.append(field.range)
        var parts = try field.message("versions").fields
        while let part = try parts.next() {
          if part.number == 1 { producer = try part.int("producer") }
        }
      case 3, 5: metadataRanges.append(field.range)
      default: break
      }
    }
  }

  private mutating func readLibrary(_ message: ProtobufMessage) throws(ReadError) {
    var fields = message.fields
    while let field = try fields.next() {
      guard field.number == 1 else { continue }
      let function = try located("library.function[\(functions.count)]") {
        () throws(ReadError) in try SourceFunction(try field.message("function"))
      }
      guard functionIndices.updateValue(functions.count, forKey: function.name) == nil else {
        throw ReadError(
          .modelInvalid,
          "two functions have the name \"\(function.name.prefix(128))\"",
          at: field.range.lowerBound
        )
      }
      functions.append(function)
    }
  }
}
