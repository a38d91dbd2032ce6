import ByteIO
import TestSupport
import Testing

@testable import WireFormats

/// Tables that are wrong in one way each.
@Suite struct CheckpointBadInputTests {
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let bytes: [UInt8]
    let code: ErrorCode
    let message: String

    init(_ description: String, _ bytes: [UInt8], _ code: ErrorCode, _ message: String) {
      self.description = description
      self.bytes = bytes
      self.code = code
      self.message = message
    }
  }

  typealias Builder = SortedTableBuilder

  static let header = ProtobufBuilder.int(1, 1).bytes

  /// The header and one tensor.
  static func pairs(_ entry: ProtobufBuilder) -> [(key: [UInt8], value: [UInt8])] {
    [(key: [], value: header), (key: Array("a".utf8), value: entry.bytes)]
  }

  static func table(_ entry: ProtobufBuilder) -> [UInt8] {
    Builder.table(Builder.block(pairs(entry)))
  }

  static func table(header: ProtobufBuilder) -> [UInt8] {
    Builder.table(Builder.block([(key: [], value: header.bytes)]))
  }

  /// A table whose only block has these entries after the header's.
  static func table(
    entries: [[UInt8]],
    restarts: [UInt32] = [0]
  ) -> [UInt8] {
    let first = Builder.entry(0, [], header)
    return Builder.table(Builder.block(first + entries.flatMap { $0 }, restarts: restarts))
  }

  static func tensor(_ parts: [ProtobufBuilder]) -> ProtobufBuilder {
    ProtobufBuilder([.int(1, 1)] + parts)
  }

  static func shape(_ extents: [Int]) -> ProtobufBuilder {
    .message(2, extents.map { .message(2, [.int(1, $0)]) })
  }

  /// A table whose data block is said to be elsewhere.
  static func table(handle: [UInt8]) -> [UInt8] {
    var builder = Builder()
    builder.appendData(Builder.block(pairs(tensor([]))), upTo: [0xFF])
    builder.index[0].value = handle
    return builder.finished()
  }

  static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var builder = Builder()
    builder.compression = 1
    builder.compress = { _ in bytes }
    let handle = builder.append([])
    return builder.bytes + Builder.footer(handle, handle)
  }

  /// 90 bytes that ask for 4 GiB: the size of the index block is not in the file.
  static let bomb: [UInt8] = {
    var builder = Builder()
    let meta = builder.append(Builder.block([]))
    let body = builder.bytes + Array(repeating: 0, count: 42 - builder.bytes.count)
    return body + Builder.footer(meta, Builder.handle(0, 0xFFFF_FFF0))
  }()

  static let good = table(tensor([.int(5, 4)]))

  static func flipped(_ index: Int) -> [UInt8] {
    var bytes = good
    bytes[index] ^= 1
    return bytes
  }

  static let tables: [Case] = [
    Case("empty", [], .modelTruncated, "a table has at least 48 bytes and this has 0"),
    Case("47 bytes", Array(good.suffix(47)), .modelTruncated, "a table has at least 48 bytes"),
    Case("no magic", flipped(good.count - 1), .modelInvalid, "no checkpoint index"),
    Case("end missing", good.dropLast(), .modelInvalid, "no checkpoint index"),
    Case("begin missing", Array(good.dropFirst(9)), .modelInvalid, "does not lie in the file"),
    Case("footer only", Array(good.suffix(48)), .modelInvalid, "does not lie in the file"),
    Case("bomb of 90 bytes", bomb, .modelInvalid, "does not lie in the file"),
    Case(
      "handle of 2^64 - 1",
      Builder.footer(Builder.handle(.max, .max), []),
      .modelInvalid,
      "does not lie in the file"
    ),
    Case(
      "handle whose sum overflows",
      Builder.footer(Builder.handle(UInt64(Int.max), UInt64(Int.max)), []),
      .modelInvalid,
      "does not lie in the file"
    ),
    Case(
      "trailer in the footer",
      Builder.footer(Builder.handle(0, 0), []),
      .modelInvalid,
      "a block of 0 bytes at 0 does not lie in the file"
    ),
    Case(
      "handle without end",
      Builder.footer(Array(repeating: 0x80, count: 40), []),
      .modelInvalid,
      "does not fit 64 bits"
    ),
    Case("wrong check", flipped(0), .modelInvalid, "the checksum of a block of 21 bytes is wrong"),
    Case("data block outside", table(handle: Builder.handle(1 << 40, 9)), .modelInvalid, "lie in"),
    Case("data block too long", table(handle: Builder.handle(0, 1 << 32)), .modelInvalid, "lie in"),
    Case("data block negative", table(handle: Builder.handle(1 << 63, 9)), .modelInvalid, "lie in"),
    Case("no handle", table(handle: []), .modelTruncated, "a variable-length integer reaches past"),
    Case(
      "block twice",
      {
        var builder = Builder()
        builder.appendData(Builder.block(pairs(tensor([.int(5, 4)]))), upTo: [0x62])
        builder.index.append(([0x63], builder.index[0].value))
        return builder.finished()
      }(),
      .modelInvalid,
      "block 1 begins at byte 0, before the end of the one before it"
    ),
    Case(
      "index too low",
      Builder.table(Builder.block(pairs(tensor([.int(5, 4)]))), upTo: []),
      .modelInvalid,
      "a block holds keys beyond the one that the index states"
    ),
    Case(
      "unknown compression",
      {
        var builder = Builder()
        builder.compression = 2
        let handle = builder.append(Builder.block([]))
        return builder.bytes + Builder.footer(handle, handle)
      }(),
      .modelUnsupported,
      "a block has the unknown compression 2"
    ),
  ]

  static let blocks: [Case] = [
    Case("block of 3 bytes", Builder.table([0, 0, 0]), .modelTruncated, "no room for its end"),
    Case(
      "restarts 2^32 - 1",
      Builder.table(Array(repeating: 0xFF, count: 8)),
      .modelTruncated,
      "the list of restarts wants 4294967295 × 4 bytes, 4 are left"
    ),
    Case(
      "no restart",
      Builder.table(Builder.block(Builder.entry(0, [], header), restarts: [])),
      .modelInvalid,
      "a block has entries and no restart"
    ),
    Case(
      "first restart elsewhere",
      Builder.table(Builder.block(Builder.entry(0, [], header), restarts: [1])),
      .modelInvalid,
      "the first restart is not at 0"
    ),
    Case(
      "restart in an entry",
      table(entries: [], restarts: [0, 1]),
      .modelInvalid,
      "restart 1 is not at an entry"
    ),
    Case(
      "restart of a shared key",
      table(
        entries: [
          Builder.entry(0, [0x61], tensor([.int(5, 4)]).bytes),
          Builder.entry(1, [0x61], tensor([.int(5, 4)]).bytes),
        ],
        restarts: [0, 5, 13]
      ),
      .modelInvalid,
      "a key that shares bytes stands where the keys restart"
    ),
    Case(
      "restarts backwards",
      table(entries: [], restarts: [0, 0]),
      .modelInvalid,
      "restart 1 is not at an entry"
    ),
    Case(
      "shared prefix too long",
      table(entries: [Builder.entry(1, [0x61], [])]),
      .modelInvalid,
      "a key shares 1 bytes with the one before it, which has 0"
    ),
    Case(
      "shared prefix 2^64 - 1",
      table(entries: [ProtobufBuilder.varint(.max) + [1, 0, 0x61]]),
      .modelInvalid,
      "a key shares 18446744073709551615 bytes"
    ),
    Case(
      "key past the block",
      table(entries: [[0, 9, 0, 0x61]]),
      .modelTruncated,
      "a key wants 9 × 1 bytes"
    ),
    Case(
      "key and value past the block",
      table(entries: [[0, 2, 2, 0x61, 0x61, 0]]),
      .modelTruncated,
      "a value of 2 bytes reaches past"
    ),
    Case(
      "value of 2^63",
      table(entries: [[0, 1] + ProtobufBuilder.varint(1 << 63) + [0x61]]),
      .modelTruncated,
      "a value wants 9223372036854775808 × 1 bytes"
    ),
    Case("entry cut", table(entries: [[0, 1]]), .modelTruncated, "a key wants 1 × 1 bytes"),
    Case(
      "key twice",
      table(entries: [
        Builder.entry(0, [0x61], tensor([.int(5, 4)]).bytes), Builder.entry(1, [], []),
      ]),
      .modelInvalid,
      "a key is not beyond the one before it"
    ),
    Case(
      "keys backwards",
      table(entries: [
        Builder.entry(0, [0x62], tensor([.int(5, 4)]).bytes), Builder.entry(0, [0x61], []),
      ]),
      .modelInvalid,
      "a key is not beyond the one before it"
    ),
    Case(
      "keys that take too much memory",
      {
        let long = Array(repeating: UInt8(0x61), count: 60_000)
        var entries = Builder.entry(0, [], header)
        entries += Builder.entry(0, long, tensor([.int(5, 4)]).bytes)
        for number in 0..<400 {
          entries += Builder.entry(60_000 + number, [0x61], tensor([.int(5, 4)]).bytes)
        }
        return Builder.table(Builder.block(entries))
      }(),
      .limitExceeded,
      "the keys of a table take more memory than 32 times its size and 16 MiB"
    ),
  ]

  static let snappy: [Case] = [
    Case("length missing", compressed([]), .modelTruncated, "reaches past"),
    Case(
      "4 GiB from 5 bytes",
      compressed([0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
      .modelInvalid,
      "5 bytes of Snappy declare 4294967295 decoded ones, which cannot be"
    ),
    Case("2^63", compressed(ProtobufBuilder.varint(1 << 63)), .modelInvalid, "which cannot be"),
    Case(
      "too few",
      compressed([4, 0x00, 0x61]),
      .modelTruncated,
      "give 1 bytes of the 4 declared"
    ),
    Case("too many", compressed([1, 0x04, 0x61, 0x61]), .modelInvalid, "more than the 1 bytes"),
    Case("literal cut", compressed([4, 0x0C, 0x61]), .modelTruncated, "a literal wants 4"),
    Case(
      "literal of 2^32",
      compressed([4, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF]),
      .modelTruncated,
      "a literal wants 4294967296"
    ),
    Case("copy from before", compressed([5, 0, 0x61, 0x01, 2]), .modelInvalid, "only 1 are"),
    Case("copy of nothing", compressed([5, 0, 0x61, 0x01, 0]), .modelInvalid, "0 bytes back"),
    Case("copy cut", compressed([5, 0, 0x61, 0x02, 1]), .modelTruncated, "reaches past"),
    Case(
      "long copy cut",
      compressed([5, 0, 0x61, 0x03, 1, 0, 0]),
      .modelTruncated,
      "reaches past"
    ),
    Case("copy too long", compressed([4, 0, 0x61, 0x01, 1]), .modelInvalid, "more than the 4"),
  ]

  @Test(arguments: tables + blocks + entries + snappy)
  func `a bad table is refused by name`(example: Case) {
    let error = #expect(throws: ReadError.self) {
      try CheckpointTable(ByteSource(example.bytes).bytes)
    }
    #expect(error?.code == example.code)
    #expect(error?.message.contains(example.message) == true, "\(error?.message ?? "")")
    #expect(error?.offset != nil)
  }

  @Test func `the good table is good, the bomb has 90 bytes`() throws {
    #expect(try CheckpointTable(ByteSource(Self.good).bytes).entries.map(\.key) == ["a"])
    #expect(Self.bomb.count == 90)
  }

  @Test func `Snappy's hard limit holds where the ratio allows more`() {
    // 4 MiB could hold 92 MiB.
    let bytes = ProtobufBuilder.varint(65 << 20) + Array(repeating: 0, count: 4 << 20)
    let error = #expect(throws: ReadError.self) { try Snappy.decode(ByteSource(bytes).bytes) }
    #expect(error?.code == .limitExceeded)
  }
}
