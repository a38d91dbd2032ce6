extension Bytes {
  /// The error for what is often found in place of a model, with words that say what it is; `nil`
  /// where the bytes are none of that.
  package var foreignContent: ReadError? {
    func refusal(_ what: String, _ hint: String) -> ReadError {
      ReadError(.modelUnsupported, what, hint: hint)
    }
    guard !isEmpty else {
      return ReadError(.modelTruncated, "the file is empty", hint: "is the download complete?")
    }
    if has("version https://git-lfs") {
      return refusal("this is a Git LFS pointer, not a model", "run `git lfs pull`")
    }
    if startsLikeMarkup {
      return refusal(
        "this is a web page, not a model",
        "download the file itself, not the page about it"
      )
    }
    if has("\u{1F}"), (try? uint8(at: 1)) == 0x8B {
      return refusal("this is gzip-compressed data, not a model", "decompress it first (`gunzip`)")
    }
    let others: [(magic: StaticString, offset: Int, what: String)] = [
      ("PK\u{3}\u{4}", 0, "a ZIP archive"), ("BZh", 0, "a bzip2 file"), ("7z", 0, "a 7-Zip file"),
      ("GGUF", 0, "a GGUF file"), ("{", 0, "JSON"),
    ]
    for other in others where has(other.magic, at: other.offset) {
      return refusal(
        "this is \(other.what), which is not read as a model",
        "TensorFlow Lite, ONNX and Keras are read; is it the right file?"
      )
    }
    return nil
  }

  /// Whether the text begins like HTML or XML, after white space.
  private var startsLikeMarkup: Bool {
    var start = 0
    while let byte = try? uint8(at: start), [0x09, 0x0A, 0x0D, 0x20].contains(byte), start < 64 {
      start += 1
    }
    let pages: [StaticString] = ["<!DOCTYPE", "<!doctype", "<html", "<HTML", "<?xml"]
    return pages.contains { has($0, at: start) }
  }
}
