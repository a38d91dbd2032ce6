import ByteIO
import FormatONNX
import FormatTFLite
import ModelIR

/// Finds out which format a file has and loads it.
enum ModelLoader {
  /// A format: how it is recognised and read.
  private struct Format {
    var probe: @Sendable (Bytes) -> Bool
    var load: @Sendable (Bytes, String) throws(ReadError) -> Model
  }

  /// One line a format; the first that recognises the bytes reads them.
  private static let catalog: [Format] = [
    Format(
      probe: { TFLiteFormat.probe($0) },
      load: { (bytes, path) throws(ReadError) in try TFLiteFormat.load(bytes, path: path) }
    ),
    Format(
      probe: { ONNXFormat.probe($0) },
      load: { (bytes, path) throws(ReadError) in try ONNXFormat.load(bytes, path: path) }
    ),
  ]

  /// Loads a model.
  ///
  /// - Parameter path: The file; its name says nothing about its format.
  /// - Returns: The model and the bytes that it was read from.
  /// - Throws: A failure that names the file.
  static func load(_ path: String) throws(CommandFailure) -> (model: Model, source: ByteSource) {
    do throws(ReadError) {
      let source = try ByteSource.mapping(path: path)
      if let format = catalog.first(where: { $0.probe(source.bytes) }) {
        return (try format.load(source.bytes, path), source)
      }
      throw FileKind.refusal(of: source.bytes)
    } catch {
      throw CommandFailure(error, path: path)
    }
  }
}

/// What a file is that is no model: the commonest mistakes have names.
enum FileKind {
  /// The error for bytes that no format recognises.
  static func refusal(of bytes: Bytes) -> ReadError {
    func unsupported(_ what: String, _ hint: String) -> ReadError {
      ReadError(.modelUnsupported, what, hint: hint)
    }
    guard !bytes.isEmpty else {
      return ReadError(.modelTruncated, "the file is empty", hint: "is the download complete?")
    }
    if bytes.has("version https://git-lfs") {
      return unsupported("this is a Git LFS pointer, not a model", "run `git lfs pull`")
    }
    if startsLikeMarkup(bytes) {
      return unsupported(
        "this is a web page, not a model",
        "was the link to a page instead of the file?"
      )
    }
    if bytes.has("\u{1F}") && (try? bytes.uint8(at: 1)) == 0x8B {
      return unsupported("this is gzip-compressed data", "decompress it first (`gunzip`)")
    }
    if bytes.has("PK") {
      return unsupported("this is a ZIP archive of no known model", "unpack it")
    }
    if bytes.has("GGUF") {
      return unsupported("GGUF models are not read", "see README.md for the formats")
    }
    if bytes.has("\u{89}") || (try? bytes.uint8(at: 0)) == 0x89, bytes.has("HDF", at: 1) {
      return unsupported(
        "HDF5 files (Keras .h5) are not read yet",
        "convert it to .tflite or .onnx"
      )
    }
    return unsupported(
      "the bytes are of no format that is read",
      "TensorFlow Lite and ONNX are; is it the right file?"
    )
  }

  private static func startsLikeMarkup(_ bytes: Bytes) -> Bool {
    guard let head = try? bytes.slice(at: 0, count: min(bytes.count, 512)) else { return false }
    let text = head.string.drop { $0 == " " || $0 == "\n" || $0 == "\r\n" || $0 == "\t" }
      .lowercased()
    return text.hasPrefix("<!doctype") || text.hasPrefix("<html") || text.hasPrefix("<?xml")
  }
}
