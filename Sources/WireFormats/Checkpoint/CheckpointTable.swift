import ByteIO

/// The index of a TensorFlow checkpoint of version 2 (`variables.index`).
///
/// Layout: a `SortedStringTable` whose
/// 1. first key is empty; its value is a `BundleHeaderProto`: 1 number of data files, 2 endianness,
///    3 version (`VersionDef`: 1 producer, 2 min_consumer);
/// 2. keys that begin with a zero byte are parts of tensors (`CheckpointPartKey`);
/// 3. other keys are names of tensors; all values but the first are `BundleEntryProto`.
///
/// Source: TensorFlow, `core/protobuf/tensor_bundle.proto` and `core/util/tensor_bundle`.
package struct CheckpointTable: Sendable {
  /// The tensors, sorted by the bytes of their keys.
  package private(set) var entries: [CheckpointEntry] = []
  /// The number of data files.
  package private(set) var shardCount = 0

  /// Whether the bytes end like an index.
  package static func isTable(_ bytes: Bytes) -> Bool {
    guard bytes.count >= 48, let magic = try? bytes.uint64(at: bytes.count - 8) else {
      return false
    }
    return magic == SortedStringTable.magic
  }

  /// Reads an index whole and checks every number in it that does not need a data file.
  ///
  /// - Parameter index: The file's bytes.
  /// - Throws: where the bytes are no index, or contradict themselves.
  /// - Complexity: O(byte count); memory at most 32 times the file and 16 MiB.
  package init(_ index: Bytes) throws(ReadError) {
    var hasHeader = false
    var parts: [String: [PendingPart]] = [:]
    try SortedStringTable(index).forEach { key, value throws(ReadError) in
      if key.isEmpty {
        shardCount = try located("header") { () throws(ReadError) in try Self.header(value) }
        hasHeader = true
        return
      }
      guard hasHeader else {
        throw ReadError(.modelInvalid, "a checkpoint index has no header", at: value.offset)
      }
      if key.first == 0 {
        let name = try CheckpointPartKey(key, at: value.offset)
        let part = try located(quotedForMessage(name.tensor)) { () throws(ReadError) in
          try pendingPart(name, value)
        }
        parts[name.tensor, default: []].append(part)
        return
      }
      let name = String(decoding: key, as: UTF8.self)
      guard name.utf8.elementsEqual(key) else {
        throw ReadError(.modelInvalid, "the name of a tensor is no UTF-8", at: value.offset)
      }
      let found = parts.removeValue(forKey: name) ?? []
      try located(quotedForMessage(name)) { () throws(ReadError) in
        entries.append(try entry(name, value, found))
      }
    }
    guard hasHeader else {
      throw ReadError(.modelInvalid, "a checkpoint index has no header", at: index.offset)
    }
    if let orphan = parts.keys.min() {
      throw ReadError(
        .modelInvalid,
        "there are parts of the tensor \(quotedForMessage(orphan)), but not the tensor",
        at: index.offset
      )
    }
  }

  /// The tensor of a name, or `nil` where there is none.
  ///
  /// - Complexity: O(log of the number of entries).
  package subscript(key: String) -> CheckpointEntry? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = low + (high - low) / 2
      if entries[middle].key.utf8.lexicographicallyPrecedes(key.utf8) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    // Compared by bytes: two names may look the same and be different.
    guard low < entries.count, entries[low].key.utf8.elementsEqual(key.utf8) else { return nil }
    return entries[low]
  }

  /// The name of a data file, as TensorFlow forms it: `variables.data-00000-of-00001`.
  package func dataFileName(prefix: String, shard: Int) -> String {
    func digits(_ number: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
    }
    return "\(prefix).data-\(digits(shard))-of-\(digits(shardCount))"
  }

  private static func header(_ bytes: Bytes) throws(ReadError) -> Int {
    var shardCount = 0
    var fields = ProtobufMessage(bytes).fields
    while let field = try fields.next() {
      switch field.number {
      case 1: shardCount = try field.int("num_shards")
      case 2:
        guard try field.int("endianness") == 0 else {
          throw ReadError(
            .modelUnsupported,
            "a checkpoint of a big-endian machine",
            at: field.range.lowerBound,
            hint: "save it again on a little-endian one"
          )
        }
      case 3:
        var version = try field.message("version").fields
        while let part = try version.next() {
          guard part.number == 2, try part.int("min_consumer") > 1 else { continue }
          throw ReadError(
            .modelUnsupported,
            "a checkpoint of a later version than 1",
            at: part.range.lowerBound
          )
        }
      default: break
      }
    }
    guard (0...100_000).contains(shardCount) else {
      throw ReadError(
        .modelInvalid,
        "a checkpoint has \(shardCount) data files",
        at: bytes.offset
      )
    }
    return shardCount
  }

  private func entry(
    _ name: String,
    _ value: Bytes,
    _ parts: [PendingPart]
  ) throws(ReadError) -> CheckpointEntry {
    let stored = try BundleEntry(value)
    guard stored.sliceCount == parts.count else {
      throw ReadError(
        .modelInvalid,
        "a tensor names \(stored.sliceCount) parts and has \(parts.count)",
        at: value.offset
      )
    }
    guard !parts.isEmpty else {
      let extent = try stored.extent(shardCount: shardCount, at: value.offset)
      guard stored.fits(extent) else {
        throw ReadError(
          .modelInvalid,
          "a tensor of type \(stored.dataType) and shape \(stored.shape) has "
            + "\(extent.byteCount) bytes",
          at: value.offset
        )
      }
      return CheckpointEntry(
        key: name,
        dataType: stored.dataType,
        shape: stored.shape,
        elementCount: stored.elementCount,
        extent: extent
      )
    }
    var result = CheckpointEntry(
      key: name,
      dataType: stored.dataType,
      shape: stored.shape,
      elementCount: stored.elementCount,
      extent: CheckpointExtent(shard: 0, offset: 0, byteCount: 0, maskedChecksum: 0)
    )
    var covered = 0
    for part in parts {
      let box = try part.key.box(in: stored.shape, at: value.offset)
      guard box.shape == part.entry.shape, part.entry.dataType == stored.dataType else {
        throw ReadError(
          .modelInvalid,
          "a part of a tensor has the shape \(part.entry.shape) and its key \(box.shape)",
          at: value.offset
        )
      }
      let (sum, overflows) = covered.addingReportingOverflow(part.entry.elementCount)
      covered = overflows ? -1 : sum
      if overflows { break }
      result.parts.append(
        CheckpointPart(starts: box.starts, shape: box.shape, extent: part.extent)
      )
    }
    guard covered == result.elementCount else {
      throw ReadError(
        .modelInvalid,
        "the parts of a tensor do not have as many elements as the whole",
        at: value.offset
      )
    }
    return result
  }

  /// A part whose tensor has not come yet: keys of parts sort before names.
  private struct PendingPart {
    let key: CheckpointPartKey
    let entry: BundleEntry
    let extent: CheckpointExtent
  }

  private func pendingPart(_ key: CheckpointPartKey, _ value: Bytes) throws(ReadError)
    -> PendingPart
  {
    let stored = try BundleEntry(value)
    let extent = try stored.extent(shardCount: shardCount, at: value.offset)
    guard stored.sliceCount == 0, stored.fits(extent) else {
      throw ReadError(
        .modelInvalid,
        "a part of a tensor has \(extent.byteCount) bytes, which does not fit its shape",
        at: value.offset
      )
    }
    return PendingPart(key: key, entry: stored, extent: extent)
  }
}
