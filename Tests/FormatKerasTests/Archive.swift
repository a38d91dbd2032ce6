import ByteIO
import FormatKeras
import ModelIR
import WireFormats

/// Builds `.keras` files and configurations for tests.
enum Archive {
  /// A `.keras` file with this configuration and no weights.
  static func keras(_ config: String, weights: [UInt8]? = nil) -> [UInt8] {
    var writer = ZIPWriter()
    _ = writer.append("metadata.json", Array(#"{"keras_version": "3.15.1"}"#.utf8))
    _ = writer.append("config.json", Array(config.utf8))
    if let weights { _ = writer.append("model.weights.h5", weights) }
    return writer.finish()
  }

  /// A layer of Keras 3.
  static func layer(
    _ className: String,
    _ name: String,
    _ config: String = "",
    module: String = "keras.layers",
    inbound: String? = nil
  ) -> String {
    let more = config.isEmpty ? "" : ", " + config
    let calls = inbound.map { #", "name": "\#(name)", "inbound_nodes": [\#($0)]"# } ?? ""
    return
      #"{"module": "\#(module)", "class_name": "\#(className)", "config": {"name": "\#(name)","#
      + #" "trainable": true\#(more)}, "registered_name": null\#(calls)}"#
  }

  /// A call with the first results of other layers.
  static func call(_ names: String..., index: Int = 0) -> String {
    let tensors = names.map {
      #"{"class_name": "__keras_tensor__", "config": {"keras_history": ["\#($0)", \#(index), 0]}}"#
    }
    let list = tensors.joined(separator: ", ")
    return #"{"args": [\#(names.count == 1 ? list : "[" + list + "]")], "kwargs": {}}"#
  }

  static func sequential(_ layers: [String], name: String = "m") -> String {
    #"{"module": "keras", "class_name": "Sequential", "config": {"name": "\#(name)", "layers": ["#
      + layers.joined(separator: ", ") + "]}}"
  }

  static func functional(
    _ layers: [String],
    inputs: [String],
    outputs: [String],
    name: String = "m",
    inbound: String? = nil
  ) -> String {
    func references(_ names: [String]) -> String {
      "[" + names.map { #"["\#($0)", 0, 0]"# }.joined(separator: ", ") + "]"
    }
    let calls = inbound.map { #", "name": "\#(name)", "inbound_nodes": [\#($0)]"# } ?? ""
    return #"{"module": "keras", "class_name": "Functional", "config": {"name": "\#(name)","#
      + #" "layers": [\#(layers.joined(separator: ", "))], "input_layers": \#(references(inputs)),"#
      + #" "output_layers": \#(references(outputs))}\#(calls)}"#
  }

  static let input = layer(
    "InputLayer",
    "x",
    #""batch_shape": [null, 4], "dtype": "float32""#,
    inbound: ""
  )

  static func load(_ bytes: [UInt8]) throws(ReadError) -> Model {
    try KerasFormat.load(ByteSource(bytes).bytes, path: "test")
  }

  static func error(_ bytes: [UInt8]) -> ReadError? {
    do throws(ReadError) {
      _ = try load(bytes)
      return nil
    } catch {
      return error
    }
  }

  /// Replaces the first occurrence of a text by another of the same length.
  static func patched(_ bytes: [UInt8], _ old: [UInt8], _ new: [UInt8]) -> [UInt8] {
    guard old.count == new.count, bytes.count >= old.count else { return bytes }
    var result = bytes
    for start in 0...(bytes.count - old.count)
    where bytes[start] == old[0] && bytes[start..<(start + old.count)].elementsEqual(old) {
      result.replaceSubrange(start..<(start + old.count), with: new)
      return result
    }
    return bytes
  }
}
