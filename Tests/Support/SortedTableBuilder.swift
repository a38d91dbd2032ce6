import ByteIO

/// Writes sorted tables as LevelDB does, and wrong ones as it does not.
package struct SortedTableBuilder {
  /// The bytes of the blocks so far.
  package var bytes: [UInt8] = []
  /// For each data block the key and the handle in the index.
  package var index: [(key: [UInt8], value: [UInt8])] = []
  /// How each block is stored: the byte for its compression and what makes its bytes.
  package var compression: UInt8 = 0
  /// Makes the bytes stored from those of a block.
  package var compress: ([UInt8]) -> [UInt8] = { $0 }

  /// A table without blocks.
  package init() {}

  /// An entry of a block in its three lengths and its bytes.
  package static func entry(_ shared: Int, _ rest: [UInt8], _ value: [UInt8]) -> [UInt8] {
    [shared, rest.count, value.count].flatMap { ProtobufBuilder.varint(UInt64($0)) } + rest + value
  }

  /// A block from its entries and restarts.
  package static func block(_ entries: [UInt8], restarts: [UInt32] = [0]) -> [UInt8] {
    entries + restarts.flatMap(ProtobufBuilder.littleEndian)
      + ProtobufBuilder.littleEndian(UInt32(restarts.count))
  }

  /// A block of keys and values, each prefix shared, with a restart every four keys.
  package static func block(_ pairs: [(key: [UInt8], value: [UInt8])]) -> [UInt8] {
    var entries: [UInt8] = []
    var restarts: [UInt32] = []
    var previous: [UInt8] = []
    for (number, pair) in pairs.enumerated() {
      var shared = 0
      if number % 4 == 0 {
        restarts.append(UInt32(entries.count))
      } else {
        shared = zip(previous, pair.key).prefix { $0 == $1 }.count
      }
      entries += entry(shared, Array(pair.key[shared...]), pair.value)
      previous = pair.key
    }
    return block(entries, restarts: restarts.isEmpty ? [0] : restarts)
  }

  /// Two numbers that say where a block is.
  package static func handle(_ offset: UInt64, _ size: UInt64) -> [UInt8] {
    ProtobufBuilder.varint(offset) + ProtobufBuilder.varint(size)
  }

  /// Appends a block with its trailer and returns its handle.
  package mutating func append(_ block: [UInt8]) -> [UInt8] {
    let stored = compress(block)
    let handle = Self.handle(UInt64(bytes.count), UInt64(stored.count))
    let checked = stored + [compression]
    let check = CRC32C.masked(CRC32C.value(of: ByteSource(checked).bytes))
    bytes += checked + ProtobufBuilder.littleEndian(check)
    return handle
  }

  /// Appends a data block and its line in the index.
  package mutating func appendData(_ block: [UInt8], upTo key: [UInt8]) {
    index.append((key, append(block)))
  }

  /// Appends the blocks behind the data and the footer.
  package consuming func finished() -> [UInt8] {
    let meta = append(Self.block([]))
    let handle = append(Self.block(index))
    return bytes + Self.footer(meta, handle)
  }

  /// A footer.
  package static func footer(
    _ meta: [UInt8],
    _ index: [UInt8],
    magic: UInt64 = 0xDB47_7524_8B80_FB57
  ) -> [UInt8] {
    let handles = meta + index
    return handles + Array(repeating: 0, count: max(0, 40 - handles.count))
      + ProtobufBuilder.littleEndian(magic)
  }

  /// A table of one data block.
  package static func table(_ block: [UInt8], upTo key: [UInt8] = [0xFF]) -> [UInt8] {
    var builder = SortedTableBuilder()
    builder.appendData(block, upTo: key)
    return builder.finished()
  }
}
