import ByteIO
import ModelIR
import WireFormats

/// A `MetaGraphDef`: a graph with ways to call it.
///
/// Fields: 1 meta_info_def (4 tags, 5 tensorflow_version), 2 graph_def, 3 saver_def, 4
/// collection_def, 5 signature_def (a map), 6 asset_file_def (2 filename), 7 object_graph_def. A
/// `SavedModel` has 1 schema version and 2 meta_graphs. Source: TensorFlow,
/// `core/protobuf/saved_model.proto`, `meta_graph.proto`.
struct MetaGraphMessage: Sendable {
  var tags: [String] = []
  var version: String?
  var graph: ProtobufMessage?
  var signatures: [SignatureMessage] = []
  var assets: [String] = []
  var range: Range<Int>
  /// Ranges that describe and do not compute.
  var metadataRanges: [Range<Int>] = []

  init(_ message: ProtobufMessage) throws(ReadError) {
    range = message.range
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case 1:
        metadataRanges.append(field.range)
        try readInformation(try field.message("meta_info_def"))
      case 2: graph = try field.message("graph_def")
      case 5:
        let (key, value) = try mapEntry(field, "signature_def")
        metadataRanges.append(field.range)
        signatures.removeAll { $0.name == key }
        signatures.append(
          try located("signature_def[\(key)]") { () throws(ReadError) in
            try SignatureMessage(key, value)
          }
        )
      case 6:
        metadataRanges.append(field.range)
        var parts = try field.message("asset_file_def").fields
        while let part = try parts.next() {
          if part.number == 2 { assets.append(try part.bytes("filename").string) }
        }
      case 3, 4, 7: metadataRanges.append(field.range)
      default: break
      }
    }
    signatures.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private mutating func readInformation(_ message: ProtobufMessage) throws(ReadError) {
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case 4: tags.append(try field.bytes("tags").string)
      case 5: version = try field.bytes("tensorflow_version").string
      default: break
      }
    }
  }
}

/// A `SignatureDef`: 1 inputs, 2 outputs (maps from names to `TensorInfo`: 1 name, 2 dtype,
/// 3 tensor_shape), 3 method_name.
struct SignatureMessage: Sendable {
  struct Parameter: Sendable {
    var name: String
    /// `node:port`; empty for sparse and composite tensors.
    var tensor = ""
    var type = 0
    var shape: ProtobufMessage?
  }

  var name: String
  var inputs: [Parameter] = []
  var outputs: [Parameter] = []

  init(_ name: String, _ message: ProtobufMessage) throws(ReadError) {
    self.name = name
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case 1: inputs.append(try Self.parameter(field))
      case 2: outputs.append(try Self.parameter(field))
      default: break
      }
    }
    // A map has no order of its own.
    inputs.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    outputs.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private static func parameter(_ field: ProtobufField) throws(ReadError) -> Parameter {
    let (key, value) = try mapEntry(field, "a parameter")
    var result = Parameter(name: key)
    var fields = value.fields
    while let part = try fields.next() {
      switch part.number {
      case 1: result.tensor = try part.bytes("name").string
      case 2: result.type = try part.int("dtype")
      case 3: result.shape = try part.message("tensor_shape")
      default: break
      }
    }
    return result
  }
}

/// Reads a `TensorShapeProto`: 2 dim (1 size, −1 for open), 3 unknown_rank.
func readShape(_ message: ProtobufMessage, limit: Int) throws(ReadError) -> Shape {
  var dimensions: [Dimension] = []
  var fields = message.fields
  while let field = try fields.next() {
    switch field.number {
    case 2:
      var size = 0
      var parts = try field.message("dim").fields
      while let part = try parts.next() {
        if part.number == 1 { size = try part.int("size") }
      }
      guard size >= -1 else {
        throw ReadError(
          .modelInvalid,
          "a tensor has the extent \(size)",
          at: field.range.lowerBound
        )
      }
      guard dimensions.count < limit else {
        throw ReadError(
          .limitExceeded,
          "a tensor has more than \(limit) axes",
          at: field.range.lowerBound
        )
      }
      dimensions.append(size < 0 ? .unknown : .fixed(size))
    case 3:
      if try field.uint64("unknown_rank") != 0 { return .unknownRank }
    default: break
    }
  }
  return .ranked(dimensions)
}
