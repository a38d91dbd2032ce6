import ByteIO
import ModelIR
import WireFormats

/// TensorFlow's models: SavedModel directories, and files that hold a SavedModel, a MetaGraph or a
/// frozen graph.
///
/// Layout:
/// 1. A SavedModel is a directory: `saved_model.pb`, the checkpoint `variables/variables.index` and
///    `variables/variables.data-…`, `assets/`, and what describes it (`fingerprint.pb`, …).
/// 2. `saved_model.pb` holds MetaGraphs, told apart by tags; `serve` is the one for inference.
/// 3. A MetaGraph holds a graph, its function library, signatures and the saved objects.
/// 4. A frozen graph is a graph alone, its variables made constants.
///
/// Source: TensorFlow 2.21, `core/protobuf/saved_model.proto`, `meta_graph.proto`,
/// `core/framework/graph.proto`.
package enum TensorFlowFormat {
  /// The name of the file that makes a directory a SavedModel.
  package static let savedModelFile = "saved_model.pb"

  /// Whether the bytes look like one of TensorFlow's models, by their structure.
  ///
  /// - Complexity: O(1): at most a few fields are looked at.
  package static func probe(_ bytes: Bytes) -> Bool { FileKind(bytes) != nil }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - path: The path as the user gave it.
  ///   - signature: The signature to show; by default the one for serving.
  ///   - limits: How much it may ask for.
  /// - Returns: The model, with a ledger entry for each byte.
  /// - Throws: `ReadError` where the bytes cannot be understood.
  /// - Complexity: O(n log n) in the size of the structure; weights are not looked at.
  package static func load(
    _ bytes: Bytes,
    path: String,
    signature: String? = nil,
    limits: TensorFlowLimits = TensorFlowLimits()
  ) throws(ReadError) -> Model {
    if let refusal = bytes.foreignContent { throw refusal }
    var loader = TensorFlowLoader(path: path, signature: signature, limits: limits)
    return try loader.load(bytes, directory: nil)
  }

  /// Reads a SavedModel directory.
  ///
  /// - Parameters:
  ///   - directory: The directory.
  ///   - path: The path as the user gave it.
  ///   - signature: The signature to show; by default the one for serving.
  ///   - limits: How much it may ask for.
  /// - Returns: The model, and the bytes of `saved_model.pb`; its ledger covers all files.
  /// - Throws: `ReadError` where the files cannot be understood.
  package static func load(
    directory: DirectoryHandle,
    path: String,
    signature: String? = nil,
    limits: TensorFlowLimits = TensorFlowLimits()
  ) throws(ReadError) -> (model: Model, source: ByteSource) {
    guard let source = try directory.mapping(savedModelFile) else {
      throw ReadError(
        .modelUnsupported,
        "the directory holds no \(savedModelFile)",
        hint: "is it a SavedModel?"
      )
    }
    var loader = TensorFlowLoader(path: path, signature: signature, limits: limits)
    return (try loader.load(source.bytes, directory: directory), source)
  }

  /// Every operator that has a meaning here, by TensorFlow's name, with the canonical one.
  package static var operators: [(source: String, canonical: String)] {
    OperatorTable.rows.map { (source: $0.source, canonical: $0.target) }
  }
}

/// What a file holds.
enum FileKind {
  case savedModel, metaGraph, graph

  /// `nil` where it is none of them.
  init?(_ bytes: Bytes) {
    guard let first = Self.field(bytes, at: 0) else { return nil }
    if first.number == 1, first.isVarint {
      // ONNX begins so, too, and goes on with text.
      guard let second = Self.field(bytes, at: first.end), second.number == 2, !second.isVarint,
        let inner = Self.field(second.content(bytes), at: 0), !inner.isVarint,
        inner.number == 1 || inner.number == 2,
        Self.isMetaInformation(inner, in: second.content(bytes)) || inner.number == 2
      else { return nil }
      self = .savedModel
      return
    }
    guard !first.isVarint else { return nil }
    if first.number == 1, Self.isNode(first.content(bytes)) {
      self = .graph
    } else if first.number == 1, Self.isMetaInformation(first, in: bytes),
      let second = Self.field(bytes, at: first.end), second.number == 2,
      let node = Self.field(second.content(bytes), at: 0), !node.isVarint, node.number == 1,
      Self.isNode(node.content(second.content(bytes)))
    {
      self = .metaGraph
    } else {
      return nil
    }
  }

  /// A field, its content cut off where the file is.
  private struct Field {
    var number: Int
    var isVarint: Bool
    var start: Int
    var end: Int

    func content(_ bytes: Bytes?) -> Bytes? {
      guard let bytes else { return nil }
      let end = min(end, bytes.count)
      return start <= end ? try? bytes.slice(at: start, count: end - start) : nil
    }
  }

  private static func field(_ bytes: Bytes?, at start: Int) -> Field? {
    guard let bytes, start < bytes.count, let (tag, place) = try? bytes.varint(at: start),
      let (value, end) = try? bytes.varint(at: place)
    else { return nil }
    switch tag & 7 {
    case 0: return Field(number: Int(clamping: tag >> 3), isVarint: true, start: place, end: end)
    case 2:
      guard let length = Int(exactly: value), length <= Int.max - end else { return nil }
      return Field(number: Int(clamping: tag >> 3), isVarint: false, start: end, end: end + length)
    default: return nil
    }
  }

  /// Whether it has a name and an operator's name.
  private static func isNode(_ bytes: Bytes?) -> Bool {
    guard let name = field(bytes, at: 0), name.number == 1, !name.isVarint,
      let op = field(bytes, at: name.end), op.number == 2, !op.isVarint,
      let text = op.content(bytes), (1...128).contains(text.count)
    else { return false }
    return text.withUnsafeBytes { letters in
      letters.allSatisfy {
        ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x61 && $0 <= 0x7A)
          || $0 == 0x5F || $0 == 0x3E || $0 == 0x2E
      }
    }
  }

  /// Whether a field is a MetaGraph's description: a version, a list of operators, tags.
  private static func isMetaInformation(_ field: Field, in bytes: Bytes?) -> Bool {
    guard field.number == 1, let content = field.content(bytes) else { return false }
    var position = 0
    var isKnown = false
    for _ in 0..<8 {
      guard let part = Self.field(content, at: position) else { break }
      guard (1...7).contains(part.number) else { return false }
      if part.number == 2 || part.number == 4 || part.number == 5 { isKnown = true }
      position = part.end
    }
    return isKnown
  }
}
