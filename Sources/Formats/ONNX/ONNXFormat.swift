import ByteIO
import ModelIR
import WireFormats

/// The ONNX format: is a file one, and what is in it.
package enum ONNXFormat {
  /// Whether the bytes look like an ONNX model: by their structure, never by a file's name.
  ///
  /// The first fields must be those of a `ModelProto` with their wire types, among them a plausible
  /// version and a graph or an operator set. A file that was cut off is still recognised, so that
  /// loading it can say what is missing.
  ///
  /// - Complexity: O(1): at most 64 fields are looked at.
  package static func probe(_ bytes: Bytes) -> Bool {
    var hasVersion = false
    var hasBody = false
    var position = 0
    for _ in 0..<64 {
      guard position < bytes.count else { break }
      guard let (tag, valueStart) = try? bytes.varint(at: position) else { return false }
      switch (tag >> 3, tag & 7) {
      case (1, 0), (5, 0):
        guard let (value, end) = try? bytes.varint(at: valueStart) else { return hasBody }
        if tag >> 3 == 1 {
          guard 1...1_000 ~= value else { return false }
          hasVersion = true
        }
        position = end
      case (2, 2), (3, 2), (4, 2), (6, 2), (7, 2), (8, 2), (14, 2), (20, 2), (25, 2), (26, 2):
        if tag >> 3 == 7 || tag >> 3 == 8 { hasBody = true }
        guard let (length, start) = try? bytes.varint(at: valueStart) else { return hasBody }
        guard let count = try? bytes.count(length, elementSize: 1, from: start, "a field") else {
          // Cut off inside this field.
          return hasVersion && hasBody
        }
        position = start + count
      default:
        return false
      }
    }
    return hasBody && (hasVersion || position == bytes.count)
  }

  /// Reads a model.
  ///
  /// Weights stay where they are: in the mapped file, or in the files that it names.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - path: Its path, whose directory holds external data.
  ///   - options: Limits, and what other files may be opened.
  /// - Returns: The model; its ledger covers the file and the files it names.
  /// - Throws: `ReadError` with the place in the file.
  /// - Complexity: O(n log n) in the size of the structure; weights are not looked at.
  package static func load(
    _ bytes: Bytes,
    path: String,
    options: ONNXLoadOptions = ONNXLoadOptions()
  ) throws(ReadError) -> Model {
    if let refusal = bytes.foreignContent { throw refusal }
    var loader = ONNXLoader(bytes, path: path, options: options)
    return try loader.load()
  }

  /// Every operator that has a meaning here: its domain and name in the file, and the canonical
  /// name; the documentation's coverage table is made from it.
  package static var operators: [(domain: String, source: String, canonical: String)] {
    OperatorTable.rows.flatMap { domain, rows in
      rows.map { (domain: domain, source: $0.source, canonical: $0.target) }
    }
  }
}
