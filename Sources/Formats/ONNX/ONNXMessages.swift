import ByteIO
import ModelIR
import WireFormats

/// A graph as the file has it: lists of what is in it, not yet looked at.
struct GraphProto {
  var name: Bytes?
  var nodes: [ProtobufMessage] = []
  var initializers: [ProtobufMessage] = []
  var sparseInitializers: [ProtobufMessage] = []
  var inputs: [ProtobufMessage] = []
  var outputs: [ProtobufMessage] = []
  var valueInfos: [ProtobufMessage] = []
  var annotations: [ProtobufMessage] = []

  init(_ message: ProtobufMessage, book: inout LedgerBook) throws(ReadError) {
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.Graph.node: nodes.append(try field.message("node"))
      case Field.Graph.name: name = try book.name(field, "name")
      case Field.Graph.initializer: initializers.append(try field.message("initializer"))
      case Field.Graph.sparseInitializer:
        sparseInitializers.append(try field.message("sparse_initializer"))
      case Field.Graph.input: inputs.append(try field.message("input"))
      case Field.Graph.output: outputs.append(try field.message("output"))
      case Field.Graph.valueInfo: valueInfos.append(try field.message("value_info"))
      case Field.Graph.quantizationAnnotation:
        annotations.append(try field.message("quantization_annotation"))
        book.claim(field.range, as: .quantization)
      case Field.Graph.docString, Field.Graph.metadataProps: book.metadata(field)
      default: book.unknown(field)
      }
    }
  }
}

/// A node as the file has it.
struct NodeProto {
  let range: Range<Int>
  var name: Bytes?
  var opType: Bytes?
  var domain: Bytes?
  var overload: Bytes?
  var inputs: [Bytes] = []
  var outputs: [Bytes] = []
  var attributes: [ProtobufMessage] = []
  /// The modules around the node, as PyTorch's exporter lists them.
  var moduleScopes: Bytes?

  init(_ message: ProtobufMessage, book: inout LedgerBook) throws(ReadError) {
    range = message.range
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.Node.input: inputs.append(try book.name(field, "input"))
      case Field.Node.output: outputs.append(try book.name(field, "output"))
      case Field.Node.name: name = try book.name(field, "name")
      case Field.Node.opType: opType = try field.bytes("op_type")
      case Field.Node.attribute: attributes.append(try field.message("attribute"))
      case Field.Node.domain: domain = try field.bytes("domain")
      case Field.Node.overload: overload = try field.bytes("overload")
      case Field.Node.docString: book.metadata(field)
      case Field.Node.metadataProps:
        book.metadata(field)
        let entry = try TensorProto.entry(try field.message("metadata_props"))
        if entry.key.has("pkg.torch.onnx.name_scopes") { moduleScopes = entry.value }
      case Field.Node.deviceConfigurations: break
      default: book.unknown(field)
      }
    }
  }

  /// The names of the results alone, which are declared before any node is read in full.
  static func outputs(of message: ProtobufMessage) throws(ReadError) -> [Bytes] {
    var outputs: [Bytes] = []
    var fields = message.fields
    while let field = try fields.next() {
      guard field.number == Field.Node.output else { continue }
      outputs.append(try field.bytes("output"))
    }
    return outputs
  }
}

/// An attribute as the file has it.
struct AttributeProto {
  var name: Bytes?
  /// The attribute of the function around it that gives the value.
  var reference: Bytes?
  /// `AttributeProto.AttributeType`; 0 in files that are older than the field.
  var type = 0
  var float: Float?
  var int: Int?
  var string: Bytes?
  var tensor: ProtobufMessage?
  var graph: ProtobufMessage?
  var sparseTensor: ProtobufMessage?
  var typeProto: ProtobufMessage?
  var floats: [Float] = []
  var ints: [Int] = []
  var strings: [Bytes] = []
  var tensors: [ProtobufMessage] = []
  var graphs: [ProtobufMessage] = []
  /// Where the values of `float`, `int`, `floats`, `ints`, `string` and `strings` stand.
  var payloads: [Range<Int>] = []

  init(_ message: ProtobufMessage, book: inout LedgerBook) throws(ReadError) {
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.Attribute.name: name = try book.name(field, "name")
      case Field.Attribute.referenceName: reference = try book.name(field, "ref_attr_name")
      case Field.Attribute.type: type = try field.int("type")
      case Field.Attribute.docString: book.metadata(field)
      case Field.Attribute.tensor: tensor = try field.message("t")
      case Field.Attribute.graph: graph = try field.message("g")
      case Field.Attribute.sparseTensor: sparseTensor = try field.message("sparse_tensor")
      case Field.Attribute.typeProto: typeProto = try field.message("tp")
      case Field.Attribute.tensors: tensors.append(try field.message("tensors"))
      case Field.Attribute.graphs: graphs.append(try field.message("graphs"))
      case Field.Attribute.typeProtos, Field.Attribute.sparseTensors:
        _ = try field.message("type_protos")
      default:
        guard try read(scalars: field) else {
          book.unknown(field)
          continue
        }
      }
    }
  }

  private mutating func read(scalars field: ProtobufField) throws(ReadError) -> Bool {
    switch field.number {
    case Field.Attribute.float: float = try field.float("f")
    case Field.Attribute.int: int = try field.int("i")
    case Field.Attribute.string: string = try field.bytes("s")
    case Field.Attribute.floats: try field.append(to: &floats, "floats")
    case Field.Attribute.ints: try field.append(to: &ints, "ints")
    case Field.Attribute.strings: strings.append(try field.bytes("strings"))
    default: return false
    }
    if case .bytes(let bytes) = field.value {
      extendPayload(bytes.offset..<bytes.endOffset)
    } else {
      extendPayload(field.range)
    }
    return true
  }

  /// Adds a range to the payloads; one that touches the last grows it.
  private mutating func extendPayload(_ range: Range<Int>) {
    guard let last = payloads.last, last.upperBound == range.lowerBound else {
      payloads.append(range)
      return
    }
    payloads[payloads.count - 1] = last.lowerBound..<range.upperBound
  }
}

