import ByteIO

/// What a file that is no TFLite model seems to be instead.
enum FileRecognition {
  /// The error for bytes without TFLite's identifier.
  static func refusal(of bytes: Bytes) -> ReadError {
    if bytes.isEmpty {
      return ReadError(
        .modelTruncated,
        "the file is empty",
        at: 0,
        hint: "was it downloaded completely?"
      )
    }
    if bytes.has("version https://git-lfs") {
      return ReadError(
        .modelUnsupported,
        "a Git LFS pointer stands in the model's place",
        at: 0,
        hint: "fetch the model with \"git lfs pull\""
      )
    }
    for (prefix, what, hint) in others where bytes.has(prefix) {
      return ReadError(.modelUnsupported, what, at: 0, hint: hint)
    }
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

  private static let others: [(prefix: StaticString, what: String, hint: String)] = [
    ("PK\u{3}\u{4}", "a ZIP archive, not a TFLite model", "unpack it first"),
    ("<", "a web page or XML, not a TFLite model", "download the file itself"),
    ("{", "JSON, not a TFLite model", "the model itself is a binary file"),
  ]
}
