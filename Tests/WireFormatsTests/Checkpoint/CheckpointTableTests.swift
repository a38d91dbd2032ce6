import ByteIO
import Foundation
import TestSupport
import Testing

@testable import WireFormats

/// Against TensorFlow's own reader.
@Suite struct CheckpointTableTests {
  private func rows(_ table: CheckpointTable) -> [CheckpointOracle.Tensor] {
    table.entries.map { .init(key: $0.key, dataType: $0.dataType, shape: $0.shape) }
  }

  private func made(
    _ name: String
  ) throws -> (oracle: CheckpointOracle.Checkpoint, table: CheckpointTable, data: Bytes) {
    let oracle = try #require(CheckpointOracle.document?.made[name])
    let index = Array(try #require(oracle.index))
    let data = Array(try #require(oracle.data))
    return (oracle, try CheckpointTable(ByteSource(index).bytes), ByteSource(data).bytes)
  }

  @Test func `the examples are among the files`() {
    #expect(CheckpointOracle.files.count >= 2)
  }

  @Test(arguments: CheckpointOracle.files.map(\.name))
  func `a real index lists the tensors that TensorFlow lists`(name: String) throws {
    let oracle = try #require(CheckpointOracle.document?.listed[name])
    let path = try #require(CheckpointOracle.files.first { $0.name == name }?.path)
    let index = try ByteSource.mapping(path: path).bytes
    #expect(CheckpointTable.isTable(index))
    let table = try CheckpointTable(index)
    #expect(rows(table) == oracle.tensors)
    #expect(table.shardCount == 1)

    let prefix = String(path.dropLast(".index".count))
    let shard = try ByteSource.mapping(path: table.dataFileName(prefix: prefix, shard: 0)).bytes
    var byteCount = 0
    for entry in table.entries where entry.dataType != CheckpointEntry.stringType {
      let bytes = try CheckpointTable.bytes(of: entry.extent, in: shard)
      try CheckpointTable.verify(bytes, of: entry.extent)
      byteCount += bytes.count
    }
    #expect(byteCount <= shard.count)

    let graphs = try table[ObjectGraph.key].map { try CheckpointTable.strings(of: $0, in: shard) }
    guard let graph = try graphs?.first.map({ try ObjectGraph($0) }) else {
      #expect(oracle.objects == 0)
      return
    }
    #expect(graph.nodes.count == oracle.objects)
    #expect(graph.slotKeys.sorted() == Set(oracle.slots).sorted())
    for (key, fullName) in oracle.names {
      #expect(graph.fullName(ofKey: key) == fullName)
    }
  }

  @Test(arguments: ["types", "parts", "objects"])
  func `a small checkpoint of TensorFlow lists what it holds`(name: String) throws {
    let (oracle, table, _) = try made(name)
    #expect(rows(table) == oracle.tensors)
    for row in oracle.tensors { #expect(table[row.key]?.shape == row.shape) }
    #expect(table["no such tensor"] == nil)
  }

  @Test(arguments: ["types", "objects"])
  func `values are those of TensorFlow`(name: String) throws {
    let (oracle, table, data) = try made(name)
    for entry in table.entries {
      let value: CheckpointOracle.Value
      if entry.dataType == CheckpointEntry.stringType {
        let texts = try CheckpointTable.strings(of: entry, in: data)
        value = .texts(texts.map { Data($0.array) })
      } else {
        let bytes = try CheckpointTable.bytes(of: entry.extent, in: data)
        try CheckpointTable.verify(bytes, of: entry.extent)
        value = .numbers(Data(bytes.array))
      }
      #expect(value == oracle.values?[entry.key], "\(entry.key)")
    }
  }

  @Test func `parts say which box of the tensor they are`() throws {
    let (oracle, table, data) = try made("parts")
    let entry = try #require(table["a"])
    #expect(entry.parts.map(\.starts) == [[0, 0], [1, 0]])
    #expect(entry.parts.map(\.shape) == [[1, 3], [3, 3]])
    #expect(table["long"]?.parts.map(\.starts) == [[0, 0], [8_500, 0]])
    #expect(table["long"]?.parts.map(\.shape) == [[8_500, 1], [500, 1]])
    #expect(table["b"]?.parts.isEmpty == true)
    // Whole rows, one after the other: the parts in their order are the whole.
    for key in ["a", "long"] {
      var bytes: [UInt8] = []
      for part in try #require(table[key]).parts {
        let range = try CheckpointTable.bytes(of: part.extent, in: data)
        try CheckpointTable.verify(range, of: part.extent)
        bytes += range.array
      }
      #expect(.numbers(Data(bytes)) == oracle.values?[key])
    }
  }

  @Test func `names in the program and keys lead to each other`() throws {
    let (oracle, table, data) = try made("objects")
    let entry = try #require(table[ObjectGraph.key])
    let graph = try ObjectGraph(try #require(CheckpointTable.strings(of: entry, in: data).first))
    #expect(graph.nodes.count == oracle.objects)
    #expect(oracle.names.values.sorted() == ["dense/bias", "dense/kernel", "step"])
    for (key, name) in oracle.names {
      #expect(graph.fullName(ofKey: key) == name)
      #expect(graph.checkpointKey(ofFullName: name) == key)
      #expect(table[key] != nil)
    }
    #expect(graph.fullName(ofKey: "none") == nil)
  }

  @Test func `slots of optimizers are told apart`() throws {
    let graph = try ObjectGraph(
      ByteSource(
        ProtobufBuilder([
          .message(
            1,
            [
              .message(1, [.int(1, 1), .text(2, "kernel")]),
              .message(3, [.int(1, 1), .text(2, "m"), .int(3, 2)]),
            ]
          ),
          .message(1, [.message(2, [.text(2, "dense/kernel"), .text(3, "k")])]),
          .message(1, [.message(2, [.text(2, "dense/kernel/m"), .text(3, "s")])]),
        ]).bytes
      ).bytes
    )
    #expect(graph.slotKeys == ["s"])
    #expect(graph.nodes[0].slots == [.init(variable: 1, name: "m", node: 2)])
  }

  @Test func `many blocks, compressed or not, are one sequence`() throws {
    for isCompressed in [false, true] {
      var builder = SortedTableBuilder()
      if isCompressed {
        builder.compression = 1
        builder.compress = snappyLiterals
      }
      var pairs = [(key: [UInt8](), value: ProtobufBuilder.int(1, 1).bytes)]
      for number in 0..<1_000 {
        let name = "layer_\(String(number + 1_000).dropFirst())/kernel"
        pairs.append((Array(name.utf8), tensor(offset: number * 4).bytes))
      }
      for start in stride(from: 0, to: pairs.count, by: 97) {
        let block = Array(pairs[start..<min(start + 97, pairs.count)])
        builder.appendData(SortedTableBuilder.block(block), upTo: block.last?.key ?? [])
      }
      let table = try CheckpointTable(ByteSource(builder.finished()).bytes)
      #expect(table.entries.count == 1_000)
      #expect(table["layer_417/kernel"]?.extent.offset == 417 * 4)
    }
  }

  @Test func `Snappy gives the texts that its own encoder took`() throws {
    let vectors = try #require(CheckpointOracle.document?.snappy)
    #expect(vectors.count >= 8)
    for vector in vectors {
      let decoded = try Snappy.decode(ByteSource(Array(vector.compressed)).bytes)
      #expect(decoded == Array(vector.text))
    }
  }
}

/// A float scalar's entry.
func tensor(offset: Int = 0) -> ProtobufBuilder {
  ProtobufBuilder([.int(1, 1), .message(2, []), .int(4, offset), .int(5, 4)])
}

/// Snappy's format without compression: the length, then literals of at most 60 bytes.
func snappyLiterals(_ bytes: [UInt8]) -> [UInt8] {
  var result = ProtobufBuilder.varint(UInt64(bytes.count))
  for start in stride(from: 0, to: bytes.count, by: 60) {
    let literal = bytes[start..<min(start + 60, bytes.count)]
    result += [UInt8(literal.count - 1) << 2] + literal
  }
  return result
}
