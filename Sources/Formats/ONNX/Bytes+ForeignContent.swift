import ByteIO

extension Bytes {
  /// Refuses what is often found in place of a model, with words that say what it is.
  ///
  /// - Throws: `MODEL_TRUNCATED` for an empty file, `MODEL_INVALID` for a Git LFS pointer or a web
  ///   page, `MODEL_UNSUPPORTED` for a compressed file.
  func refuseForeignContent() throws(ReadError) {
    guard !isEmpty else {
      throw ReadError(.modelTruncated, "the file is empty", at: 0, hint: "is the file complete?")
    }
    if has("version https://git-lfs") {
      throw ReadError(
        .modelInvalid,
        "this is a Git LFS pointer, not the model",
        at: 0,
        hint: "fetch the model with: git lfs pull"
      )
    }
    var start = 0
    while let byte = try? uint8(at: start), [0x09, 0x0A, 0x0D, 0x20].contains(byte), start < 64 {
      start += 1
    }
    let pages: [StaticString] = ["<!DOCTYPE", "<!doctype", "<html", "<HTML", "<?xml"]
    if pages.contains(where: { has($0, at: start) }) {
      throw ReadError(
        .modelInvalid,
        "this is a web page, not the model",
        at: start,
        hint: "download the file itself, not the page about it"
      )
    }
    let archives: [(magic: StaticString, name: String)] = [
      ("\u{1F}", "gzip"), ("PK\u{3}\u{4}", "ZIP"), ("BZh", "bzip2"), ("7z", "7-Zip"),
    ]
    for archive in archives where has(archive.magic) {
      if archive.name == "gzip", (try? uint8(at: 1)) != 0x8B { continue }
      throw ReadError(
        .modelUnsupported,
        "this is a \(archive.name) file",
        at: 0,
        hint: "unpack it first"
      )
    }
  }
}
