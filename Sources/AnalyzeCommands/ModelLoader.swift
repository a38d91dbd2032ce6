import ByteIO
import FormatKeras
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
      probe: { KerasFormat.probe($0) },
      load: { (bytes, path) throws(ReadError) in try KerasFormat.load(bytes, path: path) }
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
      return (try read(source, path: path), source)
    } catch {
      throw CommandFailure(error, path: path)
    }
  }

  /// Loads a model whose bytes are at hand.
  static func load(_ source: ByteSource, path: String) throws(CommandFailure) -> Model {
    do throws(ReadError) {
      return try read(source, path: path)
    } catch {
      throw CommandFailure(error, path: path)
    }
  }

  private static func read(_ source: ByteSource, path: String) throws(ReadError) -> Model {
    if let format = catalog.first(where: { $0.probe(source.bytes) }) {
      return try format.load(source.bytes, path)
    }
    throw source.bytes.foreignContent
      ?? ReadError(
        .modelUnsupported,
        "the bytes are of no format that is read",
        hint: "TensorFlow Lite, ONNX and Keras are; is it the right file?"
      )
  }
}
