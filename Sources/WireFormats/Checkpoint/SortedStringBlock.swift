import ByteIO

/// A block of a sorted table.
///
/// Layout:
/// 1. Entries: three varints (bytes shared with the key before, further bytes of the key, bytes of
///    the value), then the rest of the key, then the value.
/// 2. Restarts: 32-bit offsets of entries that share nothing, the first of which is 0.
/// 3. The number of restarts, 32 bits.
///
/// Source: LevelDB, `table/block_builder.cc`.
struct SortedStringBlock {
  private let entries: Bytes
  private let restarts: Bytes

  init(_ bytes: Bytes) throws(ReadError) {
    guard bytes.count >= 4 else {
      throw ReadError(.modelTruncated, "a block has no room for its end", at: bytes.offset)
    }
    let body = try bytes.slice(at: 0, count: bytes.count - 4)
    let stated = try bytes.uint32(at: body.count)
    let count = try body.count(UInt64(stated), elementSize: 4, from: 0, "the list of restarts")
    entries = try body.slice(at: 0, count: body.count - count * 4)
    restarts = try body.suffix(from: entries.count)
    guard count > 0 || entries.isEmpty else {
      throw ReadError(.modelInvalid, "a block has entries and no restart", at: bytes.offset)
    }
  }

  /// Gives all keys and values; `keys` makes sure that keys grow, from block to block as well.
  func forEach(
    _ keys: inout SortedKeys,
    _ visit: (_ key: [UInt8], _ value: Bytes) throws(ReadError) -> Void
  ) throws(ReadError) {
    var position = 0
    var restart = 0
    while position < entries.count {
      let start = position
      let shared = try length(&position)
      let rest = try count(&position, "a key")
      let valueCount = try count(&position, "a value")
      let suffix = try entries.slice(at: position, count: rest, "a key")
      let value = try entries.slice(at: position + rest, count: valueCount, "a value")
      position += rest + valueCount
      if restart * 4 < restarts.count, try restarts.uint32(at: restart * 4) == start {
        restart += 1
        guard shared == 0 else {
          throw invalid("a key that shares bytes stands where the keys restart", at: start)
        }
      }
      guard restart > 0 else { throw invalid("the first restart is not at 0", at: start) }
      try keys.append(suffix.array, after: shared, at: entries.offset + start)
      try visit(keys.last ?? [], value)
    }
    // An empty block has one restart all the same.
    if entries.isEmpty, restarts.count == 4, try restarts.uint32(at: 0) == 0 { return }
    guard restart * 4 == restarts.count else {
      throw invalid("restart \(restart) is not at an entry", at: entries.count)
    }
  }

  private func length(_ position: inout Int) throws(ReadError) -> UInt64 {
    let (value, end) = try entries.varint(at: position)
    position = end
    return value
  }

  private func count(
    _ position: inout Int,
    _ what: StaticString
  ) throws(ReadError) -> Int {
    let stated = try length(&position)
    return try entries.count(stated, elementSize: 1, from: position, "\(what)")
  }

  private func invalid(_ message: String, at start: Int) -> ReadError {
    ReadError(.modelInvalid, message, at: entries.offset + start)
  }
}

/// The last key of a growing sequence, and the memory that its keys may still take.
struct SortedKeys {
  /// What an entry takes apart from the bytes of its key, at most, once it is read.
  private static let entryByteCount = 192

  /// The last key, or `nil` before the first.
  var last: [UInt8]? { isEmpty ? nil : bytes }

  private var bytes: [UInt8] = []
  private var isEmpty = true
  private var byteBudget: Int

  init(byteBudget: Int) {
    self.byteBudget = byteBudget
  }

  /// Makes the next key from the first bytes of the last one and new ones.
  ///
  /// - Throws: `MODEL_INVALID` where the last key is not that long or the new one not beyond it,
  ///   `LIMIT_EXCEEDED` where the keys take too much memory.
  mutating func append(
    _ suffix: [UInt8],
    after shared: UInt64,
    at offset: Int
  ) throws(ReadError) {
    guard let shared = Int(exactly: shared), shared <= bytes.count else {
      throw ReadError(
        .modelInvalid,
        "a key shares \(shared) bytes with the one before it, which has \(bytes.count)",
        at: offset
      )
    }
    guard isEmpty || bytes[shared...].lexicographicallyPrecedes(suffix) else {
      throw ReadError(.modelInvalid, "a key is not beyond the one before it", at: offset)
    }
    let cost = shared + suffix.count + Self.entryByteCount
    guard cost <= byteBudget else {
      throw ReadError(
        .limitExceeded,
        "the keys of a table take more memory than 32 times its size and 16 MiB",
        at: offset
      )
    }
    byteBudget -= cost
    bytes.removeSubrange(shared...)
    bytes += suffix
    isEmpty = false
  }
}
