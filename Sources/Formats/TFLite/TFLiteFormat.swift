import ByteIO
import ModelIR
import WireFormats

/// TensorFlow Lite's model files (`.tflite`).
///
/// Layout:
/// 1. A FlatBuffer with the identifier `TFL3`; its root table is the model.
/// 2. The model lists operator codes, subgraphs (tensors, operators, inputs, outputs), buffers,
///    signatures and metadata; all of them refer to each other by index.
/// 3. A tensor's values are in the buffer that it names; buffer 0 is empty and means "no values".
/// 4. Buffers and custom options of large models stand behind the FlatBuffer, by offset and size.
/// 5. A ZIP archive of label files and the like may be appended.
///
/// Source: TensorFlow Lite schema, version 3, as of LiteRT 2.3.
package enum TFLiteFormat {
  /// Whether the bytes begin as a TFLite file does.
  package static func probe(_ bytes: Bytes) -> Bool { bytes.has("TFL3", at: 4) }

  /// Reads a model.
  ///
  /// Constants stay where they are in `bytes`; only text, sparse constants and the structure
  /// take memory.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - path: The path as the user gave it.
  ///   - limits: How much is read before giving up; by default what the file's size justifies.
  /// - Returns: The model, with a ledger entry for each byte of the file.
  /// - Throws: `ReadError` where the bytes cannot be understood.
  /// - Complexity: O(structure); constants are read only where two have the same size.
  package static func load(
    _ bytes: Bytes,
    path: String,
    limits: TFLiteLimits = TFLiteLimits()
  ) throws(ReadError) -> Model {
    guard probe(bytes) else { throw FileRecognition.refusal(of: bytes) }
    let loader = try Loader(bytes, path: path, limits: limits)
    return try loader.load()
  }
}

extension TFLiteFormat {
  /// Every builtin operator that has a meaning here, with the canonical one, by the schema's name.
  package static var operators: [(source: String, canonical: String)] {
    LoweringTable.all.compactMap { lowering in
      lowering.canonical.map { (source: lowering.source, canonical: $0) }
    }
  }
}