/// A tensor as the file has it: everything but its values.
struct TensorProto {
  let message: ProtobufMessage
  var name: Bytes?
  var dims: [Int] = []
  var dataType = 0
  /// The number of the field that holds the values, and how many fields of that number there are.
  var dataField: Int?
  var dataFieldCount = 0
  /// The bytes of the last such field.
  var data: Bytes?
  var isExternal = false
  var externalData: [(key: Bytes, value: Bytes)] = []

  init(_ message: ProtobufMessage, book: inout LedgerBook) throws(ReadError) {
    self.message = message
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.Tensor.dims: try field.append(to: &dims, "dims")
      case Field.Tensor.dataType: dataType = try field.int("data_type")
      case Field.Tensor.name: name = try book.name(field, "name")
      case Field.Tensor.rawData, Field.Tensor.floatData, Field.Tensor.doubleData,
        Field.Tensor.int32Data, Field.Tensor.int64Data, Field.Tensor.uint64Data,
        Field.Tensor.stringData:
        try note(data: field)
      case Field.Tensor.docString, Field.Tensor.metadataProps: book.metadata(field)
      case Field.Tensor.externalData:
        externalData.append(try Self.entry(field.message("external_data")))
      case Field.Tensor.dataLocation: isExternal = try field.int("data_location") == 1
      case Field.Tensor.segment:
        throw ReadError(
          .modelUnsupported,
          "tensor \"\(name?.excerpt ?? "")\" is one segment of a larger tensor",
          at: field.range.lowerBound
        )
      default: book.unknown(field)
      }
    }
  }

  private mutating func note(data field: ProtobufField) throws(ReadError) {
    let bytes: Bytes?
    if case .bytes(let payload) = field.value { bytes = payload } else { bytes = nil }
    // Some writers leave an empty field of another kind behind.
    if let bytes, bytes.isEmpty, dataField != nil, field.number != Field.Tensor.stringData {
      return
    }
    if let dataField, dataField != field.number, data?.isEmpty != true {
      throw ReadError(
        .modelInvalid,
        "tensor \"\(name?.excerpt ?? "")\" has its values in field \(dataField) and in field"
          + " \(field.number)",
        at: field.range.lowerBound
      )
    }
    if dataField != field.number { dataFieldCount = 0 }
    dataField = field.number
    dataFieldCount += 1
    data = bytes
  }

  /// A key and a value, both text.
  static func entry(_ message: ProtobufMessage) throws(ReadError) -> (key: Bytes, value: Bytes) {
    var key = try message.bytes.slice(at: 0, count: 0)
    var value = key
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.Entry.key: key = try field.bytes("key")
      case Field.Entry.value: value = try field.bytes("value")
      default: break
      }
    }
    return (key, value)
  }
}

/// A local function as the file has it.
struct FunctionProto {
  let range: Range<Int>
  var name: Bytes?
  var domain: Bytes?
  var overload: Bytes?
  var inputs: [Bytes] = []
  var outputs: [Bytes] = []
  /// Attributes with a default.
  var defaults: [ProtobufMessage] = []
  var nodes: [ProtobufMessage] = []
  var opsets: [ProtobufMessage] = []
  var valueInfos: [ProtobufMessage] = []
  /// Whether some node calls it.
  var isUsed = false

  init(_ field: ProtobufField, book: inout LedgerBook) throws(ReadError) {
    range = field.range
    var fields = try field.message("functions").fields
    while let field = try fields.next() {
      switch field.number {
      case Field.Function.name: name = try book.name(field, "name")
      case Field.Function.domain: domain = try field.bytes("domain")
      case Field.Function.overload: overload = try field.bytes("overload")
      case Field.Function.input: inputs.append(try book.name(field, "input"))
      case Field.Function.output: outputs.append(try book.name(field, "output"))
      case Field.Function.attribute: _ = try book.name(field, "attribute")
      case Field.Function.attributeProto:
        defaults.append(try field.message("attribute_proto"))
      case Field.Function.node: nodes.append(try field.message("node"))
      case Field.Function.opsetImport: opsets.append(try field.message("opset_import"))
      case Field.Function.valueInfo: valueInfos.append(try field.message("value_info"))
      case Field.Function.docString, Field.Function.metadataProps: book.metadata(field)
      default: book.unknown(field)
      }
    }
  }
}
