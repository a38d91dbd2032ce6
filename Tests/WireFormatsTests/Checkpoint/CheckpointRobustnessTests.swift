import ByteIO
import TestSupport
import Testing

@testable import WireFormats

/// No bytes make the readers trap: prefixes and random changes, with checksums wrong and right.
@Suite struct CheckpointRobustnessTests {
  /// Opens a table and reads all that its text tensors hold.
  private func exercise(_ index: [UInt8], _ data: Bytes) -> Bool {
    guard let table = try? CheckpointTable(ByteSource(index).bytes) else { return false }
    for entry in table.entries {
      _ = table[entry.key]
      _ = try? CheckpointTable.bytes(of: entry.extent, in: data)
      for text in (try? CheckpointTable.strings(of: entry, in: data)) ?? [] {
        _ = try? ObjectGraph(text)
      }
    }
    return true
  }

  private func files(_ name: String) throws -> (index: [UInt8], data: [UInt8]) {
    let made = try #require(CheckpointOracle.document?.made[name])
    return (Array(try #require(made.index)), Array(try #require(made.data)))
  }

  private func change(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      guard !bytes.isEmpty else { return }
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
      case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
      case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
      case 3: bytes.removeSubrange(place..<min(bytes.count, place + 3))
      default: bytes.insert(contentsOf: Array(repeating: 0xFF, count: 9) + [1], at: place)
      }
    }
  }

  @Test(arguments: ["types", "parts", "objects"])
  func `no prefix and no changed bit is read as if nothing were`(name: String) throws {
    let (index, data) = try files(name)
    let shard = ByteSource(data).bytes
    #expect(exercise(index, shard))
    for count in 0..<index.count {
      #expect(!exercise(Array(index[..<count]), shard), "a prefix of \(count) bytes")
    }
    // The last 48 bytes have no checksum, and zeros that nobody reads.
    for place in 0..<index.count - 48 {
      var changed = index
      changed[place] ^= 0x10
      #expect(!exercise(changed, shard), "byte \(place)")
    }
  }

  @Test(arguments: ["types", "parts", "objects"])
  func `random changes with wrong checksums are refused`(name: String) throws {
    let (index, data) = try files(name)
    let shard = ByteSource(data).bytes
    var random = SplitMix(state: 1)
    for _ in 0..<2_000 {
      var changed = index
      change(&changed, &random)
      _ = exercise(changed, shard)
    }
  }

  @Test(arguments: ["types", "parts", "objects"])
  func `random changes with right checksums are read or refused`(name: String) throws {
    let (index, data) = try files(name)
    // The files have one data block, at their begin, and the empty metaindex of 8 bytes after it.
    let size = index.count - 48
    let block = try #require(
      (8..<size).first { (try? dataBlock(index, byteCount: $0)) != nil }
        .map { Array(index[..<$0]) }
    )
    var random = SplitMix(state: 2)
    let shard = ByteSource(data).bytes
    for round in 0..<4_000 {
      var changed = block
      change(&changed, &random)
      var builder = SortedTableBuilder()
      if round % 4 == 0 {
        builder.compression = 1
        builder.compress = snappyLiterals
      }
      builder.appendData(changed, upTo: [0xFF])
      _ = exercise(builder.finished(), shard)
    }
  }

  /// The data block at the begin of a file, where it has that many bytes and its checksum fits.
  private func dataBlock(_ index: [UInt8], byteCount: Int) throws -> Bytes? {
    let file = ByteSource(index).bytes
    let check = CRC32C.value(of: try file.slice(at: 0, count: byteCount + 1))
    return CRC32C.masked(check) == (try file.uint32(at: byteCount + 1)) ? file : nil
  }

  @Test func `random changes of Snappy are read or refused`() throws {
    let vectors = try #require(CheckpointOracle.document?.snappy)
    var random = SplitMix(state: 3)
    for vector in vectors where vector.compressed.count < 200 {
      for _ in 0..<2_000 {
        var changed = Array(vector.compressed)
        change(&changed, &random)
        _ = try? Snappy.decode(ByteSource(changed).bytes)
      }
    }
  }

  @Test func `random changes of text tensors and object graphs are read or refused`() throws {
    let (index, data) = try files("objects")
    let table = try CheckpointTable(ByteSource(index).bytes)
    let entry = try #require(table[ObjectGraph.key])
    let graph = try #require(
      try CheckpointTable.strings(of: entry, in: ByteSource(data).bytes).first
    ).array
    var random = SplitMix(state: 4)
    for _ in 0..<3_000 {
      var changed = graph
      change(&changed, &random)
      if let graph = try? ObjectGraph(ByteSource(changed).bytes) { _ = graph.slotKeys }
      changed = data
      change(&changed, &random)
      _ = try? CheckpointTable.strings(of: entry, in: ByteSource(changed).bytes)
    }
  }

  @Test func `damaged text tensors are refused`() throws {
    let (index, data) = try files("types")
    let table = try CheckpointTable(ByteSource(index).bytes)
    let entry = try #require(table["text"])
    for place in entry.extent.offset..<entry.extent.offset + entry.extent.byteCount {
      var changed = data
      changed[place] ^= 1
      #expect(throws: ReadError.self) {
        try CheckpointTable.strings(of: entry, in: ByteSource(changed).bytes)
      }
    }
    let number = try #require(table["float32"])
    #expect(throws: ReadError.self) {
      try CheckpointTable.strings(of: number, in: ByteSource(data).bytes)
    }
    var changed = data
    changed[number.extent.offset] ^= 1
    let bytes = try CheckpointTable.bytes(of: number.extent, in: ByteSource(changed).bytes)
    #expect(throws: ReadError.self) { try CheckpointTable.verify(bytes, of: number.extent) }
    #expect(throws: ReadError.self) {
      try CheckpointTable.bytes(of: number.extent, in: ByteSource([1, 2]).bytes)
    }
  }
}
