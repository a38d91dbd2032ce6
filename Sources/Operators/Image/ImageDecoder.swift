import ModelIR

extension OperatorDefinition {
  /// Decodes an image file: `[bytes]` to `[height, width, channels]` of uint8.
  ///
  /// This tool decodes none of the file formats. Source: ONNX ImageDecoder-20.
  static let imageDecoder = OperatorDefinition(
    "imageDecoder",
    "Decodes an image file.",
    family: .movement,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      let format = try context.attributes.string("pixelFormat", default: "RGB")
      let channels = format == "Grayscale" ? 1 : 3
      return [TensorType(.uint8, .ranked([.unknown, .unknown, .fixed(channels)]))]
    },
    cost: CostRule { _ in .uncounted }
  )
}
