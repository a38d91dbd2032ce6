import ByteIO

/// What a file that is no TFLite model seems to be instead.
enum FileRecognition {
  /// The error for bytes without TFLite's identifier.
  static func refusal(of bytes: Bytes) -> ReadError {
    if let refusal = bytes.foreignContent { return refusal }
    if bytes.count < 8 {
      return ReadError(
        .modelTruncated,
        "\(bytes.count) bytes are too few for a TFLite model",
        at: 0,
        hint: "is the file complete?"
      )
    }
    if bytes.has("TFL", at: 4) {
      return ReadError(
        .modelUnsupported,
        "a TFLite file of another schema than 3",
        at: 4,
        hint: "convert the model again with a current TensorFlow"
      )
    }
    return ReadError(
      .modelUnsupported,
      "not a TFLite model: the identifier TFL3 is missing",
      at: 4
    )
  }
}
