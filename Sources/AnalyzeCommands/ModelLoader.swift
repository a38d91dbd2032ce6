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
    var load:
      @Sendable (Bytes, String, _ signature: String?, _ limits: Limits)
        throws(ReadError) -> Model
  }

  /// One line a format; the first that recognises the bytes reads them.
  private static let catalog: [Format] = [
    Format(
      probe: { TFLiteFormat.probe($0) },
      load: { (bytes, path, _, limits) throws(ReadError) in
        try TFLiteFormat.load(bytes, path: path, limits: limits.tflite)
      }
    ),
    Format(
      probe: { KerasFormat.probe($0) },
      load: { (bytes, path, _, limits) throws(ReadError) in
        try KerasFormat.load(bytes, path: path, limits: limits.keras)
      }
    ),
    Format(
      probe: { ONNXFormat.probe($0) },
      load: { (bytes, path, _, limits) throws(ReadError) in
        var options = ONNXLoadOptions()
        options.limits = limits.onnx
        return try ONNXFormat.load(bytes, path: path, options: options)
      }
    ),
    Format(
      probe: { TensorFlowFormat.probe($0) },
      load: { (bytes, path, signature, limits) throws(ReadError) in
        try TensorFlowFormat.load(
          bytes,
          path: path,
          signature: signature,
          limits: limits.tensorFlow
        )
      }
    ),
  ]

  /// Loads a model.
  ///
  /// - Parameters:
  ///   - path: The file or directory; its name says nothing about its format.
  ///   - signature: The signature that is asked for, in formats whose graph depends on it.
  ///   - limits: How much it may ask for.
  /// - Returns: The model, the bytes that it was read from, and the path of their file.
  /// - Throws: A failure that names the file.
  static func load(
    _ path: String,
    signature: String? = nil,
    limits: Limits = Limits()
  ) throws(CommandFailure) -> (model: Model, source: ByteSource, file: String) {
    do throws(ReadError) {
      if ByteSource.isDirectory(path) {
        let directory = try DirectoryHandle(path: path)
        let (model, source) = try TensorFlowFormat.load(
          directory: directory,
          path: path,
          signature: signature,
          limits: limits.tensorFlow
        )
        let separator = path.hasSuffix("/") ? "" : "/"
        return (model, source, path + separator + TensorFlowFormat.savedModelFile)
      }
      let source = try ByteSource.mapping(path: path)
      return (
        try read(source, path: path, signature: signature, limits), source, path
      )
    } catch {
      throw CommandFailure(error, path: path)
    }
  }

  /// Loads a model whose bytes are at hand.
  static func load(
    _ source: ByteSource,
    path: String,
    limits: Limits = Limits()
  ) throws(CommandFailure) -> Model {
    do throws(ReadError) {
      return try read(source, path: path, signature: nil, limits)
    } catch {
      throw CommandFailure(error, path: path)
    }
  }

  private static func read(
    _ source: ByteSource,
    path: String,
    signature: String?,
    _ limits: Limits
  ) throws(ReadError) -> Model {
    guard source.count <= limits.fileBytes else {
      throw ReadError(
        .limitExceeded,
        "the file has \(source.count) bytes, more than the limit of \(limits.fileBytes)",
        hint: "--limit file-bytes=\(source.count) allows it"
      )
    }
    if let format = catalog.first(where: { $0.probe(source.bytes) }) {
      return try format.load(source.bytes, path, signature, limits)
    }
    throw source.bytes.foreignContent
      ?? ReadError(
        .modelUnsupported,
        "the bytes are of no format that is read",
        hint: "TensorFlow Lite, ONNX, Keras, SavedModel and GraphDef are; is it the right file?"
      )
  }
}
