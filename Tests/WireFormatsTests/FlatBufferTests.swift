import ByteIO
import TestSupport
import Testing
import WireFormats

@Suite struct FlatBufferTests {
  private func root(_ bytes: [UInt8]) throws -> FlatBufferTable {
    try FlatBuffer(ByteSource(bytes).bytes).root()
  }

  @Test func `fields come back as they were written`() throws {
    let table = try root(
      flatBuffer([
        0: .int8(-3), 1: .bool(true), 2: .int32(-70000), 3: .uint64(1 << 40), 4: .float(0.5),
        5: .string("grüße"), 6: .int64s([1, -1]), 7: .tables([[0: .int32(7)], [:]]),
        8: .strings(["a", "bc"]), 9: .uint8(4), 10: .table([1: .uint32(9)]),
      ])
    )
    #expect(try table.int8(slot: 0) == -3)
    #expect(try table.bool(slot: 1))
    #expect(try table.int32(slot: 2) == -70000)
    #expect(try table.uint64(slot: 3) == 1 << 40)
    #expect(try table.float32(slot: 4) == 0.5)
    #expect(try table.string(slot: 5)?.string == "grüße")
    #expect(try table.vector(slot: 6, of: Int64.self)?.array() == [1, -1])
    #expect(try table.tables(slot: 7).table(at: 0).int32(slot: 0) == 7)
    #expect(try table.tables(slot: 7).table(at: 1).int32(slot: 0, default: 5) == 5)
    #expect(try table.strings(slot: 8).map(\.string) == ["a", "bc"])
    #expect(try table.union(typeSlot: 9)?.type == 4)
    #expect(try table.union(typeSlot: 9)?.table.uint32(slot: 1) == 9)
  }

  @Test func `absent fields have their default`() throws {
    let table = try root(flatBuffer([3: .int32(1)]))
    #expect(try table.int32(slot: 0, default: 11) == 11)
    #expect(try table.int32(slot: 2000, default: 12) == 12)
    #expect(try table.table(slot: 1) == nil)
    #expect(try table.vector(slot: 1, of: Int32.self) == nil)
    #expect(try table.tables(slot: 1).count == 0)
    #expect(try table.union(typeSlot: 0) == nil)
  }

  @Test func `every byte of a small buffer is noted or zero`() throws {
    let bytes = flatBuffer([0: .string("name"), 1: .int32s([1, 2]), 2: .table([0: .int8(1)])])
    let buffer = FlatBuffer(ByteSource(bytes).bytes)
    let table = try buffer.root()
    _ = try (table.string(slot: 0), table.vector(slot: 1, of: Int32.self), table.table(slot: 2))
    var unread = Set(bytes.indices).subtracting(4..<8)
    for range in buffer.ranges {
      unread.subtract(range.offset..<range.offset + range.byteCount)
    }
    #expect(unread.allSatisfy { bytes[$0] == 0 })
  }

  private static let bad: [(name: String, bytes: [UInt8], code: ErrorCode)] = [
    ("nothing", [], .modelTruncated),
    ("half an offset", [8, 0], .modelTruncated),
    ("root at itself", [0, 0, 0, 0, 0, 0, 0, 0], .modelInvalid),
    ("root past the end", [200, 0, 0, 0, 0, 0, 0, 0], .modelTruncated),
    ("root at the end", [8, 0, 0, 0, 1, 1, 1, 1], .modelTruncated),
    ("root of the greatest offset", [255, 255, 255, 255, 0, 0, 0, 0], .modelTruncated),
    ("vtable before the file", littleEndian([UInt32(4), 100]), .modelInvalid),
    ("vtable after the file", littleEndian([UInt32(4), UInt32(bitPattern: -100)]), .modelInvalid),
    ("vtable that is its table", littleEndian([UInt32(4), 0, 0]), .modelInvalid),
    ("vtable of odd size", littleEndian([UInt32(8), 0x0004_0005, 4]), .modelInvalid),
    ("vtable of no size", littleEndian([UInt32(8), 0x0004_0000, 4]), .modelInvalid),
    ("vtable past the end", littleEndian([UInt32(8), 0x0004_0100, 4]), .modelTruncated),
    ("table of no size", littleEndian([UInt32(8), 0x0000_0004, 4]), .modelInvalid),
    ("table past the end", littleEndian([UInt32(8), 0x0100_0004, 4]), .modelTruncated),
  ]

  @Test(arguments: bad.map(\.name))
  func `a bad root is refused`(name: String) throws {
    let entry = try #require(Self.bad.first { $0.name == name })
    let error = #expect(throws: ReadError.self) { try root(entry.bytes) }
    #expect(error?.code == entry.code)
  }

  @Test func `a field outside its table is refused`() throws {
    // vtable (6 bytes: sizes and one field at 40), two bytes of padding, table of 4 bytes.
    let bytes = littleEndian([UInt32(12), 0x0004_0006, 40, 8])
    let error = #expect(throws: ReadError.self) { try root(bytes).int32(slot: 0) }
    #expect(error?.code == .modelInvalid)
  }

  @Test func `a reference that points past the end is refused`() throws {
    let table = try root(flatBuffer([0: .rawOffset(100_000)]))
    for read in [
      { try table.table(slot: 0) != nil }, { try table.string(slot: 0) != nil },
      { try table.vector(slot: 0, of: Int8.self) != nil }, { try table.tables(slot: 0).count > 0 },
    ] {
      let error = #expect(throws: ReadError.self) { try read() }
      #expect(error?.code == .modelTruncated)
    }
  }

  @Test func `a vector longer than the file is refused`() throws {
    // The field points at the bytes behind the table: a count of 2^31.
    var bytes = flatBuffer([0: .rawOffset(4)])
    bytes += [0, 0, 0, 128]
    let table = try root(bytes)
    let error = #expect(throws: ReadError.self) { try table.vector(slot: 0, of: Int64.self) }
    #expect(error?.code == .modelTruncated)
    #expect(error?.offset != nil)
  }

  @Test func `nesting has a limit`() throws {
    var nested: TableDescription = [:]
    for _ in 0..<80 { nested = [0: .table(nested)] }
    var table = try root(flatBuffer(nested))
    let error = #expect(throws: ReadError.self) {
      while let inner = try table.table(slot: 0) { table = inner }
    }
    #expect(error?.code == .limitExceeded)
  }

  @Test func `the number of tables has a limit`() throws {
    let bytes = flatBuffer([0: .table([:])])
    let buffer = FlatBuffer(
      ByteSource(bytes).bytes,
      limits: FlatBufferLimits(depth: 64, tables: 10)
    )
    let table = try buffer.root()
    let error = #expect(throws: ReadError.self) { while try table.table(slot: 0) != nil {} }
    #expect(error?.code == .limitExceeded)
  }
}
