import ByteIO
import FormatKeras
import FormatONNX
import FormatTFLite
import FormatTensorFlow
import ModelIR

/// Finds out which format a file has and loads it.
enum ModelLoader {
  /// A format: how it is recognised and read.
  private struct Format {
    var probe: @Sendable (Bytes) -> Bool
    var load: @Sendable (Bytes, String, _ signature: String?) throws(ReadError) -> Model
  }

  /// One line a format; the first that recognises the bytes reads them.
  private static let catalog: [Format] = [
    Format(
      probe: { TFLiteFormat.probe($0) },
      load: { (bytes, path, _) throws(ReadError) in try TFLiteFormat.load(bytes, path: path) }
    ),
    Format(
      probe: { KerasFormat.probe($0) },
      load: { (bytes, path, _) throws(ReadError) in try KerasFormat.load(bytes, path: path) }
    ),
    Format(
      probe: { ONNXFormat.probe($0) },
      load: { (bytes, path, _) throws(ReadError) in try ONNXFormat.load(bytes, path: path) }
    ),
    Format(
      probe: { TensorFlowFormat.probe($0) },
      load: { (bytes, path, signature) throws(ReadError) in
        try TensorFlowFormat.load(bytes, path: path, signature: signature)
      }
    ),
  ]

  /// Loads a model.
  ///
  /// - Parameters:
  ///   - path: The file or directory; its name says nothing about its format.
  ///   - signature: The signature that is asked for, in formats whose graph depends on it.
  /// - Returns: The model, the bytes that it was read from, and the path of their file.
  /// - Throws: A failure that names the file.
  static func load(
    _ path: String,
    signature: String? = nil
  ) throws(CommandFailure) -> (model: Model, source: ByteSource, file: String) {
    do throws(ReadError) {
      if ByteSource.isDirectory(path) {
        let directory = try DirectoryHandle(path: path)
        let (model, source) = try TensorFlowFormat.load(
          directory: directory,
          path: path,
          signature: signature
        )
        let separator = path.hasSuffix("/") ? "" : "/"
        return (model, source, path + separator + TensorFlowFormat.savedModelFile)
      }
      let source = try ByteSource.mapping(path: path)
      return (try read(source, path: path, signature: signature), source, path)
    } catch {
      throw CommandFailure(error, path: path)
    }
  }

  /// Loads a model whose bytes are at hand.
  static func load(_ source: ByteSource, path: String) throws(CommandFailure) -> Model {
    do throws(ReadError) {
      return try read(source, path: path, signature: nil)
    } catch {
      throw CommandFailure(error, path: path)
    }
  }

  private static func read(
    _ source: ByteSource,
    path: String,
    signature: String?
  ) throws(ReadError) -> Model {
    if let format = catalog.first(where: { $0.probe(source.bytes) }) {
      return try format.load(source.bytes, path, signature)
    }
    throw source.bytes.foreignContent
      ?? ReadError(
        .modelUnsupported,
        "the bytes are of no format that is read",
        hint: "TensorFlow Lite, ONNX, Keras, SavedModel and GraphDef are; is it the right file?"
      )
  }
}
