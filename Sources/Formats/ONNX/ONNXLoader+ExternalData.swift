import ByteIO
import ModelIR

/// Values in another file.
extension ONNXLoader {
  /// Where a tensor's values are outside the model's own file.
  ///
  /// - Throws: `MODEL_INVALID` where the path leads out of the model's directory or the entry
  ///   contradicts the tensor, `MODEL_TRUNCATED` where the file is too short.
  mutating func externalData(
    _ tensor: TensorProto,
    name: String,
    byteCount: Int,
    owner: LedgerOwner?
  ) throws(ReadError) -> TensorStorage {
    let entry = try externalEntry(tensor, name: name)
    if let length = entry.length, length != byteCount {
      throw ReadError(
        .modelInvalid,
        "tensor \"\(name)\" wants \(byteCount) bytes of values and its external data has \(length)",
        at: tensor.message.bytes.offset
      )
    }
    let file: ExternalFiles.File?
    if options.readsExternalData {
      file = try externalFiles.file(
        entry.location,
        besides: path,
        allowsHardLinks: options.allowsHardLinks,
        book: &book
      )
    } else {
      _ = try DirectoryHandle.components(of: entry.location)
      file = nil
    }
    guard let file else {
      tally.missingFiles[entry.location, default: 0] += 1
      return .external(path: entry.location, offset: entry.offset, byteCount: byteCount)
    }
    guard entry.offset <= file.bytes.count, byteCount <= file.bytes.count - entry.offset else {
      throw ReadError(
        .modelTruncated,
        "tensor \"\(name)\" wants \(byteCount) bytes from byte \(entry.offset), the file has"
          + " \(file.bytes.count)",
        at: min(entry.offset, file.bytes.count),
        hint: "is the file complete?",
        file: entry.location
      )
    }
    let data = try file.bytes.slice(at: entry.offset, count: byteCount)
    book.claimExternal(data, of: file.ledgerFile, owner: owner)
    return .mapped(data)
  }

  /// The entry's keys; those that the format does not have are counted and otherwise ignored.
  private mutating func externalEntry(
    _ tensor: TensorProto,
    name: String
  ) throws(ReadError) -> (location: String, offset: Int, length: Int?) {
    var location: String?
    var offset = 0
    var length: Int?
    for (key, value) in tensor.externalData {
      switch key.string {
      case "location": location = value.string
      case "offset": offset = try number(value, "offset", of: name)
      case "length": length = try number(value, "length", of: name)
      case "checksum": break
      default: tally.unknownExternalKeys.insert(key.excerpt)
      }
    }
    guard let location else {
      throw ReadError(
        .modelInvalid,
        "tensor \"\(name)\" has external data without a location",
        at: tensor.message.bytes.offset
      )
    }
    return (location, offset, length)
  }

  /// A count of bytes, written in decimal digits.
  private func number(
    _ value: Bytes,
    _ key: String,
    of name: String
  ) throws(ReadError) -> Int {
    let text = value.string
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Int(text)
    else {
      throw ReadError(
        .modelInvalid,
        "external data of tensor \"\(name)\" has the \(key) \"\(value.excerpt)\", which is no count"
          + " of bytes",
        at: value.offset
      )
    }
    return number
  }
}
