import ByteIO
import ModelIR
import WireFormats

/// The fields of `ModelProto`; graph and functions are not looked into.
struct ModelHeader {
  var irVersion: Int?
  var modelVersion: Int?
  var producerName: Bytes?
  var producerVersion: Bytes?
  var domain: Bytes?
  var docString: Bytes?
  var properties: [(key: Bytes, value: Bytes)] = []
  /// The version of each operator set, by normalised domain.
  var opsets: [String: Int] = [:]
  /// The same in the order of the file.
  var opsetList: [(domain: String, version: Int)] = []
  var graph: ProtobufMessage?
  var functions: [ProtobufField] = []
  var trainingBytes = 0

  init(_ message: ProtobufMessage, book: inout LedgerBook) throws(ReadError) {
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.Model.irVersion: irVersion = try field.int("ir_version")
      case Field.Model.modelVersion: modelVersion = try field.int("model_version")
      case Field.Model.producerName: producerName = try field.bytes("producer_name")
      case Field.Model.producerVersion: producerVersion = try field.bytes("producer_version")
      case Field.Model.domain: domain = try field.bytes("domain")
      case Field.Model.docString: docString = try field.bytes("doc_string")
      case Field.Model.graph:
        guard graph == nil else {
          throw ReadError(.modelInvalid, "the file has two graphs", at: field.range.lowerBound)
        }
        graph = try field.message("graph")
      case Field.Model.opsetImport: try read(operatorSet: try field.message("opset_import"))
      case Field.Model.metadataProps:
        properties.append(try TensorProto.entry(try field.message("metadata_props")))
      case Field.Model.trainingInfo:
        _ = try field.message("training_info")
        book.claim(field.range, as: .optimizerState)
        trainingBytes += field.range.count
      case Field.Model.functions: functions.append(field)
      case Field.Model.configuration: break
      default: book.unknown(field)
      }
      switch field.number {
      case Field.Model.producerName, Field.Model.producerVersion, Field.Model.domain,
        Field.Model.docString, Field.Model.metadataProps, Field.Model.modelVersion:
        book.metadata(field)
      default: break
      }
    }
  }

  private mutating func read(operatorSet message: ProtobufMessage) throws(ReadError) {
    let (domain, version) = try Self.operatorSet(message)
    opsets[domain] = version
    opsetList.append((domain, version))
  }

  /// The domain, normalised, and the version of an operator set.
  static func operatorSet(
    _ message: ProtobufMessage
  ) throws(ReadError) -> (domain: String, version: Int) {
    var domain = ""
    var version = 0
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.OperatorSet.domain: domain = try field.bytes("domain").string
      case Field.OperatorSet.version: version = try field.int("version")
      default: break
      }
    }
    return (normalised(domain: domain), version)
  }

  /// The default domain has two spellings.
  static func normalised(domain: String) -> String { domain == "ai.onnx" ? "" : domain }

  /// What the file says of itself.
  func metadata(limit: Int) -> [MetadataEntry] {
    var entries: [MetadataEntry] = []
    func add(_ name: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      entries.append(MetadataEntry(name, value))
    }
    add("irVersion", irVersion.map { String($0) })
    for opset in opsetList {
      add("opset \(opset.domain.isEmpty ? "ai.onnx" : opset.domain)", String(opset.version))
    }
    add("producer", producerName?.string)
    add("producerVersion", producerVersion?.string)
    add("domain", domain?.string)
    add("modelVersion", modelVersion.map { String($0) })
    add("description", docString?.string)
    for property in properties {
      entries.append(MetadataEntry(property.key.name(limit: limit), property.value.string))
    }
    return entries
  }
}
